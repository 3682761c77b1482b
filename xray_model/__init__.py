"""Pneumonia on chest radiographs by transfer learning: for education and research, not a medical device.

Importing this package loads nothing heavy: each public name is imported from its module on first use, and only
`load_classifier` and training load Keras. The names and their modules are listed in `__init__.pyi`. The version is
stated here alone: `pyproject.toml`, pages, command line and service take it from here.
"""

import lazy_loader

__version__ = "0.2.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
