"""Requests of tensors that are refused, in each of the protocol's three syntaxes."""

from __future__ import annotations

import json
import struct
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
        parameters: of the request.
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
    parameters: dict[str, Any] = field(default_factory=dict)
    model: tuple[str, str] = ("tensors", "")
    syntaxes: tuple[str, ...] = SYNTAXES
    status: tuple[int, str] = (400, "INVALID_ARGUMENT")


def refusal(bad: Bad, server: RunningServer, syntax: str) -> tuple[int | str, str]:
    """Sends a request; returns the status, or its name over gRPC, and the message."""
    return _grpc(bad, server) if syntax == "grpc" else _rest(bad, server, syntax == "binary")


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
    if bad.parameters:
        head["parameters"] = bad.parameters
    model, version = bad.model
    text = json.dumps(head, separators=(",", ":")).encode()
    answer = infer(server.inference, model, text, [bad.data] if binary else [], version=version or None)
    return answer.reply.status, answer.head["error"]


def _grpc(bad: Bad, server: RunningServer) -> tuple[str, str]:
    with (
        rpc.open_inference(server.grpc_inference) as stub,
        pytest.raises(grpc.RpcError) as refused,
    ):
        stub.ModelInfer(_message(bad), timeout=20)
    return refused.value.code().name, refused.value.details()


def _message(bad: Bad) -> Any:
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
    for name, value in bad.parameters.items():
        asked.parameters[name].int64_param = value
    return asked
