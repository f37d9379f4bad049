"""Ending a fork without taking apart what it shares."""

from __future__ import annotations

import atexit
import contextlib
import os
import sys


class EarlyEnd:
    """Ends a process after its exit handlers, but before Python takes all modules apart: in a fork that would
    copy every page that it shares with others, all forks at the same time when a server stops.

    To be made before any other exit handler is registered: the first one runs last.
    """

    def __init__(self) -> None:
        self._status: int | None = None
        atexit.register(self._end)

    def arm(self, status: int) -> None:
        """From now on the process ends early, with this exit status."""
        self._status = status

    def _end(self) -> None:
        if self._status is not None:
            with contextlib.suppress(OSError, ValueError):
                sys.stdout.flush()
            os._exit(self._status)
