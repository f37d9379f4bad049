"""What configuration changes, seen from outside."""

from __future__ import annotations

import http.client
import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from support import rest, rpc
from support.fixtures import ServerMaker
from support.operator import Operator
from support.packing import pack
from support.server import RunningServer
from support.waiting import eventually

ORIGIN = "https://page.example"
PLANTED = "20200101000000000-startup.cfg"
OF_THE_ARCHIVE = {
    "minWorkers": 2,
    "maxWorkers": 3,
    "batchSize": 4,
    "responseTimeout": 7,
    "handler": {"mine": [1]},
}
"""Configuration that one model brings along."""
MODELS: dict[str, tuple[str, dict[str, object] | None]] = {
    "inspect": ("inspecting", None),
    "configured": ("inspecting", OF_THE_ARCHIVE),
    "act": ("acting", None),
    "echo": ("echo", None),
    "counted": ("echo", None),
    "explain": ("explaining", None),
}


def elsewhere(server: RunningServer) -> Path:
    """Returns where the server with changed settings keeps its logs."""
    return server.base.parent / "elsewhere"


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server with many settings that are not the default, none of which touches another."""
    base = tmp_path_factory.mktemp("changed") / "server"
    logs = str(base.parent / "elsewhere")
    server = RunningServer(
        base,
        models=[f"{name}={name}.mar" for name in MODELS],
        config={
            "decode_input_request": "false",
            "expose_errors": "true",
            "cors_allowed_origin": ORIGIN,
            "max_request_size": 30_000_000,
            "max_response_size": 30_000_000,
        },
        environment={"LOG_LOCATION": logs, "METRICS_LOCATION": logs},
    )
    for name, (handler, config) in MODELS.items():
        pack(server.store, name, handler, config=config)
    with server:
        yield server


@pytest.fixture(scope="module")
def environed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server that is configured by variables, and finds the snapshot of another one in its logs."""
    server = RunningServer(
        tmp_path_factory.mktemp("environed") / "server",
        profile="torchserve",
        config={
            "enable_envvars_config": "true",
            "job_queue_size": "5",
            "load_models": "$$FIRST_MODEL$$, act.mar",
            "blacklist_env_vars": ".*HIDDEN.*",
        },
        arguments=["--disable-token-auth"],
        environment={
            "TS_JOB_QUEUE_SIZE": "9",
            "FIRST_MODEL": "e=echo.mar",
            "MY_HIDDEN_KEY": "secret",
            "MY_OPEN_KEY": "open",
        },
    )
    pack(server.store, "echo", "echo")
    pack(server.store, "act", "acting")
    snapshots = server.logs / "config"
    snapshots.mkdir(parents=True)
    (snapshots / PLANTED).write_text(
        "model_store=/nowhere\njob_queue_size=1\nmodel_snapshot=" + json.dumps({"modelCount": 0})
    )
    with server:
        yield server


def inspected(
    server: RunningServer, body: str = "{}", model: str = "inspect", **headers: str
) -> dict[str, object]:
    answer = server.predict(model, body, **headers)
    assert answer.status == 200, answer.text
    return dict(answer.json())


def test_bodies_stay_bytes_when_decoding_is_off(changed: RunningServer) -> None:
    for content_type in ("application/json", "text/plain"):
        assert inspected(changed, Content_Type=content_type)["types"] == {"body": "bytearray"}


def test_the_archives_own_configuration_reaches_frontend_and_handler(changed: RunningServer) -> None:
    described = changed.describe("configured")
    told = {key: described[key] for key in ("minWorkers", "maxWorkers", "batchSize", "responseTimeout")}
    assert told == {"minWorkers": 2, "maxWorkers": 3, "batchSize": 4, "responseTimeout": 7}
    assert len(changed.workers("configured")) == 2
    load = inspected(changed, model="configured")["load"]
    assert isinstance(load, dict)
    assert load["yaml"] == OF_THE_ARCHIVE
    assert load["system_properties"]["batch_size"] == 4


def test_one_instance_serves_all_requests(changed: RunningServer) -> None:
    first, second = inspected(changed), inspected(changed)
    assert (first["pid"], second["calls"]) == (second["pid"], int(str(first["calls"])) + 1)


def test_details_of_failures_are_told_when_that_is_switched_on(changed: RunningServer) -> None:
    answer = changed.predict("act", {"do": "raise", "text": "the inner reason"})
    assert answer.status == 500
    assert "the inner reason" in answer.text
    with rpc.inference(changed.grpc_inference) as stub, pytest.raises(grpc.RpcError) as fault:
        stub.Predictions(rpc.prediction("act", b'{"do": "raise", "text": "the inner reason"}'), timeout=30)
    assert "the inner reason" in fault.value.details()


def test_variables_of_the_environment_count_as_the_file_says(environed: RunningServer) -> None:
    assert environed.describe("e")["jobQueueStatus"]["remainingCapacity"] == 9
    assert environed.predict("e", "x").body == b"x"
    assert environed.predict("act", {"do": "environment", "name": "MY_HIDDEN_KEY"}).body == b"null"
    assert environed.predict("act", {"do": "environment", "name": "MY_OPEN_KEY"}).body == b"open"


def test_logs_go_where_the_environment_says(changed: RunningServer) -> None:
    assert changed.predict("echo?logged=1", "x").status == 200
    access = elsewhere(changed) / "access_log.log"
    line = eventually(
        lambda: [one for one in access.read_text().splitlines() if "logged=1" in one], 10, "the access line"
    )
    pattern = r'\S+ - /127\.0\.0\.1:\d+ "POST /predictions/echo\?logged=1 HTTP/1\.1" 200 \d+'
    assert re.fullmatch(pattern, line[0]), line
    assert {path.name for path in elsewhere(changed).iterdir()} >= {"ts_log.log", "model_metrics.log"}
    assert not changed.logs.exists()
    listed = {file["name"] for file in rest.call(changed.management, "GET", "/logs").json()["files"]}
    assert listed >= {"access_log.log", "ts_log.log", "model_log.log", "ts_metrics.log"}
    shown = rest.call(changed.management, "GET", "/logs?file=access_log.log&lines=10000")
    assert line[0] in shown.text.splitlines()
    assert rest.call(changed.management, "GET", "/logs?file=..%2Felsewhere%2Fts_log.log").status == 404


def test_inference_on_a_unix_socket_and_logs_in_json(make_server: ServerMaker, tmp_path: Path) -> None:
    path = tmp_path / "inference.sock"
    config = {"inference_address": f"unix:{path}", "log_format": "json"}
    server = make_server(models=["echo=echo.mar"], config=config)
    pack(server.store, "echo", "echo")
    server.start()
    connection = http.client.HTTPConnection("localhost")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(str(path))
    connection.request("POST", "/predictions/echo", b"over a path")
    assert connection.getresponse().read() == b"over a path"
    connection.close()
    server.process.terminate()
    assert server.process.wait(30) == 0
    assert not path.exists()
    server.assert_clean_output()
    lines = [json.loads(line) for line in server.log("ts_log.log").splitlines()]
    assert lines
    assert all({"time", "level", "logger", "message"} <= line.keys() for line in lines)
    access = json.loads(server.log("access_log.log").splitlines()[-1])
    assert re.fullmatch(r'/127\.0\.0\.1 "POST /predictions/echo HTTP/1\.1" 200 \d+', access["message"])


def test_one_address_serves_inference_and_management(make_server: ServerMaker) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        address = f"http://127.0.0.1:{probe.getsockname()[1]}"
    server = make_server(
        models=["echo=echo.mar"], config={"inference_address": address, "management_address": address}
    )
    pack(server.store, "echo", "echo")
    with server:
        assert rest.call(address, "POST", "/predictions/echo", "x").body == b"x"
        for path in ("/models", "/models/echo", "/models/echo/1.0", "/models/echo/all"):
            assert rest.call(address, "GET", path).status == 200, path
        assert rest.call(address, "PUT", "/models/echo/1.0/set-default").status == 200
        assert rest.call(address, "POST", "/models/echo/invoke", "y").body == b"y"
        described = rest.call(address, "OPTIONS", "/").json()["paths"]
        assert {"/ping", "/models"} <= set(described)


def test_cors_headers_are_told_when_configured(changed: RunningServer) -> None:
    answer = changed.predict("echo", "x", Origin=ORIGIN)
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (200, ORIGIN)


def test_an_address_of_tls_without_a_certificate_is_refused(operator: Operator) -> None:
    config = operator.config(inference_address="https://127.0.0.1:0")
    done = operator.run("mariner", "start", "--model-store", operator.store, "--ts-config", config)
    assert done.code == 1
    assert "inference_address: https://127.0.0.1:0 (expected: certificate_file and" in done.text


def test_explaining_runs_preprocess_first(changed: RunningServer) -> None:
    for route, text in (("explanations", "explained <x>"), ("predictions", "predicted <x>")):
        assert rest.call(changed.inference, "POST", f"/{route}/explain", "x").text == text


def test_large_messages_pass_over_grpc(changed: RunningServer) -> None:
    body = bytes(range(256)) * 100_000
    options = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
    with rpc.inference(changed.grpc_inference, options) as stub:
        assert stub.Predictions(rpc.prediction("echo", body), timeout=60).prediction == body
    assert changed.predict("echo", body).body == body


def counters(server: RunningServer) -> dict[str, float]:
    """Returns the value of each series."""
    page = rest.call(server.metrics, "GET", "/metrics").text
    return {
        line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in page.splitlines() if line[0] != "#"
    }


def test_counters_count_both_apis(changed: RunningServer) -> None:
    refused = sum(v for k, v in counters(changed).items() if k.startswith("Requests4XX{"))
    for _ in range(3):
        assert changed.predict("counted", "x").status == 200
    assert changed.predict("counted/1.0", "x").status == 200
    assert changed.predict("nope", "x").status == 404
    with rpc.inference(changed.grpc_inference) as stub:
        assert stub.Predictions(rpc.prediction("counted", b"x"), timeout=30).prediction == b"x"
    counts = counters(changed)
    by_version = {
        version: value
        for key, value in counts.items()
        for version in re.findall(
            r'^ts_inference_requests_total\{model_name="counted",model_version="([^"]+)"', key
        )
    }
    assert by_version == {"default": 4.0, "1.0": 1.0}
    batches = (v for k, v in counts.items() if k.startswith("mariner_batch_size_count{") and '"counted"' in k)
    assert next(batches) == 5.0
    assert next(v for k, v in counts.items() if k.startswith("Requests4XX{")) == refused + 1
    assert not any("nope" in key for key in counts)


def test_a_configuration_file_that_is_named_comes_before_the_last_snapshot(environed: RunningServer) -> None:
    assert environed.predict("e", "x").status == 200
    # Neither the only model of the planted one, which is none, nor its length of the queue.
    assert environed.describe("e")["jobQueueStatus"]["remainingCapacity"] == 9
    assert PLANTED in [path.name for path in (environed.logs / "config").iterdir()]


def test_the_configuration_names_the_default_version_as_people_write_it(make_server: ServerMaker) -> None:
    options = "{'echo': {'2.0': {'defaultVersion': True, 'batchSize': \"4\",}}, 'gone': {'1.0': {}}}"
    server = make_server(
        profile="torchserve",
        models=["echo-1.mar", "echo-2.mar", "echo-3.mar"],
        config={"models": options, "disable_token_authorization": "true"},
    )
    for version in "1", "2", "3":
        pack(server.store, "echo", "echo", f"{version}.0", file_name=f"echo-{version}.mar")
    with server:
        described = server.describe("echo")
        assert (described["modelVersion"], described["batchSize"]) == ("2.0", 4)
        text = server.text()
        assert "is taken as JSON (expected: JSON; " in text
        assert 'models.echo.2.0.batchSize: "4" is taken as 4' in text
        assert "models.gone.1.0: not loaded at start" in text
