"""The released tritonclient, HTTP and gRPC, against a running server."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import load
import numpy as np
import pytest
import tritonclient.grpc
import tritonclient.http
from support.packing import pack
from support.server import RunningServer
from tritonclient.utils import InferenceServerException

HTTP, GRPC = tritonclient.http, tritonclient.grpc
X = {"name": "x", "datatype": "FP32", "shape": [-1, 2]}
Y = {"name": "y", "datatype": "FP32", "shape": [-1, 2]}
DATATYPES = {
    "BOOL": np.bool_,
    "INT8": np.int8,
    "INT64": np.int64,
    "UINT16": np.uint16,
    "FP16": np.float16,
    "FP32": np.float32,
    "FP64": np.float64,
    "BYTES": np.object_,
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    base = tmp_path_factory.mktemp("triton") / "server"
    store = base / "store"
    store.mkdir(parents=True)
    config = {"batchSize": 4, "tensors": {"inputs": [X], "outputs": [Y]}}
    pack(store, "double", "doubling_tensors", config=config)
    pack(store, "idle", "doubling_tensors", config=config)
    pack(store, "same", str(Path(__file__).parent / "same.py"), config={"tensors": {}})
    with RunningServer(base, models=["double=double.mar", "same=same.mar"]) as running:
        yield running


def address(url: str) -> str:
    return url.removeprefix("http://")


@pytest.fixture(params=["http", "grpc"])
def client(server: RunningServer, request: pytest.FixtureRequest) -> Iterator[tuple[Any, Any]]:
    """A module of the client, and a client of the inference listener."""
    module = HTTP if request.param == "http" else GRPC
    url = address(server.inference) if module is HTTP else server.grpc_inference
    with module.InferenceServerClient(url) as made:
        yield module, made


def tensor(module: Any, values: Any, datatype: str = "FP32", name: str = "x", **options: Any) -> Any:
    made = module.InferInput(name, list(values.shape), datatype)
    made.set_data_from_numpy(values, **options)
    return made


def test_health_and_metadata(client: tuple[Any, Any]) -> None:
    module, calls = client
    assert calls.is_server_live()
    assert calls.is_server_ready()
    assert calls.is_model_ready("double")
    assert calls.is_model_ready("double", "1.0")
    as_json = {} if module is HTTP else {"as_json": True}
    assert calls.get_server_metadata(**as_json)["name"] == "mariner"
    described = calls.get_model_metadata("double", **as_json)
    assert described["inputs"][0]["name"] == "x"
    config = calls.get_model_config("double", **as_json)
    config = config.get("config", config)
    assert config["max_batch_size"] == 4
    assert [int(dim) for dim in config["input"][0]["dims"]] == [2]


def test_tensors_go_there_and_come_back(client: tuple[Any, Any]) -> None:
    module, calls = client
    values = np.arange(6, dtype=np.float32).reshape(3, 2)
    answer = calls.infer("double", [tensor(module, values)], request_id="7")
    np.testing.assert_array_equal(answer.as_numpy("y"), values * 2)
    wanted = [module.InferRequestedOutput("y")]
    answer = calls.infer("double", [tensor(module, values)], outputs=wanted, model_version="1.0")
    np.testing.assert_array_equal(answer.as_numpy("y"), values * 2)


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("back", [True, False])
def test_bytes_and_json_mix_over_http(server: RunningServer, there: bool, back: bool) -> None:
    values = np.array([[1, 2.5]], dtype=np.float32)
    with HTTP.InferenceServerClient(address(server.inference)) as calls:
        answer = calls.infer(
            "double",
            [tensor(HTTP, values, binary_data=there)],
            outputs=[HTTP.InferRequestedOutput("y", binary_data=back)],
        )
    np.testing.assert_array_equal(answer.as_numpy("y"), values * 2)


@pytest.mark.parametrize("datatype", DATATYPES)
def test_every_datatype_comes_back_as_it_was(client: tuple[Any, Any], datatype: str) -> None:
    module, calls = client
    if datatype == "BYTES":
        values = np.array([[b"\x00\xff", "wörld".encode()]], dtype=np.object_)
    else:
        values = np.array([[0, 1]]).astype(DATATYPES[datatype])
    answer = calls.infer("same", [tensor(module, values, datatype)])
    np.testing.assert_array_equal(answer.as_numpy("x"), values)


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_bodies_may_be_packed(server: RunningServer, coding: str) -> None:
    values = np.ones((2000, 2), dtype=np.float32)
    with HTTP.InferenceServerClient(address(server.inference)) as calls:
        answer = calls.infer(
            "double",
            [tensor(HTTP, values)],
            request_compression_algorithm=coding,
            response_compression_algorithm=coding,
        )
    np.testing.assert_array_equal(answer.as_numpy("y"), values * 2)


def test_a_refusal_says_what_was_expected(client: tuple[Any, Any]) -> None:
    module, calls = client
    with pytest.raises(InferenceServerException, match=r"expected: \[-1, 2\]"):
        calls.infer("double", [tensor(module, np.ones((1, 3), dtype=np.float32))])
    with pytest.raises(InferenceServerException, match="Model not found: nobody"):
        calls.infer("nobody", [tensor(module, np.ones((1, 2), dtype=np.float32))])


def test_a_stream_answers_in_order(server: RunningServer) -> None:
    answers: queue.Queue[tuple[Any, Any]] = queue.Queue()
    with GRPC.InferenceServerClient(server.grpc_inference) as calls:
        calls.start_stream(lambda result, error: answers.put((result, error)))
        for number in range(5):
            values = np.full((1, 2), number, dtype=np.float32)
            calls.async_stream_infer("double", [tensor(GRPC, values)])
        got = [answers.get(timeout=20) for _ in range(5)]
        calls.stop_stream()
    assert [error for _, error in got] == [None] * 5
    assert [float(result.as_numpy("y")[0][0]) for result, _ in got] == [0, 2, 4, 6, 8]


def test_statistics_count(client: tuple[Any, Any]) -> None:
    module, calls = client
    as_json = {} if module is HTTP else {"as_json": True}

    def count() -> int:
        stats = calls.get_inference_statistics("double", **as_json)["model_stats"]
        return int(stats[0].get("inference_count", 0))

    before = count()
    calls.infer("double", [tensor(module, np.ones((1, 2), dtype=np.float32))])
    assert count() == before + 1


@pytest.mark.parametrize("module", [HTTP, GRPC], ids=["http", "grpc"])
def test_models_are_loaded_and_unloaded(server: RunningServer, module: Any) -> None:
    url = address(server.management) if module is HTTP else server.grpc_management
    with module.InferenceServerClient(url) as calls:
        calls.load_model("idle")
        index = calls.get_model_repository_index()
        found = (
            [(entry["name"], entry["state"]) for entry in index]
            if module is HTTP
            else [(entry.name, entry.state) for entry in index.models]
        )
        assert ("idle", "READY") in found
        calls.unload_model("idle")


@pytest.mark.parametrize("protocol", ["http", "grpc"])
def test_load_is_answered(server: RunningServer, protocol: str, capsys: pytest.CaptureFixture[str]) -> None:
    url = address(server.inference) if protocol == "http" else server.grpc_inference
    flags = ["--url", url, "--model", "double", "--protocol", protocol, "--rows", "2"]
    assert load.main([*flags, "--concurrency", "1,8", "--seconds", "0.5"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in told] == ["concurrency   1", "concurrency   8"]
    assert all(float(line.split()[2]) > 0 for line in told)
