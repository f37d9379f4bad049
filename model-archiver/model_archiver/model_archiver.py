"""The archiver's programming interface."""

from __future__ import annotations

import logging

from model_archiver.model_archiver_config import ModelArchiverConfig
from model_archiver.packing import pack

LOG = logging.getLogger("model_archiver")


class ModelArchiver:
    """Makes model archives from Python code."""

    @staticmethod
    def generate_model_archive(config: ModelArchiverConfig) -> None:
        """Writes the archive that ``config`` describes into its ``export_path``.

        Raises :class:`~model_archiver.model_archiver_error.ModelArchiverError` when an input or the output
        place is not usable; nothing is left behind then, and an older archive stays as it was.
        """
        pack(config, LOG.warning)
