"""Entry point of the ``torch-model-archiver`` command, and of Python callers that bring a configuration."""

from __future__ import annotations

import logging

from model_archiver.command import main
from model_archiver.model_archiver_config import ModelArchiverConfig
from model_archiver.packing import pack

LOG = logging.getLogger("model_archiver")


def generate_model_archive(config: ModelArchiverConfig | None = None) -> None:
    """Makes the archive of ``config``; without one, acts as the command and reads the process's arguments.

    Raises :class:`~model_archiver.model_archiver_error.ModelArchiverError` with a configuration, and
    ``SystemExit`` with the command's status (1: an input is not usable, 2: wrong flags) without one.
    """
    if config is not None:
        pack(config, LOG.warning)
    elif status := main():
        raise SystemExit(status)
