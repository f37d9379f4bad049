"""Requests and answers between the frontend and `MLModel`: the protocol's JSON, or tensors as bytes."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import orjson
import pydantic

from ts._wire.messages import RequestItem
from ts._worker.arrays import as_numpy, of_array
from ts._worker.outputs import JSON_TYPE, TypedBody
from ts._worker.tensor_reader import read_form
from ts._worker.tensors import MEDIA_TYPE, Message, Tensor, TensorError, elements, of_elements, write_form
from ts.compat.mlserver.codecs.lists import flat
from ts.compat.mlserver.errors import MLServerError
from ts.compat.mlserver.types import (
    InferenceRequest,
    InferenceResponse,
    Parameters,
    RequestInput,
    RequestOutput,
    ResponseOutput,
    TensorData,
)
from ts.utils.util import PredictionException

UNPROCESSABLE = 422
_PLAIN_KINDS = "iub"
_FLOATS = (4, 8)


class SchemaError(Exception):
    """A request is not what the protocol says.

    Args:
        detail: what is wrong where, as FastAPI lists it.
    """

    def __init__(self, detail: list[dict[str, Any]]) -> None:
        first = detail[0]
        where = ".".join(str(step) for step in first["loc"])
        more = f" (and {len(detail) - 1} more)" if len(detail) > 1 else ""
        super().__init__(f"{where}: {first['msg']}{more}")
        self.detail = detail


def is_form(item: RequestItem) -> bool:
    """Tells whether a request came as tensors with bytes."""
    return bool(item.parts) and item.parts[0].content_type == MEDIA_TYPE


def read(item: RequestItem) -> InferenceRequest:
    """Reads a request.

    Raises:
        SchemaError: it is not what the protocol says.
    """
    body = item.parts[0].body if item.parts else b""
    if is_form(item):
        return _of_message(read_form(body))
    try:
        found = orjson.loads(body)
    except ValueError as fault:
        at = getattr(fault, "pos", 0)
        raise SchemaError(
            [{"type": "json_invalid", "loc": ["body", at], "msg": f"JSON decode error: {fault}"}]
        ) from fault
    try:
        return InferenceRequest.model_validate(found)
    except pydantic.ValidationError as fault:
        listed = json.loads(fault.json(include_url=False, include_input=False))
        raise SchemaError([{**one, "loc": ["body", *one["loc"]]} for one in listed]) from fault


def _of_message(message: Message) -> InferenceRequest:
    """The frontend has checked it: nothing is checked again."""
    request = InferenceRequest.model_construct(inputs=[_input(tensor) for tensor in message.tensors])
    if message.id is not None:
        request.id = message.id
    if message.parameters:
        request.parameters = Parameters.model_validate(message.parameters)
    if message.requested:
        request.outputs = [
            RequestOutput(name=name, parameters=Parameters.model_validate(said) if said else None)
            for name, said in message.requested
        ]
    return request


def _input(tensor: Tensor) -> RequestInput:
    values: Any = elements(tensor) if tensor.datatype == "BYTES" else as_numpy(tensor).reshape(-1)
    fields: dict[str, Any] = {
        "name": tensor.name,
        "shape": list(tensor.shape),
        "datatype": tensor.datatype,
        "data": TensorData.model_construct(values),
    }
    if tensor.parameters:
        fields["parameters"] = Parameters.model_validate(tensor.parameters)
    return RequestInput.model_construct(**fields)


def written(answer: InferenceResponse, as_form: bool) -> TypedBody:
    """Returns an answer as it goes to the frontend.

    Raises:
        MLServerError: an output can't be written; status 500.
    """
    if as_form:
        return TypedBody(write_form(_to_message(answer)), MEDIA_TYPE)
    return TypedBody(json_answer(answer), JSON_TYPE)


def json_answer(answer: InferenceResponse) -> bytes:
    """Returns an answer as JSON; numbers that JSON has no form for are null.

    Raises:
        MLServerError: an output can't be written; status 500.
    """
    try:
        return _json(answer, _text_of)
    except orjson.JSONEncodeError:
        pass
    try:
        return _json(_in_base64(answer), _text_of)
    except orjson.JSONEncodeError as fault:
        raise MLServerError(f"outputs: {fault} (expected: what JSON can hold)", 500) from fault


def _json(answer: InferenceResponse, default: Any) -> bytes:
    found: dict[str, Any] = {
        "model_name": answer.model_name,
        "model_version": answer.model_version,
        "id": answer.id,
        "parameters": _parameters(answer.parameters),
        "outputs": [_output(output) for output in answer.outputs],
    }
    said = {name: value for name, value in found.items() if value is not None}
    return orjson.dumps(said, default, orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS)


def _output(output: ResponseOutput) -> dict[str, Any]:
    found: dict[str, Any] = {"name": output.name, "shape": output.shape, "datatype": output.datatype}
    parameters = _parameters(output.parameters)
    if parameters is not None:
        found["parameters"] = parameters
    data = output.data.root
    if isinstance(data, np.ndarray) and not _is_native(data):
        data = data.tolist()
    found["data"] = data
    return found


def _is_native(array: np.ndarray[Any, Any]) -> bool:
    """Whether the JSON writer takes an array as it is."""
    dtype = array.dtype
    known = dtype.kind in _PLAIN_KINDS or (dtype.kind == "f" and dtype.itemsize in _FLOATS)
    return known and dtype.isnative and bool(array.flags.c_contiguous)


def _parameters(parameters: Parameters | None) -> dict[str, Any] | None:
    return None if parameters is None else parameters.model_dump() or None


def _text_of(value: Any) -> Any:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).decode("utf-8")
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _in_base64(answer: InferenceResponse) -> InferenceResponse:
    """Elements that are no text go in base64, and their output says so."""
    outputs = []
    for output in answer.outputs:
        held = list(flat(output.data.plain()))
        if str(output.datatype) == "BYTES" and any(_is_no_text(each) for each in held):
            said = output.parameters.model_dump() if output.parameters else {}
            output = ResponseOutput(
                name=output.name,
                shape=output.shape,
                datatype=output.datatype,
                parameters=Parameters.model_validate({**said, "content_type": "base64"}),
                data=TensorData([base64.b64encode(_as_bytes(each)).decode("ascii") for each in held]),
            )
        outputs.append(output)
    changed = answer.model_copy()
    changed.outputs = outputs
    return changed


def _is_no_text(value: Any) -> bool:
    try:
        return isinstance(value, bytes) and value.decode("utf-8") is None
    except UnicodeDecodeError:
        return True


def _as_bytes(value: Any) -> bytes:
    return value.encode("utf-8") if isinstance(value, str) else bytes(value)


def _to_message(answer: InferenceResponse) -> Message:
    return Message(
        [tensor_of(output) for output in answer.outputs],
        answer.id,
        answer.model_name,
        answer.model_version,
        _parameters(answer.parameters) or {},
    )


def tensor_of(output: RequestInput | ResponseOutput) -> Tensor:
    """Returns an input or output with its elements as bytes.

    Raises:
        MLServerError: they are not of its type and shape; status 500.
    """
    datatype, shape = str(output.datatype), tuple(output.shape)
    try:
        if datatype == "BYTES":
            tensor = of_elements(output.name, shape, [_element(each) for each in flat(output.data.plain())])
        else:
            held: Any = output.data.root
            if not isinstance(held, np.ndarray):
                held = [np.nan if each is None else each for each in flat(held)]
            tensor = of_array(output.name, np.asarray(held).reshape(shape), datatype)
    except (TensorError, TypeError, ValueError) as fault:
        noun = "input" if isinstance(output, RequestInput) else "output"
        kind = f"{datatype} of shape {list(shape)}"
        raise MLServerError(f'{noun} "{output.name}": {fault} (expected: {kind})', 500) from fault
    tensor.parameters = _parameters(output.parameters) or {}
    return tensor


def _element(value: Any) -> bytes | str:
    if isinstance(value, (bytes, str)):
        return value
    raise TypeError(f"{type(value).__name__} among its elements")


def refusal(fault: Exception, as_form: bool) -> tuple[int, TypedBody] | PredictionException | Exception:
    """Returns how the client is told of a fault.

    Args:
        fault: of the request or the model.
        as_form: whether the request came as tensors with bytes.

    Returns:
        A status and a body; or an exception that the frontend tells in its own words.
    """
    if isinstance(fault, SchemaError):
        if as_form:
            return PredictionException(str(fault), UNPROCESSABLE)
        text = orjson.dumps({"error": str(fault), "detail": fault.detail})
        return UNPROCESSABLE, TypedBody(text, JSON_TYPE)
    if isinstance(fault, MLServerError):
        return PredictionException(str(fault), fault.status_code)
    return fault


def headers_for(answer: InferenceResponse) -> Mapping[str, str]:
    """Takes the headers out of an answer's parameters."""
    parameters = answer.parameters
    if parameters is None or not parameters.headers:
        return {}
    headers = {str(name): str(value) for name, value in parameters.headers.items()}
    parameters.headers = None
    return headers
