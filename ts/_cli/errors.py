"""The one exception that the commands turn into a message on stderr and an exit code."""

from __future__ import annotations

import os
from pathlib import Path


class CommandError(Exception):
    """A user's command can't be done; `str(error)` is the message, `exit_code` what the command exits
    with."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def check_current_folder() -> None:
    """Raises CommandError when the current folder can't be told, as after its removal."""
    try:
        Path.cwd()
    except OSError as error:
        raise CommandError(
            f"the current folder can't be used ({error.strerror}; expected: one that is there)"
        ) from error


def fault_text(fault: OSError | UnicodeError) -> str:
    """Says a fault of the system in one line: the path, if there is one, and the reason."""
    if not isinstance(fault, OSError):
        return str(fault)
    reason = fault.strerror or str(fault) or type(fault).__name__
    return reason if fault.filename is None else f"{os.fsdecode(fault.filename)}: {reason}"
