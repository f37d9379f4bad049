"""The invariants of a server under load, checked throughout, and its memory, sampled once a second."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass

import psutil
from observation import Counts, Observation, counts
from support import rest
from support.server import RunningServer

from soak.journal import Journal
from soak.server import CHANGING, WORKERS

MEGABYTE = 1_000_000
SLOPE_LIMIT = 1.0
"""Most growth of the frontend's resident memory, in megabytes a minute."""
SETTLING_SECONDS = 60.0
# While clients, floods and scaling are about; at rest `Observation` is strict.
_THREADS_IN_LOAD, _DESCRIPTORS_IN_LOAD, _CHILDREN_IN_LOAD = 30, 150, 12
_NOTHING = Counts(0, 0, 0, 0, 0, 0)
_NETTY = re.compile(r"^mariner_netty_direct_bytes(?:\{[^}]*\})? (\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Sample:
    """The frontend at one moment: seconds since the start, bytes."""

    second: float
    rss: int
    threads: int
    descriptors: int


def slope(samples: Sequence[Sample]) -> float:
    """Returns the growth of resident memory in megabytes a minute, by least squares."""
    if len(samples) < 2:
        return 0.0
    mean_x = sum(one.second for one in samples) / len(samples)
    mean_y = sum(one.rss for one in samples) / len(samples)
    across = sum((one.second - mean_x) * (one.rss - mean_y) for one in samples)
    along = sum((one.second - mean_x) ** 2 for one in samples)
    return across / along * 60 / MEGABYTE if along else 0.0


def netty_bytes(server: RunningServer) -> float:
    """Returns what Netty's allocators hold outside the heap, in bytes."""
    found = _NETTY.search(rest.call(server.metrics, "GET", "/metrics").text)
    assert found is not None, "the gauge of Netty's memory is not there"
    return float(found[1])


class Watch:
    """Samples and checks; `base` is the server at rest, after a warm-up."""

    def __init__(self, server: RunningServer, journal: Journal, base: Observation) -> None:
        self._server = server
        self._journal = journal
        self._base = base
        self._process = psutil.Process(server.process.pid)
        self._before = counts(server)
        self._begun = time.monotonic()
        self.samples: list[Sample] = []

    @property
    def seconds(self) -> float:
        """The age of the watch."""
        return time.monotonic() - self._begun

    def sample(self) -> Sample:
        """Takes a sample."""
        with self._process.oneshot():
            rss, threads = self._process.memory_info().rss, self._process.num_threads()
        taken = Sample(self.seconds, rss, threads, self._process.num_fds())
        self.samples.append(taken)
        return taken

    def slope(self) -> float:
        """Returns the growth of memory after the first minute, in megabytes a minute."""
        return slope([one for one in self.samples if one.second >= SETTLING_SECONDS])

    def check(self) -> None:
        """Checks what must hold at any time."""
        self._check_bounds()
        self._check_counters()
        self._check_readiness()

    def _check_bounds(self) -> None:
        last = self.samples[-1]
        bounds = (
            ("threads", last.threads, self._base.threads + _THREADS_IN_LOAD),
            ("descriptors", last.descriptors, self._base.descriptors + _DESCRIPTORS_IN_LOAD),
            ("children", len(self._server.family()), self._base.children + _CHILDREN_IN_LOAD),
        )
        for name, value, limit in bounds:
            if value > limit:
                self._journal.breach(f"{name}: {value} (expected: at most {limit})")

    def _check_counters(self) -> None:
        """The page is no snapshot: what ends while it is written may be off by what is open."""
        slack = self._journal.open() + len(WORKERS)
        for model, of in counts(self._server).items():
            gap = of.accepted - of.answered - of.failed - of.open
            if gap < -slack or (gap > slack and model not in CHANGING):
                self._journal.breach(f"counters of {model} do not add up: {of} (off by {gap:.0f} under load)")

    def _look(self) -> tuple[tuple[str, frozenset[int]], ...]:
        return tuple(
            (model, frozenset(int(one["pid"]) for one in self._server.workers(model))) for model in WORKERS
        )

    def _check_readiness(self) -> None:
        """`/readyz` agrees with the description when that is the same before and after."""
        quiet, before = self._journal.quiet, self._look()
        status = rest.call(self._server.inference, "GET", "/readyz").status
        if self._look() != before:
            return
        complete = all(len(pids) >= WORKERS[model] for model, pids in before)
        if status == 503 and complete and quiet and self._journal.quiet:
            self._journal.breach("/readyz is 503 with all workers ready and no fault in play")
        if status == 200 and any(not pids for _, pids in before):
            self._journal.breach(f"/readyz is 200 and a model has no worker: {before}")
        if status not in (200, 503):
            self._journal.breach(f"/readyz: {status} (expected: 200 or 503)")

    def check_books(self) -> None:
        """At rest: the server's counters agree with what the clients have seen."""
        for model, of in counts(self._server).items():
            if of.open or not (of.add_up or model in CHANGING):
                self._journal.breach(f"counters of {model} at rest: {of}")
            if model in WORKERS and model not in CHANGING:
                self._compare(model, of)

    def _compare(self, model: str, of: Counts) -> None:
        """What a client that left has sent may have arrived or not, and have been answered or not."""
        before = self._before.get(model, _NOTHING)
        accepted, answered = of.accepted - before.accepted, of.answered - before.answered
        sent, seen, left = self._journal.sent(model), self._journal.answered[model], self._journal.left[model]
        if not sent - left <= accepted <= sent:
            self._journal.breach(
                f"{model}: {accepted:.0f} accepted (expected: {sent} sent, {left} of them left)"
            )
        if not seen <= answered <= seen + left:
            self._journal.breach(f"{model}: {answered:.0f} answered (expected: {seen} seen, {left} left)")
