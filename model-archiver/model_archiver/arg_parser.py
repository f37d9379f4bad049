"""TorchServe's public path of the command's flags; the parser itself is ``model_archiver.arguments``."""

from __future__ import annotations

from model_archiver.arguments import parser
from model_archiver.model_archiver_config import ModelArchiverConfig

DROP_IN = "torch-model-archiver"


class ArgParser:
    """The flags of ``torch-model-archiver``."""

    @staticmethod
    def export_model_args_parser() -> ModelArchiverConfig:
        """Parses the process's arguments.

        Raises ``SystemExit`` with status 2 for wrong flags, and with 0 after ``--help``.
        """
        return ModelArchiverConfig.from_args(parser(DROP_IN).parse_args())
