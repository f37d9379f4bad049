"""Looking for requests for a moment before the worker sleeps."""

from __future__ import annotations

import time
from collections.abc import Callable

_PATIENCE = 16
"""Looks in vain, over those that found something, after which the worker sleeps at once."""
_PROBE_INTERVAL = 64
"""While it sleeps at once, one sleep of so many is preceded by a look all the same."""


class BusyPoll:
    """Decides how long to look before a sleep, since to wake a process costs more than a small request does.

    It goes on as long as this finds something: when most looks are in vain, because requests are rare or
    slow, the worker sleeps at once and looks now and then only. Event loops of the frontend follow the same
    rule.

    Args:
        seconds: longest look; 0 = never.
        clock: monotonic, in seconds.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._trust = _PATIENCE
        self._sleeps = 0

    def look(self, found: Callable[[], bool]) -> bool:
        """Asks `found` until it says yes or the time is up. Returns whether it said yes."""
        if self._seconds <= 0.0:
            return False
        if self._trust == 0:
            self._sleeps += 1
            if self._sleeps % _PROBE_INTERVAL:
                return False
        clock = self._clock
        until = clock() + self._seconds
        while not found():
            if clock() >= until:
                self._trust = max(0, self._trust - 2)
                return False
        self._trust = min(_PATIENCE, self._trust + 1)
        return True
