"""Where metric lines leave the process: on stdout, at once, or together when a run has ended."""

from __future__ import annotations

import sys
import threading
import time
from typing import Any

from ts.metrics.line import host_name

_MOST_HELD = 10_000


Emitted = tuple[str, Any, str, str, "str | None"]
"""A value of a metric, not yet a line: name and unit with a dot between them, the number, its dimensions
(each as `name:value`, joined by commas), COUNTER, GAUGE or HISTOGRAM, and the ids of its requests, joined by
commas (None or "" leaves them out)."""


class Outlet:
    """Writes metrics as lines. A worker of one run at a time holds them back while the handler works: making
    lines and a system call for each would be most of what a metric costs.

    Attributes:
        held: what is held back; only the thread that called `hold` adds to it.
    """

    def __init__(self) -> None:
        self.held: list[Emitted] = []
        self._holder: int | None = None

    def hold(self) -> None:
        """Holds back, from now on, what the calling thread emits."""
        self._holder = threading.get_ident()

    def release(self) -> None:
        """Writes what is held back, and holds nothing from now on."""
        self._holder = None
        if self.held:
            self.flush()

    def emit(self, emitted: Emitted) -> None:
        """Takes a value. What other threads emit is written at once."""
        if self._holder != threading.get_ident():
            sys.stdout.write(_lines([emitted]))
            return
        self.held.append(emitted)
        if len(self.held) >= _MOST_HELD:
            self.flush()

    def flush_own(self) -> None:
        """Writes what is held back, if the calling thread is the one that holds."""
        if self._holder == threading.get_ident():
            self.flush()

    def flush(self) -> None:
        """Writes what is held back."""
        if self.held:
            held, self.held = self.held, []
            sys.stdout.write(_lines(held))


def _lines(values: list[Emitted]) -> str:
    end = f"|#hostname:{host_name()},{int(time.time())}"
    return "".join(
        f"[METRICS]{head}:{value}|#{dimensions}|#type:{kind}{end}{',' + ids if ids else ''}\n"
        for head, value, dimensions, kind, ids in values
    )


OUTLET = Outlet()
"""The outlet of this process: as stdout is, it is one for all models."""
