"""What the contestants are called, in results and tables."""

OURS = "probability and heatmap, this project"
PLAIN = "LiteRT, logit only"
LITERT = "LiteRT, exported network"
ONNX = "ONNX Runtime, exported network"
OPENVINO = "OpenVINO float32, exported network"
OPENVINO_DEFAULT = "OpenVINO default precision, exported network"
USUAL = "Keras predict() and GradientTape Grad-CAM"
GATED = "gate, lungs, probability and heatmap"
CLIENTS = 8  # that ask the service at once
