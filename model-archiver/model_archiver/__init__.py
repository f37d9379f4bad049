"""Packs a model, its handler and its files into a model archive that Mariner and TorchServe serve.

Start at ``command`` (flags), ``packing`` (the job from start to end), ``plan`` (which file goes where) and
``formats`` (how the bytes are written). Standard library only: packing needs neither torch nor a server.
"""

from model_archiver.command import main
from model_archiver.model_archiver import ModelArchiver
from model_archiver.model_archiver_config import ModelArchiverConfig
from model_archiver.model_archiver_error import ModelArchiverError
from model_archiver.version import __version__

__all__ = ["ModelArchiver", "ModelArchiverConfig", "ModelArchiverError", "__version__", "main"]
