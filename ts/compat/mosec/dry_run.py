"""A dry run: one process for each stage, the first stage's example through all of them, and the end."""

from __future__ import annotations

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
from ts.compat.mosec.log import get_logger
from ts.compat.mosec.runtime import Runtime
from ts.compat.mosec.worker import Worker

_KIB = 1 if sys.platform == "darwin" else 1024


class _Told(NamedTuple):
    """What a stage says of one step."""

    fault: str = ""
    body: bytes = b""
    skipped: bool = False
    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_bytes: int = 0
    gpu_bytes: int = 0


def dry_run(routes: Mapping[str, Sequence[Runtime]], settings: Settings) -> int:
    """Runs the examples of all routes; returns 0, or 1 when something failed."""
    went_well = [_run_route(path, way) for path, way in routes.items()]
    return 0 if all(went_well) else 1


def _run_route(path: str, way: Sequence[Runtime]) -> bool:
    logger = get_logger()
    names = [f"{pool.worker.__name__}_{number}" for number, pool in enumerate(way, 1)]
    logger.info("init dry run for endpoint %s with %s", path, names)
    stages = [
        _Stage(name, pool, number, len(way))
        for number, (name, pool) in enumerate(zip(names, way, strict=True))
    ]
    try:
        # Asked of all before an answer is waited for: they load at the same time.
        ready = [stage.told() for stage in stages]
        for name, told in zip(names, ready, strict=True):
            if told.fault:
                logger.error("dry run: %s could not start: %s", name, told.fault)
        if any(told.fault for told in ready):
            return False
        logger.info("dry run init successful")
        body = b""
        for name, stage in zip(names, stages, strict=True):
            told = stage.step(body)
            if told.skipped:
                logger.info("cannot find the example in the 1st stage worker, skip warmup")
                return True
            if told.fault:
                logger.error("dry run failed at %s: %s", name, told.fault)
                return False
            logger.info(
                "dry run %s: wall %.6f s, cpu %.6f s, peak memory %d bytes, gpu memory %d bytes",
                name,
                told.wall_seconds,
                told.cpu_seconds,
                told.peak_bytes,
                told.gpu_bytes,
            )
            body = told.body
        logger.info("dry run result: %d bytes, endpoint %s", len(body), path)
        return True
    finally:
        for stage in stages:
            stage.close()


class _Stage:
    """The process of one stage."""

    def __init__(self, name: str, pool: Runtime, place: int, count: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._ours, theirs = context.Pipe()
        arguments = (theirs, pool.worker, name, pool.max_batch_size, place == 0, place == count - 1)
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
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _KIB
    torch = sys.modules.get("torch")
    gpu = int(torch.cuda.max_memory_allocated()) if torch is not None and torch.cuda.is_available() else 0
    return _Told("", bytes(given), False, wall, cpu, peak, gpu)


def _example(worker: Worker) -> tuple[bool, Any]:
    several = worker.multi_examples
    if several is not None and len(several):
        return True, several[0]
    return worker.example is not None, worker.example
