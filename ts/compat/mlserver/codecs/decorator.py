"""`decode_args`: `predict` with arguments of Python's instead of a request."""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import Callable, Coroutine
from typing import Any

from ts.compat.mlserver.codecs.base import (
    InputCodecLike,
    RequestCodecLike,
    find_input_codec,
    find_request_codec,
)
from ts.compat.mlserver.codecs.utils import get_content_type
from ts.compat.mlserver.errors import CodecError, InferenceError
from ts.compat.mlserver.types import InferenceRequest, InferenceResponse, RequestInput, ResponseOutput

Predict = Callable[[Any, InferenceRequest], Coroutine[Any, Any, InferenceResponse]]


def _plain_hint(hint: Any) -> Any:
    """Returns a hint as codecs name it: `List[str]` as `list[str]`, an array of any type as an array."""
    import numpy

    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is numpy.ndarray:
        return numpy.ndarray
    if origin is list and len(arguments) == 1:
        return list[arguments[0]]  # type: ignore[valid-type]
    return hint


def _optional(hint: Any) -> tuple[Any, bool]:
    arguments = typing.get_args(hint)
    if type(None) in arguments:
        rest = [each for each in arguments if each is not type(None)]
        if len(rest) == 1:
            return rest[0], True
    return hint, False


class _Signature:
    """How a method's arguments are found in a request, and its results written into an answer."""

    def __init__(self, method: Callable[..., Any]) -> None:
        hints = typing.get_type_hints(method)
        returned = hints.pop("return", None)
        self._defaults = {
            name
            for name, each in inspect.signature(method).parameters.items()
            if each.default is not each.empty
        }
        self._inputs: dict[str, tuple[InputCodecLike, bool]] = {}
        self._request: tuple[str, RequestCodecLike] | None = None
        for name, hint in hints.items():
            self._add(name, *_optional(hint), alone=len(hints) == 1)
        self._outputs, self._response = self._results(returned)

    def _add(self, name: str, hint: Any, optional: bool, alone: bool) -> None:
        codec = find_input_codec(type_hint=_plain_hint(hint))
        if codec is not None:
            self._inputs[name] = (codec, optional or name in self._defaults)
            return
        request_codec = find_request_codec(type_hint=_plain_hint(hint))
        if request_codec is None or not alone:
            raise CodecError(f"argument {name!r}: {hint} (expected: the type of a codec)")
        self._request = (name, request_codec)

    @staticmethod
    def _results(hint: Any) -> tuple[list[InputCodecLike], RequestCodecLike | None]:
        if hint is None or hint is InferenceResponse:
            return [], None
        several = typing.get_args(hint) if typing.get_origin(hint) is tuple else (hint,)
        codecs = [find_input_codec(type_hint=_plain_hint(each)) for each in several]
        found = [codec for codec in codecs if codec is not None]
        if len(found) == len(codecs):
            return found, None
        whole = find_request_codec(type_hint=_plain_hint(hint))
        if whole is None:
            raise CodecError(f"result: {hint} (expected: types of codecs)")
        return [], whole

    def arguments(self, request: InferenceRequest, metadata: Any) -> dict[str, Any]:
        """Returns the method's arguments.

        Raises:
            InferenceError: one is missing, or there is one too many.
        """
        if self._request is not None:
            name, codec = self._request
            return {name: codec.decode_request(request)}
        found = {}
        for tensor in request.inputs:
            if tensor.name not in self._inputs:
                raise InferenceError(f'input "{tensor.name}" (expected: {", ".join(self._inputs)})')
            found[tensor.name] = self._decoded(tensor, metadata.get(tensor.name))
        for name, (_, optional) in self._inputs.items():
            if name not in found and not optional:
                raise InferenceError(f'input "{name}" is missing (expected: {", ".join(self._inputs)})')
            if name not in found and name not in self._defaults:
                found[name] = None
        return found

    def _decoded(self, tensor: RequestInput, metadata: Any) -> Any:
        said = get_content_type(tensor, metadata)
        codec = None if said is None else find_input_codec(said)
        return (codec or self._inputs[tensor.name][0]).decode_input(tensor)

    def answer(self, result: Any, request: InferenceRequest, model: Any) -> InferenceResponse:
        """Returns the method's result as an answer."""
        if isinstance(result, InferenceResponse):
            return result
        if self._response is not None:
            return self._response.encode_response(model.name, result, model.version)
        results = result if isinstance(result, tuple) else (result,)
        names = [output.name for output in request.outputs or []]
        outputs = [self._output(i, value, names) for i, value in enumerate(results)]
        return InferenceResponse(model_name=model.name, model_version=model.version, outputs=outputs)

    def _output(self, index: int, value: Any, names: list[str]) -> ResponseOutput:
        codec = self._outputs[index] if index < len(self._outputs) else find_input_codec(payload=value)
        if codec is None:
            raise CodecError(f"result: {type(value).__name__} (expected: the type of a codec)")
        return codec.encode_output(names[index] if index < len(names) else f"output-{index}", value)


def decode_args(predict: Callable[..., Any]) -> Predict:
    """Lets `predict` take its inputs as arguments, decoded by their types, and return what they should be."""
    signature: list[_Signature] = []

    @functools.wraps(predict)
    async def decoded(self: Any, request: InferenceRequest) -> InferenceResponse:
        if not signature:
            # Codecs may be registered, and names of types defined, after the class.
            signature.append(_Signature(predict))
        metadata = {tensor.name: tensor for tensor in getattr(self, "inputs", None) or []}
        arguments = signature[0].arguments(request, metadata)
        return signature[0].answer(await predict(self, **arguments), request, self)

    return decoded
