"""Requests that are run together: joined along the first dimension, and their answers divided again."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ts.compat.mlserver.codecs.lists import flat
from ts.compat.mlserver.errors import InferenceError
from ts.compat.mlserver.types import (
    InferenceRequest,
    InferenceResponse,
    Parameters,
    RequestInput,
    ResponseOutput,
    TensorData,
)

_SINGLE = ("content_type", "headers")


def key_of(request: InferenceRequest) -> Any:
    """Returns what requests must have in common to be run together; None: it runs alone."""
    rows = {tensor.shape[0] if tensor.shape else None for tensor in request.inputs}
    if len(rows) != 1 or None in rows:
        return None
    return (
        _content_type(request),
        tuple((t.name, str(t.datatype), tuple(t.shape[1:]), _content_type(t)) for t in request.inputs),
        tuple(output.model_dump_json() for output in request.outputs or ()),
    )


def _content_type(said: RequestInput | InferenceRequest) -> str | None:
    return said.parameters.content_type if said.parameters else None


def rows_of(request: InferenceRequest) -> int:
    """Returns how many rows a request has."""
    return int(request.inputs[0].shape[0])


def merged(requests: Sequence[InferenceRequest]) -> InferenceRequest:
    """Returns requests of one key as one; parameters of inputs that have one name become a list."""
    first = requests[0]
    inputs = [_joined([request.inputs[index] for request in requests]) for index in range(len(first.inputs))]
    found = InferenceRequest.model_construct(id=first.id, inputs=inputs)
    parameters = _last([request.parameters for request in requests])
    if parameters is not None:
        found.parameters = parameters
    if first.outputs is not None:
        found.outputs = first.outputs
    return found


def _joined(tensors: Sequence[RequestInput]) -> RequestInput:
    first = tensors[0]
    held = [tensor.data.root for tensor in tensors]
    data: Any
    if all(isinstance(each, np.ndarray) for each in held):
        data = np.concatenate([each.reshape(-1) for each in held])
    else:
        data = [value for tensor in tensors for value in flat(tensor.data.plain())]
    shape = [sum(tensor.shape[0] for tensor in tensors), *first.shape[1:]]
    found = RequestInput.model_construct(
        name=first.name, shape=shape, datatype=first.datatype, data=TensorData.model_construct(data)
    )
    parameters = _together([tensor.parameters for tensor in tensors])
    if parameters is not None:
        found.parameters = parameters
    return found


def _last(parameters: Sequence[Parameters | None]) -> Parameters | None:
    """Parameters of requests as one: of those of one name the last counts."""
    values: dict[str, Any] = {}
    for said in parameters:
        values.update(said.model_dump() if said else {})
    return Parameters.model_validate(values) if values else None


def _together(parameters: Sequence[Parameters | None]) -> Parameters | None:
    """Parameters of inputs as one: those of one name become a list; one that only one input has is none."""
    values: dict[str, list[Any]] = defaultdict(list)
    for said in parameters:
        for name, value in (said.model_dump() if said else {}).items():
            values[name].append(value)
    found = {
        name: several[-1] if len(several) == 1 or name in _SINGLE else several
        for name, several in values.items()
    }
    return Parameters.model_validate(found) if found else None


def divided(answer: InferenceResponse, requests: Sequence[InferenceRequest]) -> list[InferenceResponse]:
    """Divides an answer among the requests that were merged.

    Raises:
        InferenceError: an output has not the rows that the inputs have; status 500.
    """
    rows = [rows_of(request) for request in requests]
    columns = [_parts(output, rows) for output in answer.outputs]
    found = []
    for index, request in enumerate(requests):
        one = answer.model_copy()
        one.id = request.id
        one.outputs = [column[index] for column in columns]
        if answer.parameters is not None:
            one.parameters = answer.parameters.model_copy()
        found.append(one)
    return found


def _parts(output: ResponseOutput, rows: Sequence[int]) -> list[ResponseOutput]:
    data = output.data.root
    held: Any = data.reshape(-1) if isinstance(data, np.ndarray) else list(flat(data))
    inner = math.prod(output.shape[1:])
    if not output.shape or output.shape[0] != sum(rows) or len(held) != sum(rows) * inner:
        fault = InferenceError(
            f'output "{output.name}": shape {output.shape} with {len(held)} elements '
            f"(expected: {sum(rows)} rows, as the inputs have)"
        )
        fault.status_code = 500
        raise fault
    found, at, first = [], 0, 0
    for count in rows:
        end = at + count * inner
        part = output.model_copy()
        part.shape = [count, *output.shape[1:]]
        part.data = TensorData.model_construct(held[at:end])
        part.parameters = _of_rows(output.parameters, first, sum(rows))
        found.append(part)
        at, first = end, first + count
    return found


class BatchedRequests:
    """Requests by ids of the caller's own, as one; runtimes for MLServer use it.

    Args:
        inference_requests: of one key, see `key_of`.

    Attributes:
        merged_request: all of them.
    """

    def __init__(self, inference_requests: Mapping[str, InferenceRequest]) -> None:
        self.inference_requests = dict(inference_requests)
        self.merged_request = merged(list(self.inference_requests.values()))

    def split_response(self, batched_response: InferenceResponse) -> dict[str, InferenceResponse]:
        """Returns the answers to them, by the same ids; raises InferenceError as `divided` does."""
        parts = divided(batched_response, list(self.inference_requests.values()))
        return dict(zip(self.inference_requests, parts, strict=True))


def _of_rows(parameters: Parameters | None, first: int, rows: int) -> Parameters | None:
    """What a request is told whose first row is this: of a list with an element for each row, its own."""
    if parameters is None:
        return None
    values = {
        name: value[first] if isinstance(value, list) and len(value) == rows else value
        for name, value in parameters.model_dump().items()
    }
    return Parameters.model_validate(values)
