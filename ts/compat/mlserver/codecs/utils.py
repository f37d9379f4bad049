"""Payloads of requests and answers by their content types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ts.compat.mlserver.codecs.base import (
    InputCodecLike,
    RequestCodecLike,
    find_input_codec,
    find_request_codec,
)
from ts.compat.mlserver.codecs.decoding import (
    DecodedParameterName,
    get_decoded,
    get_decoded_or_raw,
    has_decoded,
    set_decoded,
)
from ts.compat.mlserver.codecs.lists import as_list, is_list_of
from ts.compat.mlserver.codecs.single import SingleInputRequestCodec
from ts.compat.mlserver.types import (
    InferenceRequest,
    InferenceResponse,
    MetadataTensor,
    Parameters,
    RequestInput,
    RequestOutput,
    ResponseOutput,
)

Parametrised = RequestInput | ResponseOutput | RequestOutput | InferenceRequest | InferenceResponse
Metadata = Mapping[str, MetadataTensor]


# Runtimes for MLServer import it by this name.
_save_decoded = set_decoded


def inject_batch_dimension(shape: list[int]) -> list[int]:
    """Returns a shape of at least two dimensions: one dimension is a column."""
    return shape if len(shape) > 1 else [*shape, 1]


def get_content_type(request: Any, metadata: Any = None) -> str | None:
    """Returns the content type that a message says, else the one that metadata says, else None."""
    for said in (request, metadata):
        parameters = getattr(said, "parameters", None)
        found = getattr(parameters, "content_type", None)
        if found:
            return str(found)
    return None


def decode_request_input(request_input: RequestInput, metadata_inputs: Metadata | None = None) -> Any:
    """Decodes an input by its content type, or by the model's; None where neither says one.

    Raises:
        CodecError: the content type is unknown, or the input does not have it.
    """
    content_type = get_content_type(request_input, (metadata_inputs or {}).get(request_input.name))
    codec = None if content_type is None else find_input_codec(content_type)
    return None if codec is None else codec.decode_input(request_input)


def decode_inference_request(
    inference_request: InferenceRequest, model_settings: Any = None, metadata_inputs: Metadata | None = None
) -> Any:
    """Decodes all inputs that have a content type, then the request by its own, or the model's.

    Returns:
        What the request's codec makes; None where no content type is said.
    """
    for tensor in inference_request.inputs:
        if not has_decoded(tensor):
            decoded = decode_request_input(tensor, metadata_inputs)
            if decoded is not None:
                set_decoded(tensor, decoded)
    content_type = get_content_type(inference_request, model_settings)
    codec = None if content_type is None else find_request_codec(content_type)
    return None if codec is None else codec.decode_request(inference_request)


def encode_response_output(
    payload: Any, request_output: RequestOutput, metadata_outputs: Metadata | None = None
) -> ResponseOutput | None:
    """Encodes a payload by the content type that is asked for, else the model's, else by what it is; None
    where no codec knows it.
    """
    content_type = get_content_type(request_output, (metadata_outputs or {}).get(request_output.name))
    codec: InputCodecLike | None
    codec = find_input_codec(payload=payload) if content_type is None else find_input_codec(content_type)
    return None if codec is None else codec.encode_output(request_output.name, payload)


def encode_inference_response(payload: Any, model_settings: Any) -> InferenceResponse | None:
    """Encodes a payload by what it is; None where no codec knows it.

    Args:
        payload: of a whole answer.
        model_settings: name and version of the model.
    """
    codec: RequestCodecLike | None = find_request_codec(payload=payload)
    if codec is None:
        return None
    return codec.encode_response(model_settings.name, payload, model_settings.version)


__all__ = [
    "DecodedParameterName",
    "Parameters",
    "SingleInputRequestCodec",
    "as_list",
    "decode_inference_request",
    "decode_request_input",
    "encode_inference_response",
    "encode_response_output",
    "get_content_type",
    "get_decoded",
    "get_decoded_or_raw",
    "has_decoded",
    "inject_batch_dimension",
    "is_list_of",
    "set_decoded",
]
