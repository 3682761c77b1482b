"""Pneumonia on chest radiographs by transfer learning: for education and research, not a medical device.

Importing this package loads nothing heavy: each public name is fetched from its module when it is first used, and only
`load_classifier` and training bring Keras. The names, and the modules they come from, stand in `__init__.pyi`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
