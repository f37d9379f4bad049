"""Hosts an `MLModel` in a worker: what the generated folders of models import."""

from __future__ import annotations

import asyncio
import sys
import traceback
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from ts._wire.messages import RequestItem
from ts._worker.outputs import TypedBody
from ts.compat.mlserver import batching, handlers, metrics, wire
from ts.compat.mlserver.cloudevents import EventHeaders
from ts.compat.mlserver.errors import InferenceError, MLServerError
from ts.compat.mlserver.hosted import hosted_settings
from ts.compat.mlserver.model import MLModel
from ts.compat.mlserver.types import InferenceRequest, InferenceResponse, Parameters
from ts.compat.mlserver.utils import generate_uuid
from ts.context import Context, RequestProcessor
from ts.utils.util import PredictionException

Rows = list[dict[str, Any]]
_ITEM = "item"
STREAM = "infer_stream"
"""What the frontend calls a request whose answer is to come in pieces."""


class HostedModel:
    """Runs each request in a task of its own.

    Attributes:
        model: the user's; None: not loaded.
    """

    model: MLModel

    async def initialize(self, context: Context) -> None:
        """Makes and loads the model.

        Raises:
            RuntimeError: its `load` says that it is not ready.
        """
        settings, around = hosted_settings(Path(str(context.system_properties.get("model_dir"))))
        # The model may import what lies beside it later, too.
        own = [] if settings.folder is None else [str(settings.folder)]
        sys.path[:0] = [folder for folder in (*own, *around.search) if folder not in sys.path]
        self._events = EventHeaders(around.server_name, settings.name)
        self._metrics = metrics.ModelMetrics(context, settings.version)
        metrics.current.set(self._metrics)
        self.model = settings.implementation(settings)
        if not await self.model.load():
            raise RuntimeError(f"model {settings.name}: load returned False (expected: True)")
        self.model.ready = True
        self._streams = type(self.model).predict_stream is not MLModel.predict_stream

    def take_items(self, items: Sequence[RequestItem]) -> Rows:
        """Leaves requests as they came."""
        return [{_ITEM: item} for item in items]

    async def handle(self, data: Rows, context: Context) -> Any:
        """Answers one request, in pieces if that is asked for."""
        metrics.current.set(self._metrics)
        item: RequestItem = data[0][_ITEM]
        processor = context.request_processor[0]
        as_form = wire.is_form(item)
        try:
            request = self._prepared(item, processor)
            if processor.get_request_property("url_path") == STREAM:
                return self._pieces(request, as_form)
            answer = await self.model.predict(request)
            return [self._finished(answer, request, processor, as_form)]
        except Exception as fault:
            return [_refused(fault, processor, as_form)]

    def _prepared(self, item: RequestItem, processor: RequestProcessor) -> InferenceRequest:
        request = wire.read(item)
        if not request.id:
            request.id = generate_uuid()
        headers = {
            # Models look them up as MLServer has them.
            name.lower(): value
            for name, value in processor.get_request_properties().items()
            if isinstance(value, str) and name not in ("explain", "url_path")
        }
        if request.parameters is None:
            request.parameters = Parameters()
        request.parameters.headers = {**headers, **self._events.of_request(request.id)}
        return request

    def _finished(
        self, answer: InferenceResponse, request: InferenceRequest, processor: RequestProcessor, as_form: bool
    ) -> Any:
        answer.id = request.id
        events = self._events.of_answer(str(request.id))
        for name, value in {**wire.headers_for(answer), **events}.items():
            processor.add_response_property(name, value)
        return wire.written(answer, as_form)

    async def _pieces(self, request: InferenceRequest, as_form: bool) -> AsyncIterator[Any]:
        async def only() -> AsyncIterator[InferenceRequest]:
            yield request

        try:
            async for answer in self.model.predict_stream(only()):
                answer.id = answer.id or request.id
                yield wire.written(answer, as_form)
        except MLServerError as fault:
            raise PredictionException(str(fault), fault.status_code) from fault


class BatchedModel(HostedModel):
    """Runs requests together that can be joined."""

    async def handle(self, data: Rows, context: Context) -> Any:
        """Answers a batch."""
        metrics.current.set(self._metrics)
        processors = context.request_processor
        forms = [wire.is_form(row[_ITEM]) for row in data]
        answers: list[Any] = [None] * len(data)
        groups: dict[Any, list[int]] = {}
        requests: dict[int, InferenceRequest] = {}
        for index, row in enumerate(data):
            try:
                requests[index] = self._prepared(row[_ITEM], processors[index])
                _refuse_pieces(processors[index])
                key = batching.key_of(requests[index])
                groups.setdefault(index if key is None else key, []).append(index)
            except Exception as fault:
                answers[index] = fault
        found = await asyncio.gather(
            *(self._group([requests[index] for index in indices]) for indices in groups.values())
        )
        for indices, results in zip(groups.values(), found, strict=True):
            for index, result in zip(indices, results, strict=True):
                answers[index] = result
        return [
            _refused(answer, processors[index], forms[index])
            if isinstance(answer, Exception)
            else self._guarded(answer, requests[index], processors[index], forms[index])
            for index, answer in enumerate(answers)
        ]

    def _guarded(
        self, answer: InferenceResponse, request: InferenceRequest, processor: RequestProcessor, as_form: bool
    ) -> Any:
        try:
            return self._finished(answer, request, processor, as_form)
        except Exception as fault:
            return _refused(fault, processor, as_form)

    async def _group(self, requests: list[InferenceRequest]) -> list[InferenceResponse | Exception]:
        if len(requests) == 1:
            return [await self._one(requests[0])]
        try:
            answer = await self.model.predict(batching.merged(requests))
            return [*batching.divided(answer, requests)]
        except Exception as fault:
            # One request's fault is not the others': each is asked for alone.
            print(f"batch of {len(requests)}: {fault!r}; each request runs alone", file=sys.stderr)
            return [await self._one(request) for request in requests]

    async def _one(self, request: InferenceRequest) -> InferenceResponse | Exception:
        try:
            return await self.model.predict(request)
        except Exception as fault:
            return fault


def _refuse_pieces(processor: RequestProcessor) -> None:
    if processor.get_request_property("url_path") == STREAM:
        raise InferenceError(
            "stream: the model joins requests, and their answers are whole (expected: max_batch_size 0)"
        )


def _refused(fault: Exception, processor: RequestProcessor, as_form: bool) -> Any:
    told = wire.refusal(fault, as_form)
    if isinstance(told, tuple):
        status, body = told
        processor.report_status(status)
        return body
    if told is fault:
        traceback.print_exception(fault)
    return told


class RoutedModel(HostedModel):
    """Answers at the routes of a model's own."""

    async def handle(self, data: Rows, context: Context) -> Any:
        """Answers one request."""
        metrics.current.set(self._metrics)
        item: RequestItem = data[0][_ITEM]
        processor = context.request_processor[0]
        method = getattr(self.model, str(context.get_route(0)).rpartition("#")[2])
        headers = {
            name.lower(): value
            for name, value in processor.get_request_properties().items()
            if isinstance(value, str)
        }
        request = handlers.Request(bytes(item.parts[0].body) if item.parts else b"", headers, "")
        try:
            answer = await handlers.call(method, request)
        except Exception as fault:
            if not isinstance(fault, MLServerError):
                return [_refused(fault, processor, False)]
            answer = handlers.refusal(fault)
        processor.report_status(answer.status_code)
        for name, value in answer.headers.items():
            processor.add_response_property(name, value)
        return [TypedBody(answer.body, answer.media_type or "")]
