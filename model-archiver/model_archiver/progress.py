"""A line on the terminal that says how far a large archive is."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO

LARGE_BYTES = 64 * 1024 * 1024
_INTERVAL_S = 0.1


class ProgressLine:
    """Counts bytes and shows them on ``stream``, at most ten times a second; silent if it is no terminal."""

    def __init__(
        self, name: str, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._name = name
        self._stream = sys.stderr if stream is None else stream
        self._clock = clock
        self._total_bytes = 0
        self._done_bytes = 0
        self._next_s = 0.0
        self._width = 0
        self._shown = False

    def start(self, total_bytes: int) -> None:
        """Tells the size of the whole job; smaller ones than ``LARGE_BYTES`` are not worth a line."""
        self._total_bytes = total_bytes
        self._shown = total_bytes >= LARGE_BYTES and self._stream.isatty()

    def advance(self, count_bytes: int) -> None:
        """Tells that ``count_bytes`` more are packed."""
        self._done_bytes += count_bytes
        if not self._shown or self._clock() < self._next_s:
            return
        self._next_s = self._clock() + _INTERVAL_S
        percent = 100 * self._done_bytes // self._total_bytes
        line = f"packing {self._name}: {size(self._done_bytes)} of {size(self._total_bytes)} ({percent} %)"
        self._stream.write("\r" + line.ljust(self._width))
        self._stream.flush()
        self._width = len(line)

    def finish(self) -> None:
        """Takes the line away."""
        if self._width:
            self._stream.write("\r" + " " * self._width + "\r")
            self._stream.flush()
            self._width = 0


def size(count_bytes: int) -> str:
    """``count_bytes`` for people, as in ``12.3 MiB``."""
    if count_bytes < 1024:
        return f"{count_bytes} B"
    amount, units = count_bytes / 1024, iter(("KiB", "MiB", "GiB"))
    unit = next(units)
    while amount >= 1024 and unit != "GiB":
        amount, unit = amount / 1024, next(units)
    return f"{amount:.1f} {unit}"
