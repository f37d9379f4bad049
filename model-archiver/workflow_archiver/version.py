"""The version that goes into each manifest as ``archiverVersion``."""

from model_archiver.version import __version__

__all__ = ["__version__"]
