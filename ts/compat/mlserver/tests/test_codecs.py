import datetime
from typing import Any

import numpy as np
import pytest

from ts.compat.mlserver.codecs import (
    Base64Codec,
    CodecError,
    DatetimeCodec,
    InputCodec,
    NumpyCodec,
    NumpyRequestCodec,
    PandasCodec,
    StringCodec,
    StringRequestCodec,
    find_input_codec,
    find_request_codec,
    register_input_codec,
)
from ts.compat.mlserver.types import InferenceRequest, InferenceResponse, Parameters, RequestInput


def an_input(**fields: Any) -> RequestInput:
    return RequestInput(**fields)


MOMENT = datetime.datetime(2024, 2, 29, 12, 30, tzinfo=datetime.timezone.utc)
PAYLOADS = [
    (NumpyCodec, np.arange(6, dtype="int32").reshape(2, 3)),
    (NumpyCodec, np.array([[1.5], [np.nan]], dtype="float32")),
    (NumpyCodec, np.array([[True, False]])),
    (NumpyCodec, np.zeros((0, 4), dtype="uint8")),
    (NumpyCodec, np.array([["a", "ö"]])),
    (StringCodec, ["a", "ö", ""]),
    (Base64Codec, [b"\x00\xff", b""]),
    (DatetimeCodec, [MOMENT]),
]


@pytest.mark.parametrize(("codec", "payload"), PAYLOADS)
def test_a_payload_comes_back_as_input_and_as_output(codec: Any, payload: Any) -> None:
    assert codec.can_encode(payload)
    tensor = codec.encode_input("x", payload)
    assert tensor.parameters.content_type == codec.ContentType
    np.testing.assert_array_equal(codec.decode_input(tensor), payload)
    np.testing.assert_array_equal(codec.decode_output(codec.encode_output("y", payload)), payload)


@pytest.mark.parametrize(("codec", "payload"), PAYLOADS)
def test_a_payload_comes_back_through_json(codec: Any, payload: Any) -> None:
    texts = {} if codec is NumpyCodec else {"use_bytes": False}
    sent = InferenceRequest(inputs=[codec.encode_input("x", payload, **texts)]).model_dump_json()
    received = InferenceRequest.model_validate_json(sent).inputs[0]
    np.testing.assert_array_equal(codec.decode_input(received), payload)


def test_one_dimension_is_a_column() -> None:
    assert NumpyCodec.encode_output("y", np.array([1, 2, 3])).shape == [3, 1]
    assert StringCodec.encode_output("y", ["a", "b"]).shape == [2, 1]


def test_not_a_number_is_null() -> None:
    sent = NumpyCodec.encode_input("x", np.array([1.0, np.nan])).model_dump_json()
    assert "[1.0,null]" in sent
    assert np.isnan(NumpyCodec.decode_input(RequestInput.model_validate_json(sent))[1, 0])


@pytest.mark.parametrize(
    ("shape", "datatype", "data"),
    [([3], "INT8", [1, 2]), ([1], "INT64", ["one"]), ([1], "INT8", [300]), ([2], "FP32", [[1], [2, 3]])],
)
def test_what_does_not_fit_names_the_tensor(shape: Any, datatype: Any, data: Any) -> None:
    tensor = an_input(name="x", shape=shape, datatype=datatype, data=data)
    with pytest.raises(CodecError, match=r'tensor "x": .* \(expected: '):
        NumpyCodec.decode_input(tensor)


def test_requests_of_one_input() -> None:
    array = np.array([[1.0, 2.0]])
    np.testing.assert_array_equal(
        NumpyRequestCodec.decode_request(NumpyRequestCodec.encode_request(array)), array
    )
    np.testing.assert_array_equal(
        NumpyRequestCodec.decode_response(NumpyRequestCodec.encode_response("m", array)), array
    )
    assert StringRequestCodec.decode_request(StringRequestCodec.encode_request(["a"])) == ["a"]


def test_two_inputs_are_too_many_for_one() -> None:
    two = InferenceRequest(
        inputs=[StringCodec.encode_input("a", ["a"]), StringCodec.encode_input("b", ["b"])]
    )
    with pytest.raises(CodecError, match=r"2 inputs \(a, b\) \(expected: 1\)"):
        NumpyRequestCodec.decode_request(two)


def test_data_frames_keep_their_columns() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(
        {
            "number": [1, 2],
            "ratio": [0.5, float("nan")],
            "text": ["a", "b"],
            "list": [[1, 2], [3]],
        }
    )
    request = InferenceRequest.model_validate_json(PandasCodec.encode_request(frame).model_dump_json())
    assert [tensor.shape for tensor in request.inputs] == [[2, 1]] * 4
    pandas.testing.assert_frame_equal(PandasCodec.decode_request(request), frame, check_dtype=False)
    answer = PandasCodec.encode_response("m", frame)
    assert isinstance(answer, InferenceResponse)
    pandas.testing.assert_frame_equal(PandasCodec.decode_response(answer), frame, check_dtype=False)


def test_a_column_is_decoded_by_its_content_type() -> None:
    pytest.importorskip("pandas")
    column = an_input(
        name="when",
        shape=[1],
        datatype="BYTES",
        data=["2024-02-29T12:30:00Z"],
        parameters=Parameters(content_type="datetime"),
    )
    assert PandasCodec.decode_request(InferenceRequest(inputs=[column]))["when"][0] == MOMENT


def test_pd_is_known_from_the_start() -> None:
    assert find_request_codec("pd") is PandasCodec
    assert find_request_codec("pd; charset=utf-8") is PandasCodec


def test_an_unknown_content_type_names_the_known_ones() -> None:
    with pytest.raises(CodecError, match=r"'nq' \(expected: .*base64, .*np"):
        find_input_codec("nq")


def test_own_codecs_are_found() -> None:
    @register_input_codec
    class Pair(InputCodec):
        ContentType = "pair"
        TypeHint = complex

        @classmethod
        def can_encode(cls, payload: Any) -> Any:
            return isinstance(payload, complex)

    assert find_input_codec("pair") is Pair
    assert find_input_codec(payload=1j) is Pair
    assert find_input_codec(type_hint=complex) is Pair
