"""The Open Inference Protocol over gRPC and REST: tensors in, tensors out."""

from __future__ import annotations

import json
import struct
from typing import Any

import grpc
import pytest
from support import rest, rpc
from support.server import RunningServer

PACKAGES = ("open_inference", "open_inference_torchserve")


def request(model: str, values: tuple[float, ...] = (1, 2), **fields: Any) -> Any:
    messages = rpc.open_inference_messages()
    tensor = messages.ModelInferRequest.InferInputTensor(
        name="x", datatype="FP32", shape=[len(values) // 2, 2]
    )
    raw = struct.pack(f"<{len(values)}f", *values)
    return messages.ModelInferRequest(
        **{"model_name": model, "inputs": [tensor], "raw_input_contents": [raw], **fields}
    )


@pytest.mark.parametrize("package", PACKAGES)
def test_raw_tensors_go_to_a_model_and_come_back(shared_server: RunningServer, package: str) -> None:
    with rpc.open_inference(shared_server.grpc_inference, package) as stub:
        answer = stub.ModelInfer(request("tensors", (1, 2, 3, 4), id="7"), timeout=20)
    assert (answer.id, answer.model_name, answer.model_version) == ("7", "tensors", "1.0")
    assert (answer.outputs[0].name, list(answer.outputs[0].shape)) == ("y", [2, 2])
    assert struct.unpack("<4f", answer.raw_output_contents[0]) == (2, 4, 6, 8)


def test_typed_tensors_come_back_typed(shared_server: RunningServer) -> None:
    asked = request("tensors")
    del asked.raw_input_contents[:]
    asked.inputs[0].contents.fp32_contents.extend([1, 2])
    with rpc.open_inference(shared_server.grpc_inference) as stub:
        answer = stub.ModelInfer(asked, timeout=20)
    assert list(answer.outputs[0].contents.fp32_contents) == [2, 4]


def test_a_shape_that_does_not_fit_names_the_tensor(shared_server: RunningServer) -> None:
    messages = rpc.open_inference_messages()
    wrong = messages.ModelInferRequest.InferInputTensor(name="x", datatype="FP32", shape=[2])
    with (
        rpc.open_inference(shared_server.grpc_inference) as stub,
        pytest.raises(grpc.RpcError) as refusal,
    ):
        stub.ModelInfer(request("tensors", inputs=[wrong]), timeout=20)
    assert refusal.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert refusal.value.details().startswith('input "x": shape [2] (expected: [-1, 2]')


def test_an_unknown_model_is_not_found(shared_server: RunningServer) -> None:
    with (
        rpc.open_inference(shared_server.grpc_inference) as stub,
        pytest.raises(grpc.RpcError) as refusal,
    ):
        stub.ModelInfer(request("nobody"), timeout=20)
    assert refusal.value.code() == grpc.StatusCode.NOT_FOUND


def test_a_stream_answers_each_request_in_order(shared_server: RunningServer) -> None:
    asked = [request("tensors", (i, i), id=str(i)) for i in range(5)]
    asked.insert(2, request("nobody", id="lost"))
    with rpc.open_inference(shared_server.grpc_inference) as stub:
        answers = list(stub.ModelStreamInfer(iter(asked), timeout=20))
    assert [answer.infer_response.id for answer in answers] == ["0", "1", "lost", "2", "3", "4"]
    assert answers[2].error_message.startswith("Model not found: nobody")
    assert struct.unpack("<2f", answers[-1].infer_response.raw_output_contents[0]) == (8, 8)


def test_server_and_model_tell_what_they_are(shared_server: RunningServer) -> None:
    messages = rpc.open_inference_messages()
    with rpc.open_inference(shared_server.grpc_inference) as stub:
        assert stub.ServerMetadata(messages.ServerMetadataRequest(), timeout=20).name == "mariner"
        described = stub.ModelMetadata(messages.ModelMetadataRequest(name="tensors"), timeout=20)
    assert (described.name, list(described.versions)) == ("tensors", ["1.0"])


@pytest.mark.parametrize("path", ["/v2/models/tensors/infer", "/predictions/tensors"])
def test_json_reaches_a_model_of_tensors_on_every_path(shared_server: RunningServer, path: str) -> None:
    body = {"id": "7", "inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [[1, 2]]}]}
    reply = rest.call(
        shared_server.inference,
        "POST",
        path,
        json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    assert reply.status == 200, reply.body
    assert json.loads(reply.body) == {
        "id": "7",
        "model_name": "tensors",
        "model_version": "1.0",
        "outputs": [{"name": "y", "datatype": "FP32", "shape": [1, 2], "data": [2.0, 4.0]}],
    }


def test_a_model_of_type_hints_is_one_of_tensors(shared_server: RunningServer) -> None:
    messages = rpc.open_inference_messages()
    with rpc.open_inference(shared_server.grpc_inference) as stub:
        described = stub.ModelMetadata(messages.ModelMetadataRequest(name="hinted"), timeout=20)
        assert [(one.name, one.datatype, list(one.shape)) for one in described.inputs] == [
            ("x", "FP32", [-1, 2])
        ]
        answer = stub.ModelInfer(request("hinted", (1, 2)), timeout=20)
    assert struct.unpack("<2f", answer.raw_output_contents[0]) == (2, 4)


def test_a_size_that_only_rest_needs_is_taken_if_it_is_true(shared_server: RunningServer) -> None:
    # KServe's client says it over gRPC, too.
    asked = request("tensors", (1, 2))
    asked.inputs[0].parameters["binary_data_size"].int64_param = 8
    with rpc.open_inference(shared_server.grpc_inference) as stub:
        answer = stub.ModelInfer(asked, timeout=20)
        assert struct.unpack("<2f", answer.raw_output_contents[0]) == (2, 4)
        asked.inputs[0].parameters["binary_data_size"].int64_param = 9
        with pytest.raises(
            grpc.RpcError, match=r'input "x": binary_data_size: 9 \(expected: 8, or nothing\)'
        ):
            stub.ModelInfer(asked, timeout=20)
