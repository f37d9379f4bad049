"""What a stage of typed models runs."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, get_type_hints

from mariner.errors import InvalidRequest
from mariner.hints import Hint
from mariner.messages import Worker
from mariner.model import Model
from mariner.reading import Reader
from mariner.stage import Call, Item
from mariner.tensors import Tensors
from mariner.writing import Reply, reply_of, stream_type
from ts.context import Context

_STREAM = "infer_stream"
"""The path behind the model's where a client asked for an answer in pieces."""


class ModelProgram:
    """Runs a model; see `mariner.stage.Program`."""

    def __init__(self, model: Model[Any]) -> None:
        self.name = model.where
        self.batched = model.resources.batch is not None
        self.asynchronous = model.asynchronous
        self.stream_type = stream_type(Hint.of(model.answer).kind)
        self._model = model
        self._reader = Reader(model.parameters)
        self._tensors = Tensors.of(model)
        self.signature = None if self._tensors is None else self._tensors.signature
        self._order = model.order
        self._wants_request = any(model.order)
        self._method: Callable[..., Any] = model.method

    def start(self, context: Context) -> Any:
        """Makes the object, calls its `setup`, and lets it answer its examples."""
        model = self._model
        if model.method_name:
            made = model.target(**_worker_argument(model.target, context))
            self._method = getattr(made, model.method_name)
            setup = getattr(made, "setup", None)
            result = setup() if callable(setup) else None
            if inspect.isawaitable(result) or self.asynchronous:
                return self._start_async(result)
        elif self.asynchronous:
            return self._start_async(None)
        for example in model.examples:
            try:
                _drain(self._call_example(example))
            except Exception as fault:
                raise _example_failed(self.name, fault) from fault
        return None

    async def _start_async(self, setup: Any) -> None:
        if inspect.isawaitable(setup):
            await setup
        for example in self._model.examples:
            try:
                answer = self._call_example(example)
                if inspect.isawaitable(answer):
                    answer = await answer
                if inspect.isasyncgen(answer):
                    async for _ in answer:
                        pass
                else:
                    _drain(answer)
            except Exception as fault:
                raise _example_failed(self.name, fault) from fault

    def _call_example(self, example: tuple[Any, ...]) -> Any:
        from mariner.messages import Headers, Request

        values = iter(example)
        mixed = [Request(Headers({})) if wanted else next(values) for wanted in self._order]
        return self._method(*([one] for one in mixed) if self.batched else mixed)

    def read(self, item: Item) -> tuple[Any, ...]:
        """Checks what a client sent: by a route, or, to the model by itself, as tensors."""
        if self._tensors is not None and item.place.route is None:
            takes_pieces = self._model.streams and item.headers.get("url_path") == _STREAM
            item.asked = self._tensors.asked(item.parts, takes_pieces)
            if item.asked is not None:
                return self._tensors.arguments(item.asked.message)
        return self._reader.read(item.parts)

    def call(self, call: Call) -> Any:
        """Calls the method for one request."""
        return self._method(*self._mixed(call))

    def call_batch(self, calls: Sequence[Call]) -> Any:
        """Calls the method with a list for each parameter."""
        return self._method(*(list(column) for column in zip(*map(self._mixed, calls), strict=True)))

    def _mixed(self, call: Call) -> Sequence[Any]:
        if not self._wants_request:
            return call.arguments
        values = iter(call.arguments)
        return [call.item.request if wanted else next(values) for wanted in self._order]

    def write(self, item: Item, value: Any) -> Reply:
        """Encodes an answer for the client."""
        if self._tensors is not None and item.asked is not None:
            return self._tensors.reply(item.asked, value, item.context)
        return reply_of(value, item.accept)


def _worker_argument(kind: type, context: Context) -> dict[str, Any]:
    try:
        hints = get_type_hints(inspect.getattr_static(kind, "__init__"))
    except (NameError, TypeError):
        hints = {}
    names = [name for name, hint in hints.items() if hint is Worker]
    if not names:
        return {}
    properties = context.system_properties
    gpu = properties.get("gpu_id")
    device = "cpu" if gpu is None else f"cuda:{gpu}"
    worker = Worker(device, properties.get("worker_number") or 1, properties.get("model_dir") or ".")
    return dict.fromkeys(names, worker)


def _example_failed(name: str, fault: Exception) -> Exception:
    detail = fault.detail if isinstance(fault, InvalidRequest) else f"{type(fault).__name__}: {fault}"
    return RuntimeError(f"{name}: its example failed: {detail}")


def _drain(answer: Any) -> None:
    if inspect.isgenerator(answer):
        for _ in answer:
            pass
    elif isinstance(answer, list):
        failed = next((one for one in answer if isinstance(one, Exception)), None)
        if failed is not None:
            raise failed
