"""Micro-batching: a batch is cut into pieces whose steps run one behind the other, as in a pipeline."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

HANDLER_METHODS = ("preprocess", "inference", "postprocess")
_place = threading.local()


def get_micro_batch_idx() -> int:
    """Returns which micro-batch the calling thread is working on, from 0."""
    return getattr(_place, "index", 0)


class MicroBatching:
    """Stands in for a handler's `handle`: `handler.handle = MicroBatching(handler, 4)`.

    Args:
        parent_handler: the handler whose steps run.
        micro_batch_size: requests in one piece.
        parallelism: threads for each of `HANDLER_METHODS`; one when absent.
    """

    def __init__(
        self, parent_handler: Any, micro_batch_size: int = 1, parallelism: Mapping[str, int] | None = None
    ) -> None:
        if micro_batch_size < 1:
            raise ValueError(f"micro_batch_size: {micro_batch_size} (expected: >= 1)")
        self.handler = parent_handler
        self.micro_batch_size = micro_batch_size
        self._parallelism: dict[str, int] = {}
        self._pools: dict[str, ThreadPoolExecutor] = {}
        self.parallelism = parallelism or {}

    @property
    def parallelism(self) -> Mapping[str, int]:
        """Threads for each step; setting it starts them anew.

        Raises:
            ValueError: a step is not known, or has less than one thread.
        """
        return self._parallelism

    @parallelism.setter
    def parallelism(self, threads: Mapping[str, int]) -> None:
        for step, count in threads.items():
            if step not in HANDLER_METHODS:
                raise ValueError(f"parallelism: {step} (expected: one of {', '.join(HANDLER_METHODS)})")
            if count < 1:
                raise ValueError(f"parallelism: {step}: {count} (expected: >= 1)")
        self.shutdown()
        self._parallelism = {step: threads.get(step, 1) for step in HANDLER_METHODS}
        self._pools = {
            step: ThreadPoolExecutor(count, thread_name_prefix=step)
            for step, count in self._parallelism.items()
        }

    def shutdown(self) -> None:
        """Ends the threads once their work is done."""
        for pool in self._pools.values():
            pool.shutdown()
        self._pools = {}

    def handle(self, data: list[Any], context: Any) -> list[Any]:
        """Serves a batch; an exception of any micro-batch is that of the batch."""
        self.handler.context = context
        size = self.micro_batch_size
        pieces = [data[at : at + size] for at in range(0, len(data), size)]
        done: list[Future[Any]] = [self._started(index, piece, data) for index, piece in enumerate(pieces)]
        results: list[Any] = []
        for future in done:
            results += future.result()
        return results

    __call__ = handle

    def _started(self, index: int, piece: Any, whole: Any) -> Future[Any]:
        """Sends a micro-batch through the steps, each on its own threads."""
        result: Future[Any] = Future()
        last: tuple[str, ...] = HANDLER_METHODS[1:]
        if getattr(self.handler, "_is_explain", bool)():
            last = ("explain_handle",)

        def submit(step: str, rest: tuple[str, ...], value: Any) -> None:
            pool = self._pools.get(step) or self._pools["inference"]
            pool.submit(run, step, rest, value)

        def run(step: str, rest: tuple[str, ...], value: Any) -> None:
            _place.index = index
            try:
                method = getattr(self.handler, step)
                value = method(value, piece) if step == "explain_handle" else method(value)
                if rest:
                    submit(rest[0], rest[1:], value)
                else:
                    result.set_result(value)
            except BaseException as fault:
                result.set_exception(fault)

        submit(HANDLER_METHODS[0], last, piece)
        return result
