"""A client that knows only an address: reflection tells it what there is, and it calls that with JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from google.protobuf import json_format
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from support.server import RunningServer

X = {"name": "x", "datatype": "FP32", "shape": [1, 2], "contents": {"fp32_contents": [1, 2.5]}}
INFER = {"model_name": "tensors", "inputs": [X]}
OPEN_INFERENCE = (
    "inference.GRPCInferenceService",
    "org.pytorch.serve.grpc.openinference.GRPCInferenceService",
)


class Reflection:
    """Calls of a server, made of what it says of itself."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._channel = channel
        self._database = ProtoReflectionDescriptorDatabase(channel)
        self._pool = DescriptorPool(self._database)

    def methods(self) -> Iterator[Any]:
        """Yields the methods of all services."""
        for service in self._database.get_services():
            yield from self._pool.FindServiceByName(service).methods

    def call(self, service: str, method: str, request: dict[str, Any]) -> dict[str, Any]:
        """Calls a method that answers once."""
        found = self._pool.FindServiceByName(service).methods_by_name[method]
        call = self._channel.unary_unary(
            f"/{service}/{method}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=GetMessageClass(found.output_type).FromString,
        )
        asked = json_format.ParseDict(request, GetMessageClass(found.input_type)())
        return json_format.MessageToDict(call(asked, timeout=30), preserving_proto_field_name=True)


@pytest.fixture
def reflection(shared_server: RunningServer) -> Iterator[Reflection]:
    with grpc.insecure_channel(shared_server.grpc_inference) as channel:
        yield Reflection(channel)


@pytest.mark.parametrize("service", OPEN_INFERENCE)
def test_tensors_are_sent_by_who_knows_only_the_address(reflection: Reflection, service: str) -> None:
    answer = reflection.call(service, "ModelInfer", INFER)
    assert (answer["model_name"], answer["outputs"][0]["name"]) == ("tensors", "y")
    described = reflection.call(service, "ModelMetadata", {"name": "tensors"})
    assert described["inputs"][0]["shape"] == ["-1", "2"]
    assert reflection.call(service, "ModelReady", {"name": "tensors"}) == {"ready": True}


def test_predictions_and_management_too(reflection: Reflection, shared_server: RunningServer) -> None:
    answer = reflection.call(
        "org.pytorch.serve.grpc.inference.InferenceAPIsService",
        "Predictions",
        {"model_name": "echo", "input": {"body": "aGk="}},
    )
    assert answer == {"prediction": "aGk="}
    with grpc.insecure_channel(shared_server.grpc_management) as channel:
        described = Reflection(channel).call(
            "org.pytorch.serve.grpc.management.ManagementAPIsService",
            "DescribeModel",
            {"model_name": "tensors"},
        )
    tensors = json.loads(described["msg"])[0]["tensors"]
    assert tensors["inputs"] == [{"name": "x", "datatype": "FP32", "shape": [-1, 2]}]


def test_every_method_has_its_messages(reflection: Reflection) -> None:
    methods = list(reflection.methods())
    assert {"ModelInfer", "Predictions", "StreamPredictions", "Check"} <= {one.name for one in methods}
    for method in methods:
        assert GetMessageClass(method.input_type)() is not None
        assert GetMessageClass(method.output_type)() is not None
