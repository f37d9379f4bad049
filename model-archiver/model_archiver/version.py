"""The version that goes into each manifest as ``archiverVersion``."""

__version__ = "0.13.0"
