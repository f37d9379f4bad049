"""What codecs are, and which there are."""

from __future__ import annotations

from typing import Any, ClassVar, TypeVar

from ts.compat.mlserver.errors import CodecError
from ts.compat.mlserver.types import InferenceRequest, InferenceResponse, RequestInput, ResponseOutput


class InputCodec:
    """Turns one input or output into something of Python's, and back.

    Attributes:
        ContentType: its name in requests.
        TypeHint: what it makes, for arguments that say their type.
    """

    ContentType: ClassVar[str] = ""
    TypeHint: ClassVar[Any] = type(None)

    @classmethod
    def can_encode(cls, payload: Any) -> bool:
        """Tells whether the payload is this codec's."""
        return False

    @classmethod
    def encode_output(cls, name: str, payload: Any, **kwargs: Any) -> ResponseOutput:
        """Returns a payload as an output."""
        raise NotImplementedError(f"{cls.__name__}.encode_output")

    @classmethod
    def decode_output(cls, response_output: ResponseOutput) -> Any:
        """Returns what an output holds."""
        raise NotImplementedError(f"{cls.__name__}.decode_output")

    @classmethod
    def encode_input(cls, name: str, payload: Any, **kwargs: Any) -> RequestInput:
        """Returns a payload as an input."""
        raise NotImplementedError(f"{cls.__name__}.encode_input")

    @classmethod
    def decode_input(cls, request_input: RequestInput) -> Any:
        """Returns what an input holds."""
        raise NotImplementedError(f"{cls.__name__}.decode_input")


class RequestCodec:
    """Turns all inputs, or all outputs, into one thing of Python's, and back; see `InputCodec`."""

    ContentType: ClassVar[str] = ""
    TypeHint: ClassVar[Any] = type(None)

    @classmethod
    def can_encode(cls, payload: Any) -> bool:
        """Tells whether the payload is this codec's."""
        return False

    @classmethod
    def encode_response(
        cls, model_name: str, payload: Any, model_version: str | None = None, **kwargs: Any
    ) -> InferenceResponse:
        """Returns a payload as an answer."""
        raise NotImplementedError(f"{cls.__name__}.encode_response")

    @classmethod
    def decode_response(cls, response: InferenceResponse) -> Any:
        """Returns what an answer holds."""
        raise NotImplementedError(f"{cls.__name__}.decode_response")

    @classmethod
    def encode_request(cls, payload: Any, **kwargs: Any) -> InferenceRequest:
        """Returns a payload as a request."""
        raise NotImplementedError(f"{cls.__name__}.encode_request")

    @classmethod
    def decode_request(cls, request: InferenceRequest) -> Any:
        """Returns what a request holds."""
        raise NotImplementedError(f"{cls.__name__}.decode_request")


InputCodecLike = type[InputCodec]
RequestCodecLike = type[RequestCodec]
_Codec = TypeVar("_Codec", InputCodecLike, RequestCodecLike)


class Registry:
    """The codecs by content type; of two of one content type the later one is used."""

    def __init__(self) -> None:
        self._inputs: dict[str, InputCodecLike] = {}
        self._requests: dict[str, RequestCodecLike] = {}

    def add_input(self, codec: InputCodecLike) -> None:
        """Adds a codec of single tensors."""
        self._inputs[codec.ContentType] = codec

    def add_request(self, codec: RequestCodecLike) -> None:
        """Adds a codec of requests."""
        self._requests[codec.ContentType] = codec

    def find_input_codec(
        self, content_type: str | None = None, payload: Any = None, type_hint: Any = None
    ) -> InputCodecLike | None:
        """Returns the codec of a content type, a payload or a type, or None.

        Raises:
            CodecError: the content type is neither a tensor's nor a request's.
        """
        return _found(self._inputs, self._requests, content_type, payload, type_hint)

    def find_request_codec(
        self, content_type: str | None = None, payload: Any = None, type_hint: Any = None
    ) -> RequestCodecLike | None:
        """Returns the codec of a content type, a payload or a type, or None.

        Raises:
            CodecError: the content type is neither a tensor's nor a request's.
        """
        return _found(self._requests, self._inputs, content_type, payload, type_hint)


def _found(
    codecs: dict[str, _Codec],
    others: dict[str, Any],
    content_type: str | None,
    payload: Any,
    type_hint: Any,
) -> _Codec | None:
    if content_type is not None:
        # A type may carry what HTTP's carry: `application/json; charset=utf-8`.
        name = content_type.partition(";")[0].strip()
        if name not in codecs and name not in others:
            known = ", ".join(sorted({*codecs, *others}))
            raise CodecError(f"content_type: {content_type!r} (expected: {known})")
        return codecs.get(name)
    if payload is not None:
        return next((codec for codec in codecs.values() if codec.can_encode(payload)), None)
    if type_hint is not None:
        return next((codec for codec in codecs.values() if codec.TypeHint == type_hint), None)
    return None


registry = Registry()
find_input_codec = registry.find_input_codec
find_request_codec = registry.find_request_codec


def find_input_codec_by_payload(payload: Any) -> InputCodecLike | None:
    """Returns the codec of single tensors that encodes a payload, or None."""
    return registry.find_input_codec(payload=payload)


def find_request_codec_by_payload(payload: Any) -> RequestCodecLike | None:
    """Returns the codec of requests that encodes a payload, or None."""
    return registry.find_request_codec(payload=payload)


def register_input_codec(codec: InputCodecLike) -> InputCodecLike:
    """Makes a codec known by its content type; a decorator."""
    registry.add_input(codec)
    return codec


def register_request_codec(codec: RequestCodecLike) -> RequestCodecLike:
    """Makes a codec known by its content type; a decorator."""
    registry.add_request(codec)
    return codec
