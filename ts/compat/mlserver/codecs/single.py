"""Requests of one input, by the codec of that input."""

from __future__ import annotations

from typing import Any, ClassVar

from ts.compat.mlserver.codecs import base
from ts.compat.mlserver.codecs.decoding import get_decoded_or_raw
from ts.compat.mlserver.errors import CodecError
from ts.compat.mlserver.types import InferenceRequest, InferenceResponse, Parameters

DefaultInputName = "input-1"
DefaultOutputName = "output-1"


class SingleInputRequestCodec(base.RequestCodec):
    """Reads the first tensor only; a base of codecs.

    Attributes:
        InputCodec: of that tensor.
    """

    InputCodec: ClassVar[type[base.InputCodec]]

    @classmethod
    def can_encode(cls, payload: Any) -> bool:
        """See `RequestCodec`."""
        return cls.InputCodec.can_encode(payload)

    @classmethod
    def encode_response(
        cls, model_name: str, payload: Any, model_version: str | None = None, **kwargs: Any
    ) -> InferenceResponse:
        """See `RequestCodec`."""
        return InferenceResponse(
            model_name=model_name,
            model_version=model_version,
            parameters=Parameters(content_type=cls.ContentType),
            outputs=[cls.InputCodec.encode_output(DefaultOutputName, payload, **kwargs)],
        )

    @classmethod
    def decode_response(cls, response: InferenceResponse) -> Any:
        """See `RequestCodec`."""
        if len(response.outputs) != 1:
            raise CodecError(f"{cls.ContentType}: {len(response.outputs)} outputs (expected: 1)")
        return cls.InputCodec.decode_output(response.outputs[0])

    @classmethod
    def encode_request(cls, payload: Any, **kwargs: Any) -> InferenceRequest:
        """See `RequestCodec`."""
        return InferenceRequest(
            inputs=[cls.InputCodec.encode_input(DefaultInputName, payload, **kwargs)],
            parameters=Parameters(content_type=cls.ContentType),
        )

    @classmethod
    def decode_request(cls, request: InferenceRequest) -> Any:
        """See `RequestCodec`."""
        if len(request.inputs) != 1:
            names = ", ".join(tensor.name for tensor in request.inputs)
            raise CodecError(
                f"content type {cls.ContentType}: {len(request.inputs)} inputs ({names}) (expected: 1)"
            )
        first = request.inputs[0]
        decoded = get_decoded_or_raw(first)
        # Decoded by its own content type already, or not at all.
        return cls.InputCodec.decode_input(first) if decoded is first.data else decoded
