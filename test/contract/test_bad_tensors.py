"""Tensors that are not as they should be: refused with the same words in each of the protocol's syntaxes."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import grpc
import pytest
from support import rpc
from support.oip import infer
from support.server import RunningServer

DATA = struct.pack("<2f", 1, 2)
SYNTAXES = ("json", "binary", "grpc")


@dataclass(frozen=True)
class Bad:
    """A request that is refused.

    Attributes:
        name: what is wrong.
        error: a regular expression for the beginning of the message.
        x: fields of the input that differ; None: the field is missing.
        data: the input's bytes.
        values: the input's data in JSON.
        others: further inputs.
        outputs: names of outputs that are asked for.
        model: name and version.
        syntaxes: where it can be said.
        status: over REST, and its name over gRPC.
    """

    name: str
    error: str
    x: dict[str, Any] = field(default_factory=dict)
    data: bytes = DATA
    values: Any = (1, 2)
    others: int = 0
    outputs: tuple[str, ...] = ()
    model: tuple[str, str] = ("tensors", "")
    syntaxes: tuple[str, ...] = SYNTAXES
    status: tuple[int, str] = (400, "INVALID_ARGUMENT")


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
        "an element beyond the data",
        'input "x": .*(99|4294967295)',
        {"datatype": "BYTES", "shape": [1]},
        data=struct.pack("<I", 99) + b"ab",
        syntaxes=("binary", "grpc"),
    ),
    Bad("an unknown input", 'input "x1" is unknown \\(expected: x\\)', others=1),
    Bad("more inputs than a message may have", "inputs: more than 1024 ", others=1024),
    Bad("an unknown output", 'output "z" is unknown \\(expected: y\\)', outputs=("y", "z")),
    Bad("an unknown model", "Model not found: nobody", model=("nobody", ""), status=(404, "NOT_FOUND")),
    Bad(
        "an unknown version",
        "Model version: 9 does not exist for model: tensors",
        model=("tensors", "9"),
        status=(404, "NOT_FOUND"),
    ),
]


def _others(bad: Bad) -> list[dict[str, Any]]:
    empty = {"datatype": "INT8", "shape": [0], "data": []}
    return [{"name": f"x{i}", **empty} for i in range(1, bad.others + 1)]


def _rest(bad: Bad, server: RunningServer, binary: bool) -> tuple[int, str]:
    x: dict[str, Any] = {"name": "x", "datatype": "FP32", "shape": [1, 2]}
    if binary:
        x["parameters"] = {"binary_data_size": len(bad.data)}
    elif bad.values is not None:
        x["data"] = list(bad.values)
    x = {key: value for key, value in (x | bad.x).items() if value is not None}
    head: dict[str, Any] = {"inputs": [x, *_others(bad)]}
    if bad.outputs:
        head["outputs"] = [{"name": name} for name in bad.outputs]
    model, version = bad.model
    answer = infer(server.inference, model, head, [bad.data] if binary else [], version=version or None)
    return answer.reply.status, answer.head["error"]


def _grpc(bad: Bad, server: RunningServer) -> tuple[str, str]:
    messages = rpc.open_inference_messages()
    tensor = messages.ModelInferRequest.InferInputTensor
    said = {"name": "x", "datatype": "FP32", "shape": [1, 2]} | bad.x
    inputs = [tensor(**{key: value for key, value in said.items() if value is not None})]
    inputs += [tensor(name=each["name"], datatype="INT8", shape=[0]) for each in _others(bad)]
    asked = messages.ModelInferRequest(
        model_name=bad.model[0],
        model_version=bad.model[1],
        inputs=inputs,
        raw_input_contents=[bad.data] + [b""] * bad.others,
        outputs=[messages.ModelInferRequest.InferRequestedOutputTensor(name=name) for name in bad.outputs],
    )
    with (
        rpc.open_inference(server.grpc_inference) as stub,
        pytest.raises(grpc.RpcError) as refusal,
    ):
        stub.ModelInfer(asked, timeout=20)
    return refusal.value.code().name, refusal.value.details()


CASES = [(bad, syntax) for bad in BAD for syntax in bad.syntaxes]


@pytest.mark.parametrize(("bad", "syntax"), CASES, ids=[f"{bad.name} [{syntax}]" for bad, syntax in CASES])
def test_it_is_refused_in_all_syntaxes(shared_server: RunningServer, bad: Bad, syntax: str) -> None:
    status: int | str
    if syntax == "grpc":
        status, message = _grpc(bad, shared_server)
    else:
        status, message = _rest(bad, shared_server, syntax == "binary")
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
        (VALID.replace(b"[1, 2]}", b"[1e999, 2]}"), None, 'input "x": element 0: '),
        (VALID.replace(b'"x"', b'"\xff\xfe"'), None, "body: .*UTF-8"),
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


def test_the_server_serves_on_after_all_of_them(shared_server: RunningServer) -> None:
    send: Callable[..., Any] = infer
    assert send(shared_server.inference, "tensors", VALID).reply.status == 200
