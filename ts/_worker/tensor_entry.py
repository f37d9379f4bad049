"""The way of a batch through a model that takes tensors: requests of one key are joined, run together, and
their outputs divided again.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping, Sequence
from typing import Any

from ts._wire.messages import ErrorCode, RequestItem
from ts._worker.arrays import as_numpy, as_torch, of_array
from ts._worker.model import Awaiting, EntryPoint
from ts._worker.outcome import Failure, WrongOutput
from ts._worker.outputs import JSON_TYPE, TypedBody
from ts._worker.signature import Signature
from ts._worker.tensor_reader import read_form, read_text
from ts._worker.tensors import (
    MEDIA_TYPE,
    Message,
    Tensor,
    TensorError,
    key_of,
    merged,
    plain,
    split,
    write_form,
)
from ts.context import Context
from ts.utils.util import PredictionException

_BAD_REQUEST = 400
_PREFERRED = ("body", "data")
Rows = list[dict[str, Any]]
_FORM, _MESSAGE, _FAULT = "form", "message", "fault"


def tensor_rows(items: Sequence[RequestItem]) -> Rows:
    """Returns each request as a message, or what is wrong with it."""
    return [_row(item) for item in items]


def _row(item: RequestItem) -> dict[str, Any]:
    parts = {part.name: part for part in item.parts}
    part = next((parts[name] for name in _PREFERRED if name in parts), item.parts[0] if item.parts else None)
    is_form = part is not None and part.content_type == MEDIA_TYPE
    try:
        if part is None:
            raise TensorError("body: nothing (expected: a JSON object)")
        return {_FORM: is_form, _MESSAGE: read_form(part.body) if is_form else read_text(part.body)}
    except TensorError as fault:
        return {_FORM: is_form, _FAULT: fault}


class TensorEntry:
    """Calls a handler with arrays by name instead of rows.

    Args:
        handler: takes the arrays and the context; returns the outputs by name, in the order that is declared,
            or the only one.
        signature: what the model takes and gives.
        awaiting: where coroutines run.
    """

    def __init__(self, handler: EntryPoint, signature: Signature, awaiting: Awaiting) -> None:
        self._handler = handler
        self._signature = signature
        self._awaiting = awaiting
        self._arrays = as_torch if signature.framework == "torch" else as_numpy

    def handle(self, rows: Rows, context: Context) -> list[Any]:
        """Returns one answer for each request; an exception for one that has none."""
        answers: list[Any] = [None] * len(rows)
        groups: dict[Any, list[int]] = {}
        for index, row in enumerate(rows):
            try:
                groups.setdefault(self._key(index, row), []).append(index)
            except TensorError as fault:
                answers[index] = PredictionException(str(fault), _BAD_REQUEST)
        for indices in groups.values():
            messages = [rows[index][_MESSAGE] for index in indices]
            try:
                outputs = self._run(messages, context)
            except Exception as fault:
                if len(indices) == len(rows):
                    raise
                outputs = [fault] * len(indices)
            for index, found in zip(indices, outputs, strict=True):
                answers[index] = self._answer(rows[index], found, context)
        return answers

    def _key(self, index: int, row: dict[str, Any]) -> Any:
        if _FAULT in row:
            raise row[_FAULT]
        message: Message = row[_MESSAGE]
        self._signature.check(message)
        if not self._signature.batches:
            return index
        rows = {tensor.shape[0] if tensor.shape else None for tensor in message.tensors}
        # Inputs that do not agree in their rows have none to be divided by.
        return key_of(message) if len(rows) == 1 and None not in rows else index

    def _run(self, messages: Sequence[Message], context: Context) -> list[Any]:
        try:
            inputs = {tensor.name: self._arrays(tensor) for tensor in merged(messages)}
        except TensorError as fault:
            raise PredictionException(str(fault), _BAD_REQUEST) from fault
        answer = self._awaiting.result(self._handler(inputs, context))
        try:
            outputs = [of_array(name, value, kind) for name, value, kind in self._named(answer)]
            if len(messages) == 1:
                return [outputs]
            rows = [message.tensors[0].shape[0] for message in messages]
            parts = [split(output, rows) for output in outputs]
        except TensorError as fault:
            raise WrongOutput(Failure(ErrorCode.OUTPUT_TYPE, str(fault))) from fault
        return [list(part) for part in zip(*parts, strict=True)] if parts else [[] for _ in messages]

    def _named(self, answer: Any) -> list[tuple[str, Any, str | None]]:
        declared = self._signature.outputs
        if isinstance(answer, Generator):
            answer.close()
            raise TensorError("output: a generator (expected: arrays; a model with tensors streams nothing)")
        if isinstance(answer, Mapping):
            kinds = {spec.name: spec.datatype for spec in declared}
            unknown = [str(name) for name in answer if kinds and name not in kinds]
            if unknown:
                raise TensorError(f'output "{unknown[0]}" is not declared (expected: {", ".join(kinds)})')
            return [(str(name), value, kinds.get(name)) for name, value in answer.items()]
        values = list(answer) if isinstance(answer, (list, tuple)) else [answer]
        if len(values) != len(declared):
            raise TensorError(
                f"output: {len(values)} arrays (expected: {len(declared)}, as tensors: outputs declares, "
                "or arrays by name)"
            )
        return [(spec.name, value, spec.datatype) for spec, value in zip(declared, values, strict=True)]

    def _answer(self, row: dict[str, Any], found: Any, context: Context) -> Any:
        if isinstance(found, Exception):
            return found
        asked: Message = row[_MESSAGE]
        try:
            outputs = wanted_of(asked, found)
        except TensorError as fault:
            return PredictionException(str(fault), _BAD_REQUEST)
        return answer_of(asked, outputs, row[_FORM], context)


def answer_of(asked: Message, outputs: list[Tensor], is_form: bool, context: Context) -> TypedBody:
    """Writes an answer in the form of its request."""
    answer = Message(
        outputs,
        asked.id,
        asked.model_name or context.model_name,
        asked.model_version or _version(context),
    )
    if is_form:
        return TypedBody(write_form(answer), MEDIA_TYPE)
    text = json.dumps(plain(answer), separators=(",", ":"), allow_nan=False)
    return TypedBody(text.encode("utf-8"), JSON_TYPE)


def wanted_of(asked: Message, outputs: list[Tensor]) -> list[Tensor]:
    """Returns the outputs that a request names, in its order; it names none: all.

    Raises:
        TensorError: one does not exist.
    """
    if not asked.requested:
        return outputs
    known = {output.name: output for output in outputs}
    for name, _ in asked.requested:
        if name not in known:
            raise TensorError(f'output "{name}" is unknown (expected: {", ".join(known)})')
    return [known[name] for name, _ in asked.requested]


def _version(context: Context) -> str | None:
    described = (context.manifest or {}).get("model") or {}
    version = described.get("modelVersion")
    return None if version is None else str(version)
