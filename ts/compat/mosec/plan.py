"""A server's pools and routes as a plan, which the frontend and the runner within a process begin with."""

from __future__ import annotations

import json
import math
import pickle
import sys
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from multiprocessing import spawn
from pathlib import Path
from typing import Any

from mariner.errors import DefinitionError
from mariner.plan import Answer, Document, Node, Plan, Route, Stage
from ts.compat.mosec.arguments import Settings
from ts.compat.mosec.errors import UNKNOWN
from ts.compat.mosec.openapi import documents
from ts.compat.mosec.runtime import Runtime
from ts.compat.mosec.stage import STAGE_FILE, WORKER_FILE
from ts.compat.mosec.worker import SSEWorker, Worker

DRAIN_TEXT = "gracefully shutting down"
_HEALTHY = "MOSEC service"
_PLAIN = "text/plain; charset=utf-8"
_METRICS = "text/plain; version=0.0.4; charset=utf-8"
_LATE = Answer(408, "inference timeout")
_FAILURES: Mapping[str, Answer] = {
    "QUEUE_FULL": Answer(429, "too many request: task queue is full"),
    "DEADLINE_EXCEEDED": _LATE,
    "RESPONSE_TIMEOUT": _LATE,
    "REQUEST_TOO_LARGE": Answer(413, "request body is too large"),
    "SHUTTING_DOWN": Answer(503, DRAIN_TEXT),
    "NO_WORKER": Answer(503, "no worker is ready"),
    "ROUTE_NOT_FOUND": Answer(404, ""),
    "METHOD_NOT_ALLOWED": Answer(405, ""),
    "BAD_REQUEST": Answer(400, "bad request: {message}"),
    "*": Answer(500, UNKNOWN),
}
_LONGEST_LOAD_SECONDS = 86_400
# A stage's own time-out interrupts `forward`; what does not come back after it is killed with its process.
_GRACE_SECONDS = 2.0
_HANDLER = '''"""One stage of a Mosec application."""

from ts.compat.mosec.stage import MosecStage


class Handler(MosecStage):
    """Finds its worker in this folder."""
'''


def plan_of(routes: Mapping[str, Sequence[Runtime]], settings: Settings, name: str = "mosec") -> Plan:
    """Returns the plan of a server.

    Args:
        routes: pools by path, in the order in which a request goes through them.
        settings: of the server.
        name: of the application.

    Raises:
        DefinitionError: a worker's class can't be found by another process, or streams to another stage.
    """
    pools = {one.name: one for way in routes.values() for one in way}
    stages = [_stage(one, settings, _pickles(one, routes.values())) for one in pools.values()]
    return Plan(
        name,
        stages,
        [_route(path, way, settings) for path, way in routes.items() if way],
        [
            Document("/", _PLAIN, _HEALTHY.encode(), True, DRAIN_TEXT),
            Document("/metrics", _METRICS, b"", metrics=settings.namespace),
            *documents(routes),
        ],
        _FAILURES,
    )


def _route(path: str, way: Sequence[Runtime], settings: Settings) -> Route:
    names = [pool.name for pool in way]
    for name, pool in zip(names[:-1], way, strict=False):
        if issubclass(pool.worker, SSEWorker):
            raise DefinitionError(
                f"{path}: {name} is an SSEWorker before {names[-1]} (expected: only the last)"
            )
    places = [f"{name}.{number}" if names.count(name) > 1 else name for number, name in enumerate(names)]
    return Route(
        path,
        [
            Node(place, name, places[number - 1 : number] if number else ())
            for number, (place, name) in enumerate(zip(places, names, strict=True))
        ],
        events=issubclass(way[-1].worker, SSEWorker),
        compression=settings.compression,
        timeout_ms=settings.timeout,
        empty_body=Answer(200, "no data provided"),
    )


def _pickles(pool: Runtime, ways: Iterable[Sequence[Runtime]]) -> bool:
    """Returns whether a stage after this one reads values in its own way, which may only know pickles."""
    return any(
        one is pool and after.worker.deserialize_ipc is not Worker.deserialize_ipc
        for way in ways
        for one, after in pairwise(way)
    )


def _stage(pool: Runtime, settings: Settings, pickles: bool) -> Stage:
    timeout = pool.timeout_sec or settings.timeout / 1000
    batch = pool.max_batch_size
    options: dict[str, Any] = {
        "minWorkers": pool.num,
        "maxWorkers": pool.num,
        "batchSize": batch,
        "jobQueueSize": settings.capacity,
        "responseTimeout": math.ceil(timeout + _GRACE_SECONDS),
        "startupTimeout": _LONGEST_LOAD_SECONDS,
        # Which devices a worker sees is said by its `env`.
        "deviceType": "cpu",
    }
    if batch > 1:
        options["maxBatchDelay"] = pool.max_wait_time or settings.wait
    facts = {
        "name": pool.name,
        "pickles": pickles,
        "max_batch_size": batch,
        "timeout": timeout,
        "env": pool.env,
        "main": _main(),
        "variables": settings.variables(),
        "path": settings.path,
    }
    files = {
        WORKER_FILE: _pickled(pool.worker),
        STAGE_FILE: json.dumps(facts, default=str).encode(),
    }
    return Stage(pool.name, _HANDLER, options, files)


def _pickled(worker: type) -> bytes:
    try:
        return pickle.dumps(worker)
    except (pickle.PicklingError, AttributeError) as fault:
        where = f"{worker.__module__}.{worker.__qualname__}"
        raise DefinitionError(f"{where}: {fault} (expected: a class at the top level of a module)") from fault


def _main() -> dict[str, Any]:
    """Returns what a new process needs to find what the running script has, as `multiprocessing` tells it."""
    module = sys.modules["__main__"]
    if getattr(module, "__file__", None) is None:
        return {}
    known = ("sys_path", "sys_argv", "dir", "init_main_from_name", "init_main_from_path")
    found = {key: value for key, value in spawn.get_preparation_data("mosec").items() if key in known}
    if "init_main_from_path" in found:
        found["init_main_from_path"] = str(Path(found["init_main_from_path"]).resolve())
    return found
