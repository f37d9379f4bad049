"""Tensors that are not as they should be: refused with the same words in each of the protocol's syntaxes."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Callable
from typing import Any

import grpc
import pytest
from support import rest, rpc
from support.bad_tensors import DATA, Bad, refusal
from support.oip import infer
from support.server import RunningServer

BYTES_OF = {"datatype": "BYTES"}
BAD = [
    Bad("no such datatype", 'input "x": datatype: FP31 \\(expected: one of BOOL, ', {"datatype": "FP31"}),
    Bad("no datatype", 'input "x": (no datatype|datatype: ) \\(expected: one of BOOL, ', {"datatype": None}),
    Bad(
        "a datatype that its data has not",
        'input "x": .*expected: .*16',
        {"datatype": "FP64"},
        syntaxes=("binary", "grpc"),
    ),
    Bad("a datatype that is not the model's", 'input "x": INT32 \\(expected: FP32\\)', {"datatype": "INT32"}),
    Bad(
        "a shape that is not the model's",
        'input "x": shape \\[2\\] \\(expected: \\[-1, 2\\], where -1 is any\\)',
        {"shape": [2]},
    ),
    Bad("a shape that its data has not", 'input "x": .*\\[2, 2\\]', {"shape": [2, 2]}),
    Bad(
        "a negative dimension",
        'input "x": shape: \\[-1, 2\\] \\(expected: no negative dimension\\)',
        {"shape": [-1, 2]},
    ),
    Bad("a huge dimension", 'input "x": .*(1000000000000|4000000000000)', {"shape": [1000000000000]}),
    Bad(
        "a product that overflows",
        'input "x": shape: .* \\(expected: a smaller number of elements\\)',
        {"shape": [1 << 40, 1 << 40]},
    ),
    Bad(
        "too many dimensions",
        'input "x": shape: (33|40) dimensions \\(expected: at most 32\\)',
        {"shape": [1] * 40},
    ),
    Bad("no shape", 'input "x": no shape', {"shape": None}, syntaxes=("json", "binary")),
    Bad("no data", 'input "x": no data', values=None, syntaxes=("json",)),
    Bad("data nested otherwise", 'input "x": data is nested', values=[[[1]], [[2]]], syntaxes=("json",)),
    Bad(
        "a text for a number",
        'input "x": element 1: two \\(expected: ',
        values=[1, "two"],
        syntaxes=("json",),
    ),
    Bad(
        "a number out of range",
        'input "x": element 0: 300 \\(expected: a number in the range of INT8\\)',
        {"datatype": "INT8"},
        values=[300, 0],
        syntaxes=("json",),
    ),
    Bad(
        "a size beyond the body",
        'input "x": binary_data_size: 80 \\(expected: at most 8',
        {"parameters": {"binary_data_size": 80}},
        syntaxes=("binary",),
    ),
    Bad(
        "a size below the data",
        'input "x": .*4.*8',
        {"parameters": {"binary_data_size": 4}},
        syntaxes=("binary",),
    ),
    Bad(
        "a negative size",
        'input "x": binary_data_size: -8 \\(expected: a number of bytes\\)',
        {"parameters": {"binary_data_size": -8}},
        syntaxes=("binary",),
    ),
    Bad(
        "bytes that no input takes",
        "body: 2 bytes after the last tensor",
        {"parameters": {"binary_data_size": 8}},
        data=DATA + b"xx",
        syntaxes=("binary",),
    ),
    Bad(
        "a size that is no number",
        'input "x": binary_data_size: 8 bytes \\(expected: a number of bytes\\)',
        {"parameters": {"binary_data_size": "8 bytes"}},
        syntaxes=("binary",),
    ),
    Bad(
        "data in both places",
        'input "x": data and binary_data_size \\(expected: only one of them\\)',
        {"data": [1, 2]},
        syntaxes=("binary",),
    ),
    Bad(
        "an element beyond the data",
        'input "x": element 0: 99 bytes \\(expected: at most the 2 that follow\\)',
        {**BYTES_OF, "shape": [1]},
        data=struct.pack("<I", 99) + b"ab",
        syntaxes=("binary", "grpc"),
    ),
    Bad(
        "an element of 4 GiB",
        'input "x": element 1: 4294967295 bytes \\(expected: at most the 0 that follow\\)',
        {**BYTES_OF, "shape": [2]},
        data=struct.pack("<I", 1) + b"a" + b"\xff" * 4,
        syntaxes=("binary", "grpc"),
    ),
    Bad(
        "fewer bytes than lengths",
        'input "x": 6 bytes of data \\(expected: at least 12, for BYTES of shape \\[3\\]\\)',
        {**BYTES_OF, "shape": [3]},
        data=struct.pack("<I", 2) + b"ab",
        syntaxes=("binary", "grpc"),
    ),
    Bad(
        "a length that is cut off",
        'input "x": element 1: the data ends before its length \\(expected: 4 bytes\\)',
        {**BYTES_OF, "shape": [2]},
        data=struct.pack("<I", 4) + b"abcd",
        syntaxes=("binary", "grpc"),
    ),
    Bad(
        "bytes after the last element",
        'input "x": 2 bytes after the last element \\(expected: none, for BYTES of shape \\[1\\]\\)',
        {**BYTES_OF, "shape": [1]},
        data=struct.pack("<I", 1) + b"abc",
        syntaxes=("binary", "grpc"),
    ),
    Bad(
        "a truth that is neither",
        'input "x": element 1: 7 \\(expected: 0 or 1, for BOOL\\)',
        {"datatype": "BOOL"},
        data=b"\1\7",
        syntaxes=("binary", "grpc"),
    ),
    Bad(
        "a number for a text",
        'input "x": element 0: .* \\(expected: a string',
        BYTES_OF,
        syntaxes=("json",),
    ),
    Bad("an unknown input", 'input "x1" is unknown \\(expected: x\\)', others=1),
    Bad("more inputs than a message may have", "inputs: more than 1024 ", others=1024),
    Bad("more outputs than a message may have", "outputs: more than 1024 ", outputs=("y",) * 1025),
    Bad(
        "more parameters than a message may have",
        "parameters: more than 1024 entries \\(expected: fewer\\)",
        parameters={f"p{i}": i for i in range(1025)},
    ),
    Bad("an unknown output", 'output "z" is unknown \\(expected: y\\)', outputs=("y", "z")),
    Bad("an unknown model", "Model not found: nobody", model=("nobody", ""), status=(404, "NOT_FOUND")),
    Bad(
        "an unknown version",
        "Model version: 9 does not exist for model: tensors",
        model=("tensors", "9"),
        status=(404, "NOT_FOUND"),
    ),
]


CASES = [(bad, syntax) for bad in BAD for syntax in bad.syntaxes]


@pytest.mark.parametrize(("bad", "syntax"), CASES, ids=[f"{bad.name} [{syntax}]" for bad, syntax in CASES])
def test_it_is_refused_in_all_syntaxes(shared_server: RunningServer, bad: Bad, syntax: str) -> None:
    status, message = refusal(bad, shared_server, syntax)
    assert status == bad.status[syntax == "grpc"], message
    assert re.match(bad.error, message), message


VALID = json.dumps({"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [1, 2]}]}).encode()


@pytest.mark.parametrize(
    ("head", "length", "error"),
    [
        (VALID, len(VALID) + 1, "Inference-Header-Content-Length: "),
        (VALID, "-1", "Inference-Header-Content-Length: -1 "),
        (VALID, "ten", "Inference-Header-Content-Length: ten "),
        (VALID, "99999999999999999999", "Inference-Header-Content-Length: 99999999999999999999 "),
        (b"{}", None, 'body: no "inputs"'),
        (b"[]", None, "body: an array \\(expected: a JSON object\\)"),
        (b"", None, "body: nothing"),
        (VALID + b"x", None, "body: "),
        (VALID.replace(b"[1, 2]}", b"[NaN, 2]}"), None, ".*NaN"),
        (VALID.replace(b"[1, 2]}", b"[Infinity, 2]}"), None, ".*Infinity"),
        (VALID.replace(b"[1, 2]}", b"[-Infinity, 2]}"), None, ".*Infinity"),
        (VALID.replace(b"[1, 2]}", b"[1e999, 2]}"), None, 'input "x": element 0: '),
        (VALID.replace(b"{", b'{"parameters": {"p": NaN}, ', 1), None, "body: .*NaN"),
        (VALID.replace(b"{", b'{"parameters": {"p": 1e999}, ', 1), None, "parameters: a number too large"),
        (VALID.replace(b'"x"', b'"\xff\xfe"'), None, "body: .*UTF-8"),
        (VALID.replace(b'"x"', b'"\xff\xfe"'), len(VALID) + 1, "body: .*UTF-8"),
        (VALID, 0, "body: nothing"),
        (VALID.replace(b"{", b'{"inputs": [], ', 1), None, 'body: "inputs" twice'),
        (VALID.replace(b"{", b'{"batch": 1, ', 1), None, 'body: "batch" is unknown'),
        (b"[" * 10_000, None, "body: "),
    ],
)
def test_a_body_that_is_none_is_refused(
    shared_server: RunningServer, head: bytes, length: int | str | None, error: str
) -> None:
    answer = infer(shared_server.inference, "tensors", head, head_length=length)
    assert answer.reply.status == 400, answer.reply.body
    assert re.match(error, answer.head["error"]), answer.head


@pytest.mark.parametrize("field", [b"\x0a\x07tensors", b"\x0a\x01x", b"\x12\x04FP32"])
def test_a_message_of_grpc_whose_texts_are_no_utf8_is_refused(
    shared_server: RunningServer, field: bytes
) -> None:
    messages = rpc.open_inference_messages()
    x = messages.ModelInferRequest.InferInputTensor(name="x", datatype="FP32", shape=[1, 2])
    asked = messages.ModelInferRequest(model_name="tensors", inputs=[x], raw_input_contents=[DATA])
    written = asked.SerializeToString()
    assert written.count(field) == 1
    with grpc.insecure_channel(shared_server.grpc_inference) as channel:
        call = channel.unary_unary("/inference.GRPCInferenceService/ModelInfer")
        with pytest.raises(grpc.RpcError) as refused:
            call(written.replace(field, field[:-1] + b"\xff"), timeout=20)
    assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert re.match("The message is not a ModelInferRequest: .*UTF-8", refused.value.details())


@pytest.mark.parametrize(
    ("datatype", "lists", "raw", "error"),
    [
        (
            "FP32",
            {"int_contents": [1, 2]},
            [],
            'input "x": contents have 2 elements, 0 of them in the list for FP32 (expected: 2',
        ),
        (
            "FP32",
            {"fp32_contents": [1, 2], "bool_contents": [True]},
            [],
            'input "x": contents have 3 elements, 2 of them in the list for FP32 (expected: 2',
        ),
        (
            "FP16",
            {"fp32_contents": [1, 2]},
            [],
            'input "x": FP16 in contents (expected: raw_input_contents, there is no other form)',
        ),
        (
            "UINT16",
            {"uint_contents": [1, 65536]},
            [],
            'input "x": element 1: 65536 (expected: a number in the range of UINT16)',
        ),
        (
            "FP32",
            {"fp32_contents": [1, 2]},
            [DATA],
            'input "x": contents beside raw_input_contents (expected: only one of them)',
        ),
        ("FP32", {}, [DATA, DATA], "raw_input_contents: 2 (expected: 1, one for each input)"),
    ],
)
def test_lists_of_grpc_that_do_not_fit_are_refused(
    shared_server: RunningServer, datatype: str, lists: dict[str, Any], raw: list[bytes], error: str
) -> None:
    messages = rpc.open_inference_messages()
    x = messages.ModelInferRequest.InferInputTensor(name="x", datatype=datatype, shape=[1, 2])
    for name, values in lists.items():
        getattr(x.contents, name).extend(values)
    asked = messages.ModelInferRequest(model_name="tensors", inputs=[x], raw_input_contents=raw)
    with (
        rpc.open_inference(shared_server.grpc_inference) as stub,
        pytest.raises(grpc.RpcError) as refused,
    ):
        stub.ModelInfer(asked, timeout=20)
    assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert refused.value.details().startswith(error)


def test_a_name_in_the_path_that_is_no_utf8_is_refused(shared_server: RunningServer) -> None:
    reply = rest.call(shared_server.inference, "POST", "/v2/models/%ff%fe/infer", VALID)
    assert reply.status in (400, 404), reply.body
    assert "error" in reply.json()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_numbers_that_json_has_not_go_as_bytes_and_are_null_in_json(
    shared_server: RunningServer, value: float
) -> None:
    data = struct.pack("<2f", value, 2)
    doubled = struct.pack("<2f", 2 * value, 4)
    x = {"name": "x", "datatype": "FP32", "shape": [1, 2], "parameters": {"binary_data_size": 8}}
    told = infer(shared_server.inference, "tensors", {"inputs": [x]}, [data])
    assert told.head["outputs"][0]["data"] == [None, 4.0]
    wanted = {"inputs": [x], "parameters": {"binary_data_output": True}}
    assert infer(shared_server.inference, "tensors", wanted, [data]).tail == doubled


def test_the_server_serves_on_after_all_of_them(shared_server: RunningServer) -> None:
    send: Callable[..., Any] = infer
    assert send(shared_server.inference, "tensors", VALID).reply.status == 200
