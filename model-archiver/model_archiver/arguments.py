"""The command's flags."""

from __future__ import annotations

import argparse

from model_archiver.formats import FORMATS
from model_archiver.handlers import BUILT_IN, PLAIN_MODELS
from model_archiver.packing import RUNTIMES

_EPILOG = f"""\
built-in handlers:
  {", ".join(BUILT_IN[:4])},
  {", ".join(BUILT_IN[4:])}
for models that need no code, by their kind:
  {", ".join(PLAIN_MODELS)}

Equal input gives an equal archive, byte for byte. Its one time stamp is the environment variable
SOURCE_DATE_EPOCH (seconds since 1970) or, without it, that of the newest input file.
"""

_OF_SERVER = """
With --model PATH, a file or folder with a model that needs no code, the flags above follow from it.
"""


def parser(prog: str) -> argparse.ArgumentParser:
    """The parser of all flags; ``prog`` is the command's name in usage and errors."""
    flags = argparse.ArgumentParser(
        prog=prog,
        description="Packs a model, its handler and its files into a model archive.",
        epilog=_EPILOG + (_OF_SERVER if prog == "mariner archive" else ""),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    required = flags.add_argument_group("required")
    required.add_argument(
        "--model-name",
        required=True,
        metavar="NAME",
        help="name of the model; the archive is called NAME.mar",
    )
    required.add_argument(
        "--handler",
        required=True,
        metavar="HANDLER",
        help="a built-in handler or a Python file, either with :ENTRY_POINT if wanted",
    )
    required.add_argument(
        "-v", "--version", required=True, metavar="V", help="version of the model (any text)"
    )
    _add_content(flags.add_argument_group("content"))
    _add_output(flags.add_argument_group("output"))
    return flags


def _add_content(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--serialized-file",
        metavar="FILE",
        help="the model's weights or program (.pt, .pth, .onnx, .so, ...)",
    )
    group.add_argument(
        "--model-file", metavar="FILE", help="Python file with the one class that defines an eager model"
    )
    group.add_argument(
        "--extra-files",
        metavar="LIST",
        help="comma-separated files, patterns and directories; a directory's contents land at the archive's "
        "top, links are followed, __pycache__, __MACOSX and dot-directories are left out",
    )
    group.add_argument(
        "-r",
        "--requirements-file",
        metavar="FILE",
        help="Python packages that the model needs (pip's format)",
    )
    group.add_argument(
        "-c", "--config-file", metavar="FILE", help="YAML file with the model's settings, such as batchSize"
    )
    group.add_argument(
        "--runtime", choices=RUNTIMES, default="python", help="what runs the handler (default: %(default)s)"
    )


def _add_output(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--export-path",
        metavar="DIR",
        help="existing directory for the archive (default: the working directory)",
    )
    group.add_argument(
        "--archive-format",
        choices=tuple(FORMATS),
        default="default",
        help="default: compressed NAME.mar; zip-store: NAME.mar without compression (faster to make); "
        "tgz: NAME.tar.gz; no-archive: directory NAME",
    )
    group.add_argument("-f", "--force", action="store_true", help="replace an archive that exists")
