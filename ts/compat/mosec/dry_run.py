"""A dry run: one process for each stage, the first stage's example through all of them, and the end."""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

from ts.compat.mosec.arguments import Settings
from ts.compat.mosec.log import own_logger
from ts.compat.mosec.runtime import Runtime
from ts.compat.mosec.worker import Worker

_MOST_SHOWN = 1000
_KIB = 1 if sys.platform == "darwin" else 1024


class _Told(NamedTuple):
    """What a stage says of one step."""

    fault: str = ""
    body: bytes = b""
    skipped: bool = False
    example: str | None = None
    measures: dict[str, float] | None = None


def dry_run(routes: Mapping[str, Sequence[Runtime]], settings: Settings) -> int:
    """Runs the examples of all routes; returns 0, or 1 when something failed."""
    went_well = [_run_route(path, way) for path, way in routes.items()]
    return 0 if all(went_well) else 1


def _run_route(path: str, way: Sequence[Runtime]) -> bool:
    logger = own_logger()
    names = [pool.name for pool in way]
    logger.info("init dry run for endpoint %s with %s", path, names)
    stages = [_Stage(pool, place, len(way)) for place, pool in enumerate(way)]
    try:
        # Asked of all before an answer is waited for: they load at the same time.
        ready = [stage.told() for stage in stages]
        for name, told in zip(names, ready, strict=True):
            if told.fault:
                logger.error("dry run: %s could not start: %s", name, told.fault)
        if any(told.fault for told in ready):
            return False
        logger.info("dry run init successful")
        body, example = b"", None
        measures: list[dict[str, Any]] = []
        begun = time.perf_counter()
        for name, stage in zip(names, stages, strict=True):
            told = stage.step(body)
            if told.skipped:
                logger.info("cannot find the example in the 1st stage worker, skip warmup")
                return True
            if told.fault:
                logger.error("dry run failed at %s: %s", name, told.fault)
                return False
            example = example or told.example
            measures.append({"stage": name, **(told.measures or {})})
            body = told.body
        result = {
            "endpoint": path,
            "request": json.loads(example or "null"),
            "result_size": len(body),
            "warmup_duration": time.perf_counter() - begun,
            "stage_metrics": measures,
        }
        logger.info("dry run result: %s", json.dumps(result))
        return True
    finally:
        for stage in stages:
            stage.close()


class _Stage:
    """The process of one stage."""

    def __init__(self, pool: Runtime, place: int, count: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._ours, theirs = context.Pipe()
        arguments = (theirs, pool.worker, pool.name, pool.max_batch_size, place == 0, place == count - 1)
        self._process = context.Process(target=_work, args=arguments, daemon=True)
        before = {key: os.environ.get(key) for key in (pool.env or [{}])[0]}
        os.environ.update((pool.env or [{}])[0])
        try:
            self._process.start()
        finally:
            for key, text in before.items():
                if text is None:
                    os.environ.pop(key, None)
                else:
                    os.environ[key] = text
        theirs.close()

    def told(self) -> _Told:
        """Returns what the process says next."""
        try:
            told: _Told = self._ours.recv()
        except EOFError:
            self._process.join()
            return _Told(f"its process ended with exit code {self._process.exitcode}")
        return told

    def step(self, body: bytes) -> _Told:
        """Has the stage work on the bytes of the one before."""
        self._ours.send_bytes(body)
        return self.told()

    def close(self) -> None:
        """Ends the process."""
        self._ours.close()
        self._process.terminate()
        self._process.join()


def _work(
    pipe: Connection, kind: type[Worker], name: str, max_batch_size: int, first: bool, last: bool
) -> None:
    try:
        worker = kind()
        worker._stage, worker._max_batch_size, worker._worker_id = name, max_batch_size, 1
        pipe.send(_Told())
        body = pipe.recv_bytes()
        pipe.send(_step(worker, body, max_batch_size > 1, first, last))
    except EOFError:
        return
    except BaseException as fault:
        pipe.send(_Told("".join(traceback.format_exception(fault))))


def _step(worker: Worker, body: bytes, batched: bool, first: bool, last: bool) -> _Told:
    if first:
        found, value = _example(worker)
        if not found:
            return _Told(skipped=True)
    else:
        value = [worker.deserialize_ipc(body)] if batched else worker.deserialize_ipc(body)
    wall, cpu = time.perf_counter(), time.process_time()
    answer = worker.forward(value)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    # An example of a batch may have several entries; one goes on.
    one = answer[0] if batched else answer
    given = worker.serialize(one) if last else worker.serialize_ipc(one)
    measures = {
        "wall_time_seconds": wall,
        "cpu_time_seconds": cpu,
        "max_rss_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _KIB,
    }
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        measures["gpu_peak_memory_bytes"] = int(torch.cuda.max_memory_allocated())
    return _Told("", bytes(given), False, _shown(value) if first else None, measures)


def _shown(example: Any) -> str:
    """Returns an example as JSON; what has no form there, or is long, as a text."""
    try:
        text = json.dumps(example, default=str)
    except (TypeError, ValueError):
        text = json.dumps(str(example))
    return text if len(text) <= _MOST_SHOWN else json.dumps(f"{text[:_MOST_SHOWN]}…")


def _example(worker: Worker) -> tuple[bool, Any]:
    several = worker.multi_examples
    if several is not None and len(several):
        return True, several[0]
    return worker.example is not None, worker.example
