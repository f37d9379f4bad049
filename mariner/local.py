"""A stage that runs within this process."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from mariner.plan import Stage
from ts._wire.messages import FrameType, ReplyItem, RequestItem
from ts._worker.inputs import headers_of
from ts._worker.loading import load
from ts._worker.model import Awaiting, LoadedModel
from ts._worker.outcome import WrongOutput, failure_of
from ts._worker.places import Places
from ts._worker.replies import checked, entry_reply, error_reply
from ts.context import Context, RequestProcessor

_UNBOUND = 1 << 62


class LocalStage:
    """A stage that runs in this process: its handler, loaded as a worker loads it, on a thread of its own."""

    def __init__(self, stage: Stage, app: str, folder: Path, routes: Sequence[str], number: int) -> None:
        self._lock = threading.Lock()
        self._awaiting = Awaiting()
        # Handlers may run an event loop of their own, and the caller may be on one.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"stage-{stage.name}")
        try:
            self._model = self._thread.submit(self._load, stage, app, folder, routes, number).result()
        except BaseException:
            self._thread.shutdown()
            raise

    def _load(self, stage: Stage, app: str, folder: Path, routes: Sequence[str], number: int) -> LoadedModel:
        name = f"{app}__{stage.name}"
        if stage.handler_class is None:
            fields = {
                "model_name": name,
                "model_dir": str(folder),
                "handler": "stage_handler.py",
                "batch_size": str(stage.options.get("batchSize", 1)),
                "routes": "\n".join(routes),
            }
            return load(number, fields, self._awaiting, _SamePlace())
        handler = stage.handler_class()
        context = Context(name, str(folder), batch_size=stage.options.get("batchSize", 1))
        context._routes = tuple(routes)
        self._awaiting.result(handler.initialize(context))
        return LoadedModel(
            number, context, handler.handle, handler, handler.take_items, _UNBOUND, "0000000000008000"
        )

    def run(self, items: Sequence[RequestItem]) -> list[tuple[list[ReplyItem], BaseException | None]]:
        """Returns for each request its pieces and its end, and what the handler raised."""
        with self._lock:
            return self._thread.submit(self._run, items).result()

    def _run(self, items: Sequence[RequestItem]) -> list[tuple[list[ReplyItem], BaseException | None]]:
        model = self._model
        batch = _LocalBatch(items, model)
        model.context._begin(batch)
        try:
            answer = model.entry_point(model.make_rows(items), model.context)
            for _ in range(2):  # a coroutine may answer an asynchronous generator
                answer = self._awaiting.result(answer)
            if isinstance(answer, (Generator, Iterator)) and not isinstance(answer, list):
                return self._streamed(batch, answer)
            values = checked(answer, len(items))
        except WrongOutput as fault:
            return [([error_reply(item.id, fault.failure)], fault) for item in items]
        except Exception as fault:
            failure = failure_of(fault)
            return [([error_reply(item.id, failure)], fault) for item in items]
        finally:
            model.context._end()
        faults = [value if isinstance(value, Exception) else None for value in values]
        ends = [batch.reply(index, value) for index, value in enumerate(values)]
        # A handler may have sent pieces before.
        return [([*batch.sent[index], end], faults[index]) for index, end in enumerate(ends)]

    def _streamed(
        self, batch: _LocalBatch, pieces: Iterable[Any]
    ) -> list[tuple[list[ReplyItem], BaseException | None]]:
        fault: BaseException | None = None
        for piece in pieces:
            values = piece if isinstance(piece, list) else [piece]
            batch.send_pieces({i: value for i, value in enumerate(values) if value is not None}, 0)
        told = []
        for index, sent in enumerate(batch.sent):
            last = batch.reply(index, b"")
            told.append((sent if sent and sent[-1].error else [*sent, last], fault))
        return told

    def close(self) -> None:
        """Ends its thread and its event loop."""
        loop = self._awaiting._loop
        if loop is not None:
            self._thread.submit(loop.close).result()
        self._thread.shutdown()


class _LocalBatch:
    """The requests of one run, as the context shows them."""

    def __init__(self, items: Sequence[RequestItem], model: LoadedModel) -> None:
        self._items = items
        self._model = model
        self._processors: list[RequestProcessor] | None = None
        self.sent: list[list[ReplyItem]] = [[] for _ in items]

    def request_ids(self) -> dict[int, str]:
        """Returns the id of each request."""
        return {index: str(item.id) for index, item in enumerate(self._items)}

    def routes(self) -> list[int]:
        """Returns the number of each request's route."""
        return [item.route for item in self._items]

    def request_processors(self) -> list[RequestProcessor]:
        """Returns one processor for each request, always the same."""
        if self._processors is None:
            kind = int(FrameType.PREDICT)
            self._processors = [RequestProcessor(None, partial(headers_of, kind, i)) for i in self._items]
        return self._processors

    def send_pieces(self, values: dict[int, Any], status: int) -> None:
        """Keeps pieces of the answers."""
        for index, value in values.items():
            self.sent[index].append(self.reply(index, value))

    def reply(self, index: int, value: Any) -> ReplyItem:
        """Returns an entry of the handler's answer as it would be sent."""
        processor = None if self._processors is None else self._processors[index]
        return entry_reply(self._items[index].id, value, processor, self._model)[0]


@dataclass
class _SamePlace(Places):
    """Leaves the process where it is: its folder and modules are the caller's."""

    current: int | None = field(default=None)

    def open(self, handle: int, folder: str) -> None:
        """Does nothing."""
