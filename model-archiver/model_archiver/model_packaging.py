"""Entry point of the ``torch-model-archiver`` command, and TorchServe's public path of the archiver."""

from __future__ import annotations

from model_archiver.arg_parser import ArgParser
from model_archiver.command import main
from model_archiver.model_archiver import LOG, ModelArchiver
from model_archiver.model_archiver_config import ModelArchiverConfig
from model_archiver.model_archiver_error import ModelArchiverError
from model_archiver.model_packaging_utils import ModelExportUtils
from model_archiver.packing import pack

__all__ = [
    "ArgParser",
    "ModelArchiver",
    "ModelArchiverConfig",
    "ModelArchiverError",
    "ModelExportUtils",
    "generate_model_archive",
    "package_model",
]


def generate_model_archive(config: ModelArchiverConfig | None = None) -> None:
    """Makes the archive of ``config``; without one, acts as the command and reads the process's arguments.

    Raises :class:`~model_archiver.model_archiver_error.ModelArchiverError` with a configuration, and
    ``SystemExit`` with the command's status (1: an input is not usable, 2: wrong flags) without one.
    """
    if config is not None:
        ModelArchiver.generate_model_archive(config)
    elif status := main():
        raise SystemExit(status)


def package_model(config: ModelArchiverConfig | object, manifest: str) -> None:
    """Makes the archive of ``config`` with this text as its manifest.

    ``config`` may be any object with the attributes of a configuration, such as parsed flags.
    Raises :class:`~model_archiver.model_archiver_error.ModelArchiverError` as :class:`ModelArchiver` does.
    """
    known = config if isinstance(config, ModelArchiverConfig) else ModelArchiverConfig.from_args(config)
    pack(known, LOG.warning, manifest=manifest.encode())


if __name__ == "__main__":
    generate_model_archive()
