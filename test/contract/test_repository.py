"""The Open Inference Protocol's repository and statistics, over REST and gRPC."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from support import rest, rpc
from support.oip import infer
from support.packing import pack
from support.server import RunningServer

X = {"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [1, 2]}


@pytest.fixture
def late(shared_server: RunningServer) -> Iterator[str]:
    """The name of an archive in the store that is not loaded."""
    name = f"late-{shared_server.profile}"
    pack(shared_server.store, name, "echo")
    yield name
    shared_server.manage("DELETE", f"/models/{name}")
    (shared_server.store / f"{name}.mar").unlink()


def call(server: RunningServer, path: str, body: Any = None) -> rest.Reply:
    data = b"" if body is None else json.dumps(body).encode()
    return rest.call(server.management, "POST", f"/v2/repository/{path}", data)


def names(server: RunningServer, body: Any = None) -> dict[str, str]:
    return {entry["name"]: entry["state"] for entry in call(server, "index", body).json()}


def test_a_model_is_loaded_and_unloaded_by_its_name(shared_server: RunningServer, late: str) -> None:
    assert late not in names(shared_server, {})
    assert call(shared_server, f"models/{late}/load", {}).status == 200
    assert names(shared_server, {"ready": True})[late] == "READY"
    assert infer(shared_server.inference, late, b"{}").reply.status == 200
    assert call(shared_server, f"models/{late}/load").status == 200
    unloaded = call(shared_server, f"models/{late}/unload", {"parameters": {"unload_dependents": False}})
    assert unloaded.status == 200
    assert late not in names(shared_server)
    assert infer(shared_server.inference, late, b"{}").reply.status == 404


def test_the_same_over_grpc(shared_server: RunningServer, late: str) -> None:
    messages = rpc.open_inference_messages()
    with rpc.open_inference(shared_server.grpc_management) as stub:
        stub.RepositoryModelLoad(messages.RepositoryModelLoadRequest(model_name=late), timeout=60)
        listed = stub.RepositoryIndex(messages.RepositoryIndexRequest(ready=True), timeout=20)
        assert (late, "READY") in [(model.name, model.state) for model in listed.models]
        stub.RepositoryModelUnload(messages.RepositoryModelUnloadRequest(model_name=late), timeout=60)
        listed = stub.RepositoryIndex(messages.RepositoryIndexRequest(), timeout=20)
        assert late not in [model.name for model in listed.models]


def test_the_inference_listener_changes_no_models(shared_server: RunningServer) -> None:
    path = "/v2/repository/models/echo/unload"
    assert rest.call(shared_server.inference, "POST", path, b"{}").status == 404
    messages = rpc.open_inference_messages()
    with (
        rpc.open_inference(shared_server.grpc_inference) as stub,
        pytest.raises(grpc.RpcError) as refusal,
    ):
        stub.RepositoryModelUnload(messages.RepositoryModelUnloadRequest(model_name="echo"), timeout=20)
    assert refusal.value.code() == grpc.StatusCode.UNIMPLEMENTED
    assert "management" in refusal.value.details()


@pytest.mark.parametrize(
    ("path", "body", "status", "error"),
    [
        ("models/nobody/load", {}, 404, "Model not found: nobody (expected: nobody.mar"),
        ("models/nobody/unload", {}, 404, "Model not found: nobody"),
        ("models/echo/load", {"parameters": {"config": "{}"}}, 400, "parameters: config (expected: none"),
        ("index", [], 400, "body: not a JSON object"),
        ("index", {"ready": 1}, 400, "ready: no truth value"),
        ("index", {"all": True}, 400, "body: an unknown key"),
    ],
)
def test_what_cannot_be_done_says_why(
    shared_server: RunningServer, path: str, body: Any, status: int, error: str
) -> None:
    reply = call(shared_server, path, body)
    assert (reply.status, reply.json()["error"][: len(error)]) == (status, error)


def test_statistics_count_requests_and_batches(shared_server: RunningServer) -> None:
    def counted() -> dict[str, Any]:
        path = "/v2/models/tensors/versions/1.0/stats"
        stats = rest.call(shared_server.inference, "GET", path).json()["model_stats"]
        assert [(entry["name"], entry["version"]) for entry in stats] == [("tensors", "1.0")]
        return dict(stats[0])

    before = counted()
    infer(shared_server.inference, "tensors", {"inputs": [X]})
    after = counted()
    assert after["inference_count"] - before["inference_count"] == 1
    assert after["execution_count"] - before["execution_count"] == 1
    assert after["inference_stats"]["compute_infer"]["ns"] > before["inference_stats"]["compute_infer"]["ns"]
    assert after["last_inference"] >= before["last_inference"]


def test_statistics_and_configuration_over_grpc(shared_server: RunningServer) -> None:
    messages = rpc.open_inference_messages()
    with rpc.open_inference(shared_server.grpc_inference) as stub:
        told = stub.ModelStatistics(messages.ModelStatisticsRequest(), timeout=20)
        assert "tensors" in [model.name for model in told.model_stats]
        config = stub.ModelConfig(messages.ModelConfigRequest(name="tensors"), timeout=20).config
        described = stub.ModelMetadata(messages.ModelMetadataRequest(name="tensors"), timeout=20)
    assert (config.input[0].name, list(config.input[0].dims)) == ("x", [-1, 2])
    assert config.input[0].data_type == messages.DataType.Value("TYPE_FP32")
    assert (described.inputs[0].datatype, list(described.outputs[0].shape)) == ("FP32", [-1, 2])


def test_all_models_have_statistics_and_unknown_ones_have_none(shared_server: RunningServer) -> None:
    stats = rest.call(shared_server.inference, "GET", "/v2/models/stats").json()["model_stats"]
    assert {"echo", "tensors"} <= {entry["name"] for entry in stats}
    assert rest.call(shared_server.inference, "GET", "/v2/models/nobody/stats").status == 404
    assert rest.call(shared_server.inference, "GET", "/v2/models/nobody/config").status == 404
