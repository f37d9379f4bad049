"""What runs in a worker process: an instance of the user's class, and the requests that come to it."""

from __future__ import annotations

import json
import os
import pickle
import signal
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from multiprocessing import spawn
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

from mariner.ways import Place, Ways
from ts._wire.messages import RequestItem
from ts._worker.outputs import TypedBody
from ts.compat.mosec.errors import PHRASES, EncodingError, MosecTimeoutError, status_of, text_of
from ts.compat.mosec.log import own_logger
from ts.compat.mosec.presence import Presence
from ts.compat.mosec.worker import SSEWorker, Worker
from ts.context import Context

WORKER_FILE = "worker.pickle"
STAGE_FILE = "mosec.json"
WORKERS = "workers"
"""Folder below `--path` in which each worker says its process id, in a file `STAGE.NUMBER`."""
_SOCKET = "MARINER_SOCKET"
_QUIET = 500
"""From this status on an exception is logged with its traceback."""


class _Call(NamedTuple):
    """A request that is ready: its place in the batch, where on its way it is, its input."""

    number: int
    place: Place
    value: Any


class MosecStage:
    """The handler of a stage."""

    def take_items(self, items: Sequence[RequestItem]) -> list[RequestItem]:
        """Has the worker hand requests over as they came."""
        return list(items)

    def initialize(self, context: Context) -> None:
        """Makes the user's object, and lets it answer its examples.

        Raises:
            Exception: whatever the user's module or constructor raises.
        """
        folder = Path(context.system_properties.get("model_dir") or ".")
        facts = json.loads((folder / STAGE_FILE).read_text(encoding="utf-8"))
        number = int(context.system_properties.get("worker_number") or 1)
        if is_worker():  # and no runner within another process, which is to stay as it is
            os.environ.update(facts["variables"])
            # Before the user's module, which may import what looks at them.
            os.environ.update((facts["env"] or [{}] * number)[number - 1])
            if facts["main"]:
                spawn.prepare(facts["main"])
        self._context = context
        self._ways = Ways.near(folder)
        self._places: dict[int, Place] = {}
        self._batched = facts["max_batch_size"] > 1
        self._timeout = float(facts["timeout"])
        self._name: str = facts["name"]
        self._worker = _made((folder / WORKER_FILE).read_bytes(), facts, number)
        self._streams = isinstance(self._worker, SSEWorker)
        _warm_up(self._worker)
        if is_worker():
            signal.signal(signal.SIGALRM, self._interrupt)
        present = Path(facts["path"]) / WORKERS
        if present.is_dir():
            Presence(present, self._name).arrive(number)

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        raise MosecTimeoutError(f"[{number}]`forward` timeout after {self._timeout}s")

    @contextmanager
    def _limited(self) -> Iterator[None]:
        if not is_worker():
            yield
            return
        signal.setitimer(signal.ITIMER_REAL, self._timeout)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def handle(self, items: Sequence[RequestItem], context: Context) -> list[Any]:
        """Answers a batch. What a worker raises is the answer of all its requests, except that a request that
        can't be read fails alone.
        """
        answers: list[Any] = [b""] * len(items)
        calls = []
        for index, item in enumerate(items):
            place = self._place(item.route)
            if self._streams:
                context.set_response_content_type(index, "text/event-stream")
            try:
                body = item.parts[0].body if item.parts else b""
                read = self._worker.deserialize if place.first else self._worker.deserialize_ipc
                calls.append(_Call(index, place, read(body)))  # type: ignore[arg-type]
            except Exception as fault:
                answers[index] = self._failed(index, fault)
        groups = [calls] if self._batched else [[call] for call in calls]
        for group in groups:
            if group:
                self._answer(group, answers)
        return answers

    def _answer(self, calls: Sequence[_Call], answers: list[Any]) -> None:
        try:
            values = self._values(calls)
        except (Exception, MosecTimeoutError) as fault:
            for call in calls:
                answers[call.number] = self._failed(call.number, fault)
            return
        if self._streams:
            return
        for call, value in zip(calls, values, strict=True):
            try:
                answers[call.number] = self._written(call.place, value)
            except Exception as fault:
                answers[call.number] = self._failed(call.number, fault)

    def _values(self, calls: Sequence[_Call]) -> Sequence[Any]:
        worker = self._worker
        if isinstance(worker, SSEWorker):
            worker._send = partial(self._send, [call.number for call in calls])
        with self._limited():
            if not self._batched:
                return (worker.forward(calls[0].value),)
            values = worker.forward([call.value for call in calls])
        if not self._streams:
            self._check(values, len(calls))
        return values  # type: ignore[no-any-return]

    def _check(self, values: Any, count: int) -> None:
        expected = f"(expected: {count}, as many as inputs)"
        if not hasattr(values, "__len__") or isinstance(values, (Mapping, str, bytes)):
            raise TypeError(f"{self._name}: a {type(values).__name__} of outputs {expected}")
        if len(values) != count:
            raise ValueError(f"{self._name}: {len(values)} outputs {expected}")

    def _written(self, place: Place, value: Any) -> Any:
        worker = self._worker
        body = worker.serialize(value) if place.last else worker.serialize_ipc(value)
        if not isinstance(body, (bytes, bytearray, memoryview)):
            method = "serialize" if place.last else "serialize_ipc"
            raise EncodingError(f"{self._name}.{method}: {type(body).__name__} (expected: bytes)")
        return TypedBody(body, worker.resp_mime_type) if place.last else body  # type: ignore[arg-type]

    def _send(self, places: Sequence[int], index: int, text: str) -> None:
        *lines, last = text.split("\n")
        # A break at the end begins no line of its own, and an empty text is no event.
        data = "".join(f"data: {line}\n" for line in (*lines, *([last] if last else ())))
        self._send_piece(places[index], data)

    def _send_piece(self, index: int, event: str) -> None:
        outlet = self._context._outlet
        if outlet is not None:
            outlet.send_pieces({index: f"{event}\n".encode()}, 0)

    def _failed(self, index: int, fault: BaseException) -> Any:
        status, text = status_of(fault), text_of(fault)
        if status >= _QUIET:
            own_logger().error("%s: %s", self._name, "".join(traceback.format_exception(fault)))
        else:
            own_logger().info("%s: %s", self._name, text)
        if self._streams:
            told = f"SSE inference error: {status}: {PHRASES[status]}: {text}"
            self._send_piece(index, f"event: error\ndata: {told}\n")
            return b""
        self._context.set_response_status(status, "", index)
        return TypedBody(text.encode(), "")

    def _place(self, route: int) -> Place:
        found = self._places.get(route)
        if found is None:
            found = self._ways.place(self._context._routes[route - 1] if route else "")
            self._places[route] = found
        return found


def is_worker() -> bool:
    """Returns whether this process is a worker of a server."""
    return _SOCKET in os.environ


def _made(pickled: bytes, facts: dict[str, Any], number: int) -> Worker:
    worker: Worker = pickle.loads(pickled)()
    worker._stage = facts["name"]
    worker._max_batch_size = facts["max_batch_size"]
    worker._worker_id = number
    worker._pickles = facts["pickles"]
    return worker


def _warm_up(worker: Worker) -> None:
    """Lets a worker answer its examples; what it raises is only logged, as the first requests may still be
    answered.
    """
    several = worker.multi_examples
    examples = list(several) if several is not None and len(several) else []
    if not examples and worker.example is not None:
        examples = [worker.example]
    try:
        for example in examples:
            worker.forward(example)
    except Exception as fault:
        text = "".join(traceback.format_exception(fault))
        own_logger().error("%s: the example failed: %s", worker.stage, text)
