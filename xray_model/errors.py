"""The errors that callers may meet, all derived from `XrayModelError`.

Each message says what came, what was expected and what to do; those about a radiograph never contain its file's name or
metadata.
"""


class XrayModelError(Exception):
    """Base class of this package's errors."""


class InvalidRadiograph(XrayModelError, ValueError):
    """The bytes or the array cannot be read as a radiograph."""


class RefusedRadiograph(InvalidRadiograph):
    """The image can be read, but does not show an upright frontal chest, so it gets no probability."""


class InvalidBundle(XrayModelError, ValueError):
    """A bundle's folder is missing, incomplete, damaged or contradicts its card."""


class InvalidDataset(XrayModelError, ValueError):
    """A folder, table or archive of radiographs cannot be trained or evaluated on."""


class InvalidConfig(XrayModelError, ValueError):
    """A setting is unknown, out of range or contradicts another."""


class WeightsUnavailable(XrayModelError, RuntimeError):
    """Start weights can neither be downloaded nor found on this machine."""


class MissingExtra(XrayModelError, ImportError):
    """An optional part needs packages that are not installed."""

    def __init__(self, package: str, extra: str) -> None:
        """package: what cannot be imported. extra: what to install, as in pyproject.toml."""
        super().__init__(f"{package} is not installed. Install the extra: pip install 'chest-xray-pneumonia[{extra}]'.")
