"""An answer as DICOM objects: Secondary Capture, Structured Report, Segmentation and Parametric Map."""
