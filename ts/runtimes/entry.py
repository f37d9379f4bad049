"""The way of a batch through a model without a handler: plain JSON and tensors become one run."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ts._wire.messages import RequestItem
from ts._worker.inputs import Row
from ts._worker.model import Awaiting, EntryPoint
from ts._worker.outputs import JSON_TYPE, TypedBody
from ts._worker.tensor_entry import TensorEntry, tensor_rows
from ts._worker.tensors import MEDIA_TYPE, Message, Tensor, TensorError
from ts.context import Context
from ts.runtimes.declared import Call, Declared
from ts.runtimes.rows import Asked, is_protocol, read_plain, write_plain
from ts.utils.util import PredictionException

logger = logging.getLogger(__name__)
_ASKED = "asked"
_OF_SERVERS = frozenset(
    (
        "binary_data_output",
        "content_type",
        "headers",
        "priority",
        "sequence_end",
        "sequence_id",
        "sequence_start",
        "timeout",
    )
)
_PREFERRED = ("body", "data", "text")


class RuntimeEntry(TensorEntry):
    """Calls a model with a `Call`, and answers each request in its own form.

    Args:
        handler: takes the call and the context; returns outputs by name.
        declared: what it takes and gives.
        awaiting: where coroutines run.
    """

    def __init__(self, handler: EntryPoint, declared: Declared, awaiting: Awaiting) -> None:
        signature = declared.signature if declared.strict else replace(declared.signature, inputs=())
        super().__init__(self._called, signature, awaiting)
        self._model = handler
        self._declared = declared
        self._now: Message | None = None

    def rows(self, items: Sequence[RequestItem]) -> list[Row]:
        """Returns each request as a message, or what is wrong with it."""
        return [self._row(item) for item in items]

    def _row(self, item: RequestItem) -> Row:
        parts = {part.name: part for part in item.parts}
        part = next(
            (parts[name] for name in _PREFERRED if name in parts), item.parts[0] if item.parts else None
        )
        if part is None or part.content_type == MEDIA_TYPE:
            return tensor_rows([item])[0]
        fault = {"form": False}
        try:
            if part.content_type.startswith("text/") and self._takes_texts():
                document: Any = bytes(part.body).decode("utf-8")
            else:
                document = json.loads(bytes(part.body))
            if is_protocol(document):
                return tensor_rows([item])[0]
            asked = read_plain(document, self._declared)
        except TensorError as error:
            return {**fault, "fault": error}
        except (ValueError, RecursionError) as error:
            return {**fault, "fault": TensorError(f"body: {error} (expected: JSON)")}
        return {**fault, "message": asked.message, _ASKED: asked}

    def _takes_texts(self) -> bool:
        return any(spec.datatype == "BYTES" for spec in self._declared.inputs)

    def _key(self, index: int, row: dict[str, Any]) -> Any:
        if "fault" not in row:
            message: Message = row["message"]
            self._check(message)
            wanted = tuple(name for name, _ in message.requested)
            parameters = json.dumps(_own(message.parameters), sort_keys=True, default=str)
            return (super()._key(index, row), wanted, parameters)
        return super()._key(index, row)

    def _check(self, message: Message) -> None:
        """Checks what the signature does not: inputs of a model that takes other names and types."""
        declared = self._declared
        if declared.strict or not declared.inputs:
            return
        names = [tensor.name for tensor in message.tensors]
        if len(names) == 1 and names[0] not in declared.columns:
            _check_only(message.tensors[0], declared)
            return
        missing = [name for name in declared.columns if name not in names]
        if missing or not declared.columns:
            expected = ", ".join(declared.columns) or declared.inputs[0].name
            raise TensorError(f"inputs: {', '.join(names) or 'none'} (expected: {expected})")

    def _run(self, messages: Sequence[Message], context: Context) -> list[Any]:
        self._now = messages[0]
        try:
            return super()._run(messages, context)
        except PredictionException as fault:
            if len(messages) == 1:
                raise
            # The library complains of all rows when it minds those of one request.
            logger.debug("a batch of %d is asked again one by one: %s", len(messages), fault)
            return [self._alone(message, context) for message in messages]
        finally:
            self._now = None

    def _alone(self, message: Message, context: Context) -> Any:
        try:
            return super()._run([message], context)[0]
        except Exception as fault:
            return fault

    def _called(self, inputs: Any, context: Context) -> Any:
        asked = self._now
        wanted = [name for name, _ in asked.requested] if asked else []
        parameters = _own(asked.parameters) if asked else {}
        try:
            return self._model(Call(inputs, wanted, parameters), context)
        except (ValueError, TypeError) as fault:
            # A library's word on data that are of a right type and shape.
            raise PredictionException(f"{type(fault).__name__}: {fault}", 400) from fault

    def _answer(self, row: dict[str, Any], found: Any, context: Context) -> Any:
        asked: Asked | None = row.get(_ASKED)
        if asked is None or isinstance(found, Exception):
            return super()._answer(row, found, context)
        return TypedBody(write_plain(asked, found, self._declared.as_json), JSON_TYPE)


def _own(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """What is meant for the model, without what the protocol has for servers."""
    return {name: value for name, value in parameters.items() if name not in _OF_SERVERS}


def _check_only(tensor: Tensor, declared: Declared) -> None:
    spec = declared.inputs[0]
    if (tensor.datatype == "BYTES") != (spec.datatype == "BYTES"):
        raise TensorError(f'input "{tensor.name}": {tensor.datatype} (expected: {spec.datatype})')
    fits = len(tensor.shape) == len(spec.shape) and all(
        wanted in (-1, dim) for wanted, dim in zip(spec.shape, tensor.shape, strict=True)
    )
    if not fits:
        raise TensorError(
            f'input "{tensor.name}": shape {list(tensor.shape)} '
            f"(expected: {list(spec.shape)}, where -1 is any)"
        )
