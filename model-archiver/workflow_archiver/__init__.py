"""Packs a workflow: its specification and the file of its functions, into a workflow archive (`.war`)."""

from workflow_archiver.version import __version__

__all__ = ["__version__"]
