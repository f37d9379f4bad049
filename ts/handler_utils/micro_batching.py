"""Micro-batching: a batch is cut into pieces whose steps run one behind the other, as in a pipeline."""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any

HANDLER_METHODS = ["preprocess", "inference", "postprocess"]
_place = threading.local()
_Task = Callable[[], None]


def get_micro_batch_idx() -> int:
    """Returns which micro-batch the calling thread is working on, from 0."""
    return getattr(_place, "index", 0)


class WorkerThread:
    """A thread that works off a queue until it takes None from it, which it reports."""

    def __init__(
        self, step: str, tasks: queue.SimpleQueue[_Task | None], ended: queue.SimpleQueue[WorkerThread]
    ) -> None:
        self._tasks = tasks
        self._ended = ended
        self.thread = threading.Thread(target=self._work, name=step, daemon=True)
        self.thread.start()

    def _work(self) -> None:
        for task in iter(self._tasks.get, None):
            task()
        self._ended.put(self)


class MicroBatching:
    """Stands in for a handler's `handle`: `handler.handle = MicroBatching(handler, 4)`.

    Args:
        parent_handler: the handler whose steps run.
        micro_batch_size: requests in one piece.
        parallelism: threads for each of `HANDLER_METHODS`; one when absent.

    Attributes:
        thread_groups: the threads of each step.
    """

    def __init__(
        self, parent_handler: Any, micro_batch_size: int = 1, parallelism: Mapping[str, int] | None = None
    ) -> None:
        if micro_batch_size < 1:
            raise ValueError(f"micro_batch_size: {micro_batch_size} (expected: >= 1)")
        self.handler = parent_handler
        self.micro_batch_size = micro_batch_size
        self.thread_groups: dict[str, list[WorkerThread]] = {step: [] for step in HANDLER_METHODS}
        self._parallelism: dict[str, int] = {}
        self._queues: dict[str, queue.SimpleQueue[_Task | None]] = {
            step: queue.SimpleQueue() for step in HANDLER_METHODS
        }
        self._ended: dict[str, queue.SimpleQueue[WorkerThread]] = {
            step: queue.SimpleQueue() for step in HANDLER_METHODS
        }
        self.parallelism = parallelism or {}

    @property
    def parallelism(self) -> Mapping[str, int]:
        """Threads for each step that a number was given for; setting it starts or ends as many as it takes.

        Raises:
            ValueError: a step is not known, or has less than one thread.
        """
        return dict(self._parallelism)

    @parallelism.setter
    def parallelism(self, threads: Mapping[str, int]) -> None:
        for step, count in threads.items():
            if step not in HANDLER_METHODS:
                raise ValueError(f"parallelism: {step} (expected: one of {', '.join(HANDLER_METHODS)})")
            if count < 1:
                raise ValueError(f"parallelism: {step}: {count} (expected: >= 1)")
        self._parallelism.update(threads)
        for step in HANDLER_METHODS:
            self._staff(step, self._parallelism.get(step, 1))

    def _staff(self, step: str, count: int) -> None:
        group = self.thread_groups[step]
        ended = self._ended[step]
        for _ in range(len(group), count):
            group.append(WorkerThread(step, self._queues[step], ended))
        leaving = len(group) - count
        for _ in range(leaving):
            self._queues[step].put(None)
        for _ in range(leaving):
            group.remove(ended.get())

    def shutdown(self) -> None:
        """Ends the threads once their work is done."""
        for step in HANDLER_METHODS:
            self._staff(step, 0)

    @staticmethod
    def get_micro_batch_idx() -> int:
        """Returns which micro-batch the calling thread is working on, from 0."""
        return get_micro_batch_idx()

    def handle(self, data: list[Any]) -> list[Any]:
        """Runs the steps on a batch; an exception of any micro-batch is that of the batch."""
        return self._run(data, HANDLER_METHODS)

    def __call__(self, data: list[Any], context: Any) -> list[Any]:
        """Serves a batch as the handler's own `handle` would."""
        started = time.perf_counter()
        handler = self.handler
        handler.context = context
        if os.environ.get("ENABLE_TORCH_PROFILER") and hasattr(handler, "_infer_with_profiler"):
            output, _ = handler._infer_with_profiler(data=data)
        elif getattr(handler, "_is_explain", bool)():
            output = self._run(data, ["preprocess", "explain_handle"])
        else:
            output = self._run(data, HANDLER_METHODS)
        metrics = getattr(context, "metrics", None)
        if metrics is not None:
            metrics.add_time("HandlerTime", round((time.perf_counter() - started) * 1000.0, 2), None, "ms")
        return output  # type: ignore[no-any-return]

    def _run(self, data: list[Any], steps: list[str]) -> list[Any]:
        size = self.micro_batch_size
        pieces = [data[at : at + size] for at in range(0, len(data), size)]
        done = [self._started(index, piece, steps) for index, piece in enumerate(pieces)]
        return [entry for future in done for entry in future.result()]

    def _started(self, index: int, piece: Any, steps: list[str]) -> Future[Any]:
        """Sends a micro-batch through the steps, each on its own threads."""
        result: Future[Any] = Future()

        def submit(at: int, value: Any) -> None:
            step = steps[at] if steps[at] in self._queues else "inference"
            self._queues[step].put(lambda: run(at, value))

        def run(at: int, value: Any) -> None:
            _place.index = index
            try:
                method = getattr(self.handler, steps[at])
                value = method(value, piece) if steps[at] == "explain_handle" else method(value)
                if at + 1 < len(steps):
                    submit(at + 1, value)
                else:
                    result.set_result(value)
            except BaseException as fault:
                result.set_exception(fault)

        submit(0, piece)
        return result
