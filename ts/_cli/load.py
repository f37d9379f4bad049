"""How busy the models of a running server are: its metrics, read twice."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import quote

from ts._cli.client import Endpoint
from ts._cli.errors import CommandError

BUSY = "mariner_worker_busy_seconds_total"
RUN, WAIT = "mariner_inference_seconds", "mariner_queue_seconds"
_GAUGES = ("mariner_queue_depth", "mariner_running", "mariner_workers_ready")
_SUMS = (BUSY, f"{RUN}_sum", f"{RUN}_count", f"{WAIT}_sum")
_PATH = "/metrics?" + "&".join(f"name[]={quote(name)}" for name in (*_GAUGES, BUSY, RUN, WAIT))
_SAMPLE = re.compile(
    r'(\w+)\{model_name="((?:[^"\\]|\\.)*)",model_version="((?:[^"\\]|\\.)*)"\} (\S+)', re.ASCII
)
_ESCAPED = re.compile(r"\\(.)")
_SECONDS = 5.0
# The stage of an application that does so much of what it could is what the others wait for.
_NARROW = 0.7

Key = tuple[str, str]


@dataclass(frozen=True)
class ModelLoad:
    """What one model version did in a window of time. `busy`: share of the time of its ready workers in which
    they had something to do, 0 to 1, None without a worker. `run_ms` and `wait_ms`: mean time of a request in
    a worker and in the queue, None when none was answered. `narrowest`: whether it is the stage that the
    others of its application wait for."""

    model: str
    version: str
    waiting: int
    running: int
    workers: int
    busy: float | None
    run_ms: float | None
    wait_ms: float | None
    answers_per_second: float
    narrowest: bool = False


@dataclass(frozen=True)
class _Reading:
    seconds: float
    values: Mapping[Key, Mapping[str, float]]


def loads(endpoints: Sequence[Endpoint | None], window: float) -> list[list[ModelLoad] | None]:
    """Returns what the models of each server did within so many seconds from now on, by model and version;
    None for a server whose metrics can't be read."""
    if not any(endpoints):
        return [None] * len(endpoints)
    with ThreadPoolExecutor(max_workers=max(1, len(endpoints))) as readers:
        before = list(readers.map(_read, endpoints))
        time.sleep(window)
        after = list(readers.map(_read, endpoints))
    return [
        None if first is None or second is None else _compared(first, second)
        for first, second in zip(before, after, strict=True)
    ]


def _read(endpoint: Endpoint | None) -> _Reading | None:
    if endpoint is None:
        return None
    try:
        answer = endpoint.call("GET", _PATH, timeout=_SECONDS)
    except CommandError:
        return None
    if answer.status != 200:
        return None
    return _Reading(time.monotonic(), _values(answer.body.decode("utf-8", "replace").splitlines()))


def _values(lines: Iterable[str]) -> dict[Key, dict[str, float]]:
    values: dict[Key, dict[str, float]] = {}
    for line in lines:
        sample = _SAMPLE.fullmatch(line)
        if sample is not None:
            name, model, version, value = sample.groups()
            values.setdefault((_plain(model), _plain(version)), {})[name] = float(value)
    return values


def _plain(label: str) -> str:
    return _ESCAPED.sub(lambda found: "\n" if found[1] == "n" else found[1], label)


def _compared(first: _Reading, second: _Reading) -> list[ModelLoad]:
    seconds = max(1e-3, second.seconds - first.seconds)
    rows = [
        _load(key, first.values.get(key, {}), now, seconds)
        for key, now in sorted(second.values.items())
        if _GAUGES[0] in now
    ]
    narrow = _narrowest(rows)
    return [ModelLoad(**{**vars(row), "narrowest": True}) if row in narrow else row for row in rows]


def _load(key: Key, then: Mapping[str, float], now: Mapping[str, float], seconds: float) -> ModelLoad:
    def grown(name: str) -> float:
        return max(0.0, now.get(name, 0.0) - then.get(name, 0.0))

    waiting, running, workers = (int(now.get(name, 0)) for name in _GAUGES)
    busy, run, answers, wait = (grown(name) for name in _SUMS)
    return ModelLoad(
        *key,
        waiting,
        running,
        workers,
        busy=round(min(1.0, busy / (seconds * workers)), 3) if workers and BUSY in now else None,
        run_ms=round(run / answers * 1000, 3) if answers else None,
        wait_ms=round(wait / answers * 1000, 3) if answers else None,
        answers_per_second=round(answers / seconds, 1),
    )


def _narrowest(rows: Sequence[ModelLoad]) -> list[ModelLoad]:
    """The busiest stage of each application that has several, if it is busy enough to hold the others up."""
    stages: dict[str, list[ModelLoad]] = {}
    for row in rows:
        application, parted, _ = row.model.partition("__")
        if parted:
            stages.setdefault(application, []).append(row)

    def share(row: ModelLoad) -> float:
        return row.busy or 0.0

    busiest = [max(group, key=share) for group in stages.values() if len(group) > 1]
    return [row for row in busiest if share(row) >= _NARROW]
