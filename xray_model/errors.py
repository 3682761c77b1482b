"""Every error a caller may meet, as one tree: catch `XrayModelError` to catch them all.

Each message says what came, what was expected and what to do; none carries a file name or a tag value.
"""


class XrayModelError(Exception):
    """Root of this package's errors."""


class InvalidRadiograph(XrayModelError, ValueError):
    """The bytes or the array are not a radiograph that can be read."""


class RefusedRadiograph(InvalidRadiograph):
    """The image can be read, but shows no upright frontal chest: it gets no probability."""


class InvalidBundle(XrayModelError, ValueError):
    """A bundle's folder is missing, incomplete, damaged or contradicts its card."""


class InvalidDataset(XrayModelError, ValueError):
    """A folder, table or archive of radiographs cannot be trained or evaluated on."""


class InvalidConfig(XrayModelError, ValueError):
    """A setting is unknown, out of range or contradicts another."""


class WeightsUnavailable(XrayModelError, RuntimeError):
    """Start weights can neither be downloaded nor found on this machine."""
