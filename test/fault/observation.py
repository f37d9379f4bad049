"""What a server holds at one moment, to be compared with what it holds after a fault."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from support import rest
from support.server import RunningServer
from support.waiting import eventually

SLACK = 5
"""Threads and descriptors that may come and go: pools of the JVM grow when they are first used."""
RECOVERY_SECONDS = 30.0
_SERIES = re.compile(r"^(?P<name>\w+)\{(?P<labels>[^}]*)\} (?P<value>\S+)$", re.MULTILINE)
_DRAWN = re.compile(r"\b[0-9a-f]{32}\b")
_MODEL = re.compile(r'model_name="([^"]*)"')
_ACCEPTED = "ts_inference_requests_total"
_ENDED = ("mariner_request_seconds_count", "mariner_requests_failed_total")
_OPEN = ("mariner_queue_depth", "mariner_running")


@dataclass(frozen=True)
class Counts:
    """The counters of one model."""

    accepted: float
    answered: float
    failed: float
    open: float
    reruns: float
    losses: float

    @property
    def add_up(self) -> bool:
        """Whether each accepted request has ended once or is still open."""
        return self.accepted == self.answered + self.failed + self.open


def counts(server: RunningServer) -> dict[str, Counts]:
    """Returns the counters of all models that have had a request."""
    text = rest.call(server.metrics, "GET", "/metrics").text
    sums: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for series in _SERIES.finditer(text):
        model = _MODEL.search(series["labels"])
        if model is not None:
            sums[model[1]][series["name"]] += float(series["value"])
    return {
        model: Counts(
            accepted=of[_ACCEPTED],
            answered=of[_ENDED[0]],
            failed=of[_ENDED[1]],
            open=sum(of[name] for name in _OPEN),
            reruns=of["mariner_reruns_total"],
            losses=of["mariner_worker_losses_total"],
        )
        for model, of in sums.items()
    }


@dataclass(frozen=True)
class Observation:
    """Processes, temporary files, sockets, threads and descriptors of a server."""

    children: int
    temp: tuple[str, ...]
    sockets: int
    threads: int
    descriptors: int
    ready_workers: tuple[tuple[str, int], ...]
    uncounted: tuple[str, ...] = field(default=())

    @staticmethod
    def of(server: RunningServer, changing: Collection[str] = ()) -> Observation:
        """Looks at the server. The counters of `changing` need not add up: those of a version go with it,
        but requests that named no version stay counted; the folder of another version has another name."""
        process = psutil.Process(server.process.pid)
        listed = server.manage("GET", "/models", limit=100).json()["models"]
        ready = [(one["modelName"], len(server.workers(one["modelName"]))) for one in listed]
        numbers = counts(server)
        names = [str(path.relative_to(server.temp)) for path in _entries(server.temp)]
        if changing:
            names = [_DRAWN.sub("*", name) for name in names]
        return Observation(
            children=len(server.family()),
            temp=tuple(sorted(names)),
            sockets=len(process.net_connections("unix")),
            threads=process.num_threads(),
            descriptors=process.num_fds(),
            ready_workers=tuple(ready),
            uncounted=tuple(
                f"{model}: {of}"
                for model, of in numbers.items()
                if of.open or not (of.add_up or model in changing)
            ),
        )

    def differs_from(self, base: Observation) -> list[str]:
        """Returns what is not as it was, in words."""
        found = [
            f"{name}: {getattr(self, name)} (expected: {getattr(base, name)})"
            for name in ("children", "temp", "sockets", "ready_workers")
            if getattr(self, name) != getattr(base, name)
        ]
        found += [
            f"{name}: {getattr(self, name)} (expected: at most {getattr(base, name) + SLACK})"
            for name in ("threads", "descriptors")
            if getattr(self, name) > getattr(base, name) + SLACK
        ]
        return found + [f"counters do not add up: {one}" for one in self.uncounted]


def _entries(folder: Path) -> list[Path]:
    # Python writes its caches when a model is first loaded.
    return [path for path in folder.rglob("*") if "__pycache__" not in path.parts]


def assert_recovers(server: RunningServer, base: Observation, changing: Collection[str] = ()) -> None:
    """Fails unless the server is back at the base line in time."""
    last: list[str] = []

    def back() -> bool:
        last[:] = Observation.of(server, changing).differs_from(base)
        return not last

    try:
        eventually(back, RECOVERY_SECONDS, "back at the base line")
    except AssertionError:
        raise AssertionError(f"not back at the base line within {RECOVERY_SECONDS:g} s: {last}") from None
