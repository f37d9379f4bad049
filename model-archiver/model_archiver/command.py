"""The archiver as a command: flags in, exit status out."""

from __future__ import annotations

import os
import signal
import sys

from model_archiver.arguments import parser
from model_archiver.interruption import Interrupted, Interruption
from model_archiver.model_archiver_config import ModelArchiverConfig
from model_archiver.model_archiver_error import ModelArchiverError
from model_archiver.packing import pack
from model_archiver.progress import ProgressLine, size

DROP_IN = "torch-model-archiver"


class _InterruptibleProgress(ProgressLine):
    """Lets a signal end the run between two pieces of a file, as soon as there is something to clear away."""

    def __init__(self, name: str, interruption: Interruption) -> None:
        super().__init__(name)
        self._interruption = interruption

    def start(self, total_bytes: int) -> None:
        self._interruption.defer()
        super().start(total_bytes)

    def advance(self, count_bytes: int) -> None:
        super().advance(count_bytes)
        self._interruption.check()


def main(argv: list[str] | None = None, prog: str = DROP_IN) -> int:
    """Runs the command with ``argv`` (default: the process's arguments) under the name ``prog``.

    Returns the exit status: 0, 1 if an input or the output place is not usable, 2 for wrong flags, 128 + n
    after signal n. The drop-in command says nothing on success, any other ``prog`` one line.
    """
    try:
        arguments = parser(prog).parse_args(argv)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    if arguments.export_path is None:
        arguments.export_path = os.curdir
    config = ModelArchiverConfig.from_args(arguments)
    try:
        with Interruption() as interruption:
            packed = pack(config, _warn, _InterruptibleProgress(config.model_name, interruption))
    except ModelArchiverError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except Interrupted as end:
        print(f"error: interrupted ({signal.Signals(end.signal_number).name})", file=sys.stderr)
        return 128 + end.signal_number
    if prog != DROP_IN:
        files = "1 file" if packed.file_count == 1 else f"{packed.file_count} files"
        _tell(f"wrote {packed.path} ({files}, {size(packed.size_bytes)})")
    return 0


def mariner_archive() -> None:
    """Entry point of ``mariner-archive``: the archiver under Mariner's name, without the server."""
    raise SystemExit(main(prog="mariner-archive"))


def _tell(message: str) -> None:
    """Prints a line; characters that the output's encoding lacks are escaped, as standard error does it."""
    encoding = sys.stdout.encoding or "utf-8"
    print(message.encode(encoding, "backslashreplace").decode(encoding))


def _warn(message: str) -> None:
    print(f"warning: {message}", file=sys.stderr)
