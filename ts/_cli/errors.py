"""The one exception that the commands turn into a message on stderr and an exit code."""

from __future__ import annotations


class CommandError(Exception):
    """A user's command can't be done; `str(error)` is the message, `exit_code` what the command exits
    with."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code
