"""The version, stated here alone: `pyproject.toml`, pages, command line and service take it from here."""

__version__ = "0.2.0"
