"""What became of each request, and whether a fault that was in play explains it."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

LOSS, TIMEOUT, FULL, CUT = "worker lost", "worker timed out", "queue full", "stream cut"
ANSWERED, LEFT = "answered", "left"
"""Ends that are no failures; who has left does not know what became of the request."""
_CAUSES = (
    ({"500", "INTERNAL"}, "Worker died", LOSS),
    ({"504", "DEADLINE_EXCEEDED"}, "Worker timed out", TIMEOUT),
    ({"503", "RESOURCE_EXHAUSTED"}, "The queue of model", FULL),
)
_KEPT = 50


def cause_of(status: str, message: str) -> str | None:
    """Returns the cause that a failure names, None for one that no fault of the soak explains."""
    for statuses, begins, cause in _CAUSES:
        if status in statuses and message.startswith(begins):
            return cause
    return None


@dataclass
class Episode:
    """A fault in play: from its beginning to the recovery, the model's requests may fail of these causes."""

    name: str
    model: str
    allowed: frozenset[str]
    begun: float
    ended: float | None = None

    def explains(self, model: str, cause: str, begun: float, ended: float) -> bool:
        """Whether a request of that time may have failed so."""
        overlaps = self.begun <= ended and (self.ended is None or begun <= self.ended)
        return overlaps and model == self.model and cause in self.allowed


class Journal:
    """Written by all clients; times are of `time.monotonic`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._episodes: list[Episode] = []
        self._begun: Counter[str] = Counter()
        self._ended: Counter[str] = Counter()
        self.outcomes: Counter[tuple[str, str]] = Counter()
        self.answered: Counter[str] = Counter()
        self.left: Counter[str] = Counter()
        self.recoveries: dict[str, list[float]] = {}
        self.broken: list[str] = []
        self._requests = 0

    def begin(self, model: str) -> tuple[str, float]:
        """Notes a request that is about to be sent; returns its id and the time."""
        with self._lock:
            self._requests += 1
            self._begun[model] += 1
            return f"r{self._requests}", time.monotonic()

    def sent(self, model: str) -> int:
        """Returns the requests of a model so far."""
        with self._lock:
            return self._begun[model]

    def open(self) -> int:
        """Returns the requests that have not ended for their clients."""
        with self._lock:
            return self._begun.total() - self._ended.total()

    def end(self, kind: str, model: str, outcome: str) -> None:
        """Notes the one end of a request."""
        with self._lock:
            self._ended[model] += 1
            self.outcomes[kind, outcome] += 1
            if outcome == ANSWERED:
                self.answered[model] += 1
            elif outcome == LEFT:
                self.left[model] += 1

    def fail(self, kind: str, model: str, begun: float, status: str, message: str) -> None:
        """Notes a failure; one that no episode explains is a broken invariant."""
        cause, now = CUT if status == CUT else cause_of(status, message), time.monotonic()
        with self._lock:
            explained = cause is not None and any(
                episode.explains(model, cause, begun, now) for episode in self._episodes
            )
        self.end(kind, model, cause or f"{status} {message[:80]}")
        if not explained:
            self.breach(f"unexplained: {kind} {model}: {status} {message[:160]} after {now - begun:.2f} s")

    def breach(self, text: str) -> None:
        """Notes a broken invariant; of a flood of them the first are kept."""
        with self._lock:
            if len(self.broken) < _KEPT:
                self.broken.append(text)

    @contextmanager
    def episode(self, name: str, model: str, *allowed: str) -> Iterator[None]:
        """Lets the model's requests fail of these causes within the block, which ends with the recovery."""
        episode = Episode(name, model, frozenset(allowed), time.monotonic())
        with self._lock:
            self._episodes.append(episode)
        try:
            yield
        finally:
            episode.ended = time.monotonic()
            with self._lock:
                self.recoveries.setdefault(name, []).append(episode.ended - episode.begun)

    @property
    def quiet(self) -> bool:
        """Whether no fault is in play."""
        with self._lock:
            return all(episode.ended is not None for episode in self._episodes)
