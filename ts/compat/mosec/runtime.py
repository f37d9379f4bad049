"""One pool of workers, on one or several routes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from operator import index
from typing import Any

from ts.compat.mosec.worker import Worker

_METHODS = ("spawn", "fork")
_NUMBERS = count(1)


class Runtime:
    """Workers of one class, which share a queue and batches, whatever routes lead to them.

    Args:
        worker: a subclass of `Worker`.
        num: processes.
        max_batch_size: most requests in a batch.
        max_wait_time: longest wait for a batch to fill, whole milliseconds; 0: `--wait`.
        timeout: longest `forward`, seconds; 0: `--timeout`.
        start_method: `spawn` or `fork`; workers are new processes in either case.
        env: variables of each process, set before the worker's module is imported.

    Its `name`, of which the metrics and its workers' `stage` speak, is that of the class and its own number
    among the runtimes of the process.

    Raises:
        AssertionError: an argument is out of bounds; the message says which.
        TypeError: the time-out is no number.
    """

    def __init__(
        self,
        worker: type[Worker],
        num: int = 1,
        max_batch_size: int = 1,
        max_wait_time: int = 0,
        timeout: float = 0.0,
        start_method: str = "spawn",
        env: Sequence[Mapping[str, str]] | None = None,
    ) -> None:
        is_worker = isinstance(worker, type) and issubclass(worker, Worker)
        _require(is_worker, "worker must be inherited from mosec.Worker")
        _check_whole(num, "worker number", 1)
        _check_whole(max_batch_size, "maximum batch size", 1)
        _check_whole(max_wait_time, "maximum wait time", 0)
        _check_seconds(timeout, "forward timeout")
        _require(start_method in _METHODS, f"start method must be one of {set(_METHODS)}")
        _check_env(env, num)
        self.worker = worker
        self.num = index(num)
        self.max_batch_size = index(max_batch_size)
        self.max_wait_time = index(max_wait_time)
        self.timeout_sec = float(timeout)
        self.start_method = start_method
        self.env = None if env is None else [dict(one) for one in env]
        self.name = f"{worker.__name__}_{next(_NUMBERS)}"


def _require(holds: bool, message: str) -> None:
    # As `assert` does, and with `python -O` too.
    if not holds:
        raise AssertionError(message)


def _check_whole(value: Any, name: str, least: int) -> None:
    try:
        number = index(value)
    except TypeError:
        raise AssertionError(f"{name} must be integer but you give {type(value)}") from None
    _require(number >= least, f"{name} must be no less than {least}")


def _check_seconds(value: Any, name: str) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name}: {value!r} (expected: a number)")
    _require(value >= 0, f"{name} must be no less than 0")


def _check_env(env: Any, num: int) -> None:
    if env is None:
        return
    _require(isinstance(env, Sequence) and len(env) == num, "len(env) must equal to num")
    texts = all(
        isinstance(one, Mapping) and all(isinstance(text, str) for pair in one.items() for text in pair)
        for one in env
    )
    _require(texts, "env must be a list of string dictionary")
