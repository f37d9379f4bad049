import json
from typing import Any

import numpy as np
import pytest

from ts._wire.messages import Part, RequestItem
from ts._worker.tensor_reader import read_form
from ts._worker.tensors import MEDIA_TYPE, Message, Tensor, of_elements, write_form
from ts.compat.mlserver import wire
from ts.compat.mlserver.codecs import Base64Codec, NumpyCodec, StringCodec
from ts.compat.mlserver.errors import MLServerError
from ts.compat.mlserver.types import InferenceResponse, Parameters
from ts.utils.util import PredictionException


def item(body: bytes, content_type: str = "application/json") -> RequestItem:
    return RequestItem(1, 0, 0, 0, "", "", 0, b"", [Part("body", content_type, bytearray(body))])


def form() -> bytes:
    numbers = Tensor("x", "FP32", (2, 1), np.array([1.5, 2.5], dtype="<f4").tobytes(), {"content_type": "np"})
    texts = of_elements("words", (1,), [b"\xff"])
    return write_form(Message([numbers, texts], id="7", requested=[("y", {})]), "request")


def answer(*outputs: Any, **fields: Any) -> InferenceResponse:
    return InferenceResponse(model_name="m", outputs=list(outputs), **fields)


def test_json_and_bytes_become_the_same_request() -> None:
    read: Any = wire.read(item(form(), MEDIA_TYPE))
    assert (read.id, read.inputs[0].data, read.inputs[1].data) == ("7", [1.5, 2.5], [b"\xff"])
    assert read.outputs is not None
    assert read.outputs[0].name == "y"
    text = (
        b'{"id": "7", "inputs": [{"name": "x", "shape": [2, 1], "datatype": "FP32", "data": [1.5, 2.5],'
        b' "parameters": {"content_type": "np"}}]}'
    )
    same = wire.read(item(text)).inputs[0]
    assert same == read.inputs[0]
    np.testing.assert_array_equal(NumpyCodec.decode_input(same), NumpyCodec.decode_input(read.inputs[0]))


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b"{", "body.1: JSON decode error"),
        (b"[]", "body: Input should be a valid dictionary"),
        (b"{}", "body.inputs: Field required"),
        (
            b'{"inputs": [{"name": "x", "shape": [1], "datatype": "FP9", "data": [1]}]}',
            "body.inputs.0.datatype",
        ),
        (b'{"inputs": [{"shape": [], "datatype": "FP32"}]}', r"body.inputs.0.name: .*\(and 1 more\)"),
    ],
)
def test_a_wrong_request_says_where(body: bytes, where: str) -> None:
    with pytest.raises(wire.SchemaError, match=where) as caught:
        wire.read(item(body))
    told = wire.refusal(caught.value, as_form=False)
    assert isinstance(told, tuple)
    assert told[0] == 422
    assert set(json.loads(told[1].body)) == {"error", "detail"}
    refused = wire.refusal(caught.value, as_form=True)
    assert isinstance(refused, PredictionException)
    assert refused.error_code == 422


def test_an_answer_keeps_the_order_of_the_protocol_and_has_null_for_nan() -> None:
    body = wire.json_answer(answer(NumpyCodec.encode_output("y", np.array([1.0, np.nan])), id="7"))
    assert body == (
        b'{"model_name":"m","id":"7","outputs":[{"name":"y","shape":[2,1],"datatype":"FP64",'
        b'"parameters":{"content_type":"np"},"data":[1.0,null]}]}'
    )


@pytest.mark.parametrize("dtype", ["float16", ">f4", "int8", "bool"])
def test_arrays_of_any_type_are_written(dtype: str) -> None:
    output = NumpyCodec.encode_output("y", np.array([[0, 1]]).astype(dtype))
    assert json.loads(wire.json_answer(answer(output)))["outputs"][0]["data"] == [0, 1]


def test_texts_are_texts_and_other_bytes_base64() -> None:
    texts = StringCodec.encode_output("t", ["ö"])
    other = StringCodec.encode_output("o", ["x"])
    other.data.root[0] = b"\xff"
    outputs = json.loads(wire.json_answer(answer(texts, other)))["outputs"]
    assert outputs[0]["data"] == ["ö"]
    assert outputs[1]["parameters"]["content_type"] == "base64"
    assert outputs[1]["data"] == ["/w=="]


def test_bytes_come_back_as_they_went() -> None:
    outputs = [
        NumpyCodec.encode_output("a", np.array([[1, 2]], dtype="int16")),
        Base64Codec.encode_output("b", [b"\x00"]),
    ]
    found = read_form(wire.written(answer(*outputs, id="7"), True).body, "answer")
    assert [(t.name, t.datatype, t.shape) for t in found.tensors] == [
        ("a", "INT16", (1, 2)),
        ("b", "BYTES", (1, 1)),
    ]
    assert bytes(found.tensors[0].data) == b"\x01\x00\x02\x00"
    assert found.tensors[0].parameters["content_type"] == "np"


def test_an_output_that_does_not_fit_is_the_models_fault() -> None:
    output = NumpyCodec.encode_output("y", np.array([1, 2]))
    output.shape = [3]
    with pytest.raises(MLServerError, match=r'output "y": .* \(expected: INT64 of shape \[3\]\)') as caught:
        wire.written(answer(output), True)
    assert caught.value.status_code == 500


def test_headers_leave_the_answer() -> None:
    said = answer(parameters=Parameters(headers={"x-a": "1"}))
    assert wire.headers_for(said) == {"x-a": "1"}
    assert b"headers" not in wire.json_answer(said)
    assert b"parameters" not in wire.json_answer(said)
