"""The archiver's programming interface."""

from __future__ import annotations

from model_archiver.model_archiver_config import ModelArchiverConfig
from model_archiver.model_packaging import generate_model_archive


class ModelArchiver:
    """Makes model archives from Python code."""

    @staticmethod
    def generate_model_archive(config: ModelArchiverConfig) -> None:
        """Writes the archive that ``config`` describes into its ``export_path``.

        Raises :class:`~model_archiver.model_archiver_error.ModelArchiverError` when an input or the output
        place is not usable; nothing is left behind then, and an older archive stays as it was.
        """
        generate_model_archive(config)
