"""Codecs: payloads of the protocol as things of Python's, by content type."""

from ts.compat.mlserver.codecs.base import (
    InputCodec,
    InputCodecLike,
    RequestCodec,
    RequestCodecLike,
    find_input_codec,
    find_input_codec_by_payload,
    find_request_codec,
    find_request_codec_by_payload,
    register_input_codec,
    register_request_codec,
)
from ts.compat.mlserver.codecs.base64 import Base64Codec
from ts.compat.mlserver.codecs.datetime import DatetimeCodec
from ts.compat.mlserver.codecs.decorator import decode_args
from ts.compat.mlserver.codecs.numpy import NumpyCodec, NumpyRequestCodec
from ts.compat.mlserver.codecs.pandas import PandasCodec
from ts.compat.mlserver.codecs.string import StringCodec, StringRequestCodec
from ts.compat.mlserver.codecs.utils import (
    DecodedParameterName,
    decode_inference_request,
    decode_request_input,
    encode_inference_response,
    encode_response_output,
    get_content_type,
    get_decoded,
    get_decoded_or_raw,
    has_decoded,
)
from ts.compat.mlserver.errors import CodecError

__all__ = [
    "Base64Codec",
    "CodecError",
    "DatetimeCodec",
    "DecodedParameterName",
    "InputCodec",
    "InputCodecLike",
    "NumpyCodec",
    "NumpyRequestCodec",
    "PandasCodec",
    "RequestCodec",
    "RequestCodecLike",
    "StringCodec",
    "StringRequestCodec",
    "decode_args",
    "decode_inference_request",
    "decode_request_input",
    "encode_inference_response",
    "encode_response_output",
    "find_input_codec",
    "find_input_codec_by_payload",
    "find_request_codec",
    "find_request_codec_by_payload",
    "get_content_type",
    "get_decoded",
    "get_decoded_or_raw",
    "has_decoded",
    "register_input_codec",
    "register_request_codec",
]
