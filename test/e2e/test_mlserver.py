"""Models of MLServer, by its own command, on one server: REST, gRPC, batches, pools, streams, errors."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import socket
import sys
import venv
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
from support import oip, rest, rpc
from support.mlserver_program import Triple
from support.operator import Operator
from support.places import ROOT
from support.waiting import eventually

from ts.compat.mlserver import MLServer, ModelSettings, Settings

MODELS = ROOT / "test" / "support" / "mlserver"


class Server:
    """What `mlserver start` serves."""

    def __init__(self, operator: Operator) -> None:
        self.operator = operator
        (file,) = operator.runtime.glob("**/state.json")
        listeners = json.loads(file.read_text())["listeners"]
        self.address: str = listeners["inference"]
        self.grpc: str = listeners["grpc_inference"]
        self.metrics: str = listeners["metrics"]

    def infer(self, model: str, *values: float, name: str = "x", **more: Any) -> rest.Reply:
        """Asks with one column."""
        return rest.call(
            self.address, "POST", f"/v2/models/{model}/infer", request(*values, name=name), **more
        )


def request(*values: float, name: str = "x", **fields: Any) -> bytes:
    tensor = {"name": name, "shape": [len(values), 1], "datatype": "FP64", "data": list(values)}
    return json.dumps({"inputs": [tensor], **fields}).encode()


def environment(folder: Path) -> None:
    """Makes a Python environment that finds all packages of this one."""
    venv.create(folder, with_pip=False, symlinks=True)
    (own,) = folder.glob("lib/python3.*/site-packages")
    (own / "same.pth").write_text("\n".join(path for path in sys.path if path.endswith("-packages")))


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    operator = Operator(tmp_path_factory.mktemp("mlserver"))
    models = operator.work / "models"
    shutil.copytree(MODELS, models)
    environment(models / "apart" / "env")
    apart = {"implementation": "models.Where", "parameters": {"environment_path": "env"}}
    (models / "apart" / "model-settings.json").write_text(json.dumps(apart))
    shutil.copy(models / "where" / "models.py", models / "apart" / "models.py")
    settings = json.loads((models / "settings.json").read_text())
    # Ports of its own, since the repository is asked there, too.
    ports = {"http_port": free_port(), "grpc_port": free_port()}
    (models / "settings.json").write_text(json.dumps({**settings, **ports}))
    process = operator.spawn("mlserver", "start", "models")
    try:
        eventually(lambda: "Ctrl-C" in operator.spawned_text() or process.poll() is not None, seconds=90)
        assert "models (MLServer) is ready at http://127.0.0.1:" in operator.spawned_text()
        yield Server(operator)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        operator.clean()


def test_the_documented_model_answers(server: Server) -> None:
    reply = server.infer("sum", 1, 2, 3, headers={"X-Mark": "mine"})
    answer = reply.json()
    assert reply.status == 200, reply.text
    assert reply.headers["x-mark"] == "mine"
    assert answer.pop("id")
    assert answer == {
        "model_name": "sum",
        "outputs": [{"name": "total", "shape": [1], "datatype": "FP64", "data": [6.0]}],
    }


def test_requests_and_answers_have_headers_of_events(server: Server) -> None:
    reply = rest.call(server.address, "POST", "/v2/models/sum/infer", request(1, id="mine"))
    told = {name: value for name, value in reply.headers.items() if name.startswith("ce-")}
    assert told == {
        "ce-specversion": "0.3",
        "ce-source": "io.seldon.serving.deployment.mlserver",
        "ce-type": "io.seldon.serving.inference.response",
        "ce-modelid": "sum",
        "ce-inferenceservicename": "mlserver",
        "ce-endpoint": "sum",
        "ce-id": "mine",
        "ce-requestid": "mine",
    }


def test_the_newest_version_answers_where_none_is_asked_for(server: Server) -> None:
    body = json.dumps(
        {"inputs": [{"name": "x", "shape": [1], "datatype": "BYTES", "data": ["said"]}]}
    ).encode()

    def said(path: str) -> Any:
        reply = rest.call(server.address, "POST", f"/v2/models/aged{path}/infer", body)
        assert reply.status == 200, reply.text
        return reply.json()["outputs"][0]["data"]

    assert said("") == said("/versions/10") == ["aged 10", "said"]
    assert said("/versions/2") == ["aged 2", "said"]


def test_a_model_may_have_a_python_of_its_own(server: Server) -> None:
    here, apart = (server.infer(model, 1).json()["outputs"][1]["data"][0] for model in ("where", "apart"))
    assert apart == str(server.operator.work / "models" / "apart" / "env")
    assert here != apart


def test_an_id_comes_back(server: Server) -> None:
    reply = rest.call(server.address, "POST", "/v2/models/sum/infer", request(1, id="mine"))
    assert reply.json()["id"] == "mine"


@pytest.mark.parametrize(
    ("model", "name", "status", "text"),
    [
        ("sum", "bad", 400, "bad is no input"),
        ("sum", "broken", 500, "KeyError: 'broken'"),
        ("double", "y", 400, 'input "y" (expected: x)'),
        ("absent", "x", 404, "Model not found: absent"),
    ],
)
def test_errors_have_mlservers_statuses(
    server: Server, model: str, name: str, status: int, text: str
) -> None:
    reply = server.infer(model, 1, name=name)
    assert reply.status == status
    assert text in reply.json()["error"]
    assert "Traceback" not in reply.text


@pytest.mark.parametrize("body", [b"{", b"{}", b'{"inputs": [{"name": "x"}]}'])
def test_what_is_no_request_is_422_with_error_beside_detail(server: Server, body: bytes) -> None:
    reply = rest.call(server.address, "POST", "/v2/models/sum/infer", body)
    assert reply.status == 422
    assert reply.json()["detail"][0]["loc"][0] == "body"
    assert reply.json()["error"].startswith("body")


def test_health_and_repository(server: Server) -> None:
    for path in ("/v2/health/live", "/v2/health/ready", "/v2/models/sum/ready"):
        assert rest.call(server.address, "GET", path).status == 200
    index = rest.call(server.address, "POST", "/v2/repository/index", b"{}").json()
    states = {one["name"]: one["state"] for one in index}
    # Behind the last one are the routes of the first.
    assert states == dict.fromkeys(("sum", "double", "where", "aged", "apart", "mlserver__sum"), "READY")
    assert rest.call(server.address, "POST", "/v2/repository/models/where/unload", b"{}").status == 200
    assert server.infer("where", 1).status == 404
    assert rest.call(server.address, "POST", "/v2/repository/models/where/load", b"{}").status == 200
    assert server.infer("where", 1).status == 200


def test_requests_are_joined_and_one_fault_is_only_its_own(server: Server) -> None:
    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda value: server.infer("double", value), (1.0, -1.0, 2.0, 3.0)))
    assert [reply.status for reply in replies] == [200, 500, 200, 200]
    doubled = [reply.json()["outputs"][0]["data"] for reply in replies if reply.status == 200]
    assert doubled == [[2.0], [4.0], [6.0]]
    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda value: server.infer("double", value), (1.0, 2.0, 3.0, 4.0)))
    assert [reply.json()["outputs"][1]["data"] for reply in replies] == [[4]] * 4
    assert replies[0].json()["model_version"] == "v2"


def test_a_model_of_its_own_process_runs_requests_at_once(server: Server) -> None:
    with ThreadPoolExecutor(2) as pool:
        replies = list(pool.map(lambda value: server.infer("sum", value, name="meet"), (1.0, 2.0)))
    assert [reply.json()["outputs"][0]["data"] for reply in replies] == [[1.0], [2.0]]


def test_pieces_are_events(server: Server) -> None:
    for path in ("infer_stream", "generate_stream"):
        reply = rest.call(server.address, "POST", f"/v2/models/sum/{path}", request(1, 2, 3))
        assert reply.headers["content-type"].startswith("text/event-stream")
        pieces = [json.loads(line[6:]) for line in reply.text.splitlines() if line.startswith("data: ")]
        assert [piece["outputs"][0]["data"] for piece in pieces] == [[1.0], [2.0], [3.0]]
    refused = rest.call(server.address, "POST", "/v2/models/double/infer_stream", request(1))
    assert "expected: max_batch_size 0" in refused.text


def test_bytes_behind_the_json_are_tensors(server: Server) -> None:
    tensor = {"name": "x", "shape": [2, 1], "datatype": "FP32", "parameters": {"binary_data_size": 8}}
    head = {"inputs": [tensor], "parameters": {"binary_data_output": True}}
    answer = oip.infer(server.address, "double", head, [np.array([1, 2], "<f4").tobytes()])
    assert answer.reply.status == 200, answer.reply.text
    assert np.frombuffer(answer.tail[:8], "<f4").tolist() == [2.0, 4.0]


def test_grpc_answers_typed_and_tells_statuses(server: Server) -> None:
    messages = rpc.open_inference_messages()

    def asked(name: str) -> Any:
        tensor = messages.ModelInferRequest.InferInputTensor(name=name, datatype="FP32", shape=[2, 1])
        tensor.contents.fp32_contents.extend([1.0, 2.0])
        return messages.ModelInferRequest(model_name="double", id="7", inputs=[tensor])

    with rpc.open_inference(server.grpc) as stub:
        answer = stub.ModelInfer(asked("x"))
        assert answer.id == "7"
        assert list(answer.outputs[0].contents.fp32_contents) == [2.0, 4.0]
        with pytest.raises(grpc.RpcError) as caught:
            stub.ModelInfer(asked("y"))
        assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT
        stream = stub.ModelStreamInfer(
            iter([messages.ModelInferRequest(model_name="sum", inputs=asked("x").inputs)])
        )
        pieces = [list(piece.infer_response.outputs[0].contents.fp64_contents) for piece in stream]
        assert pieces == [[1.0], [2.0]]


def test_metadata_of_a_call_are_headers_both_ways(server: Server) -> None:
    messages = rpc.open_inference_messages()
    x = messages.ModelInferRequest.InferInputTensor(name="x", datatype="FP64", shape=[1])
    x.contents.fp64_contents.append(1)
    asked = messages.ModelInferRequest(model_name="sum", id="7", inputs=[x])
    with rpc.open_inference(server.grpc) as stub:
        _, call = stub.ModelInfer.with_call(asked, metadata=[("x-mark", "mine")], timeout=20)
    told = dict([*call.initial_metadata(), *call.trailing_metadata()])
    assert (told["x-mark"], told["ce-id"], told["ce-modelid"]) == ("mine", "7", "sum")


def test_metrics_of_a_model_are_on_the_page(server: Server) -> None:
    assert server.infer("sum", 1).status == 200

    def shown() -> bool:
        page = rest.call(server.metrics, "GET", "/metrics").text
        return "sums_count{" in page and 'model_name="sum"' in page

    eventually(shown, 20, "the metric is on the page")


def test_the_repository_is_asked_where_models_are_over_grpc(server: Server) -> None:
    messages = rpc.open_inference_messages()
    for opened in (rpc.open_inference, rpc.model_repository):
        with opened(server.grpc) as stub:
            stub.RepositoryModelUnload(messages.RepositoryModelUnloadRequest(model_name="where"), timeout=60)
            listed = stub.RepositoryIndex(messages.RepositoryIndexRequest(), timeout=20).models
            assert "where" not in [model.name for model in listed]
            stub.RepositoryModelLoad(messages.RepositoryModelLoadRequest(model_name="where"), timeout=60)
            ready = stub.RepositoryIndex(messages.RepositoryIndexRequest(ready=True), timeout=20).models
            assert ("where", "READY") in [(model.name, model.state) for model in ready]


def test_metadata_are_those_of_the_settings(server: Server) -> None:
    shown = rest.call(server.address, "GET", "/v2/models/double").json()
    assert shown["versions"] == ["v2"]
    assert shown["inputs"] == [{"name": "x", "datatype": "FP64", "shape": [-1, 1]}]
    assert rest.call(server.address, "GET", "/v2/models/double/versions/v3").status == 404


def test_a_model_has_routes_of_its_own(server: Server) -> None:
    added = rest.call(server.address, "POST", "/sums/of", b"[1, 2]")
    assert (added.status, added.json()) == (200, {"total": 3})
    told = rest.call(server.address, "GET", "/sums/name", headers={"X-Mark": "mine"})
    assert (told.status, told.text, told.headers["x-mark"]) == (203, "sum", "mine")
    refused = rest.call(server.address, "POST", "/sums/of", b'["one"]')
    assert refused.status == 422
    assert refused.json()["error"].startswith("body: ")


def test_pages_of_other_origins_are_let_in(server: Server) -> None:
    reply = server.infer("sum", 1, headers={"Origin": "http://elsewhere"})
    assert reply.headers["access-control-allow-origin"] == "*"


def test_a_program_starts_and_stops_a_server_in_its_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.syspath_prepend(str(ROOT / "model-archiver"))
    monkeypatch.syspath_prepend(str(ROOT))
    port = free_port()
    settings = Settings(host="127.0.0.1", http_port=port, grpc_port=0, metrics_port=0)
    model = ModelSettings(name="triple", implementation=Triple)
    address = f"http://127.0.0.1:{port}"

    async def go() -> Any:
        server = MLServer(settings)
        running = asyncio.create_task(server.start([model]))
        reply = None
        while reply is None or reply.status != 200:
            assert not running.done(), running
            await asyncio.sleep(0.1)
            try:
                reply = await asyncio.to_thread(
                    rest.call, address, "POST", "/v2/models/triple/infer", request(2)
                )
            except OSError:
                continue
        await server.stop()
        await asyncio.wait_for(running, 60)
        return reply.json()["outputs"][0]["data"]

    assert asyncio.run(asyncio.wait_for(go(), 100)) == [6.0]


def test_a_model_that_can_not_load_ends_the_command(tmp_path: Path) -> None:
    operator = Operator(tmp_path)
    broken = operator.work / "models" / "broken"
    broken.mkdir(parents=True)
    (broken / "model-settings.json").write_text('{"implementation": "json.Nothing"}')
    (operator.work / "models" / "settings.json").write_text((MODELS / "settings.json").read_text())
    done = operator.run("mlserver", "start", "models")
    assert done.code == 1
    assert "module json has no Nothing" in done.err
    assert operator.run("mlserver", "start", "absent").code == 2
