"""What configuration changes, seen from outside."""

from __future__ import annotations

import http.client
import json
import re
import socket
from pathlib import Path

import grpc
import pytest
from support import rest, rpc
from support.fixtures import ServerMaker
from support.operator import Operator
from support.packing import pack
from support.server import RunningServer
from support.waiting import eventually


def inspected(server: RunningServer, body: str = "{}", **headers: str) -> dict[str, object]:
    answer = server.predict("inspect", body, **headers)
    assert answer.status == 200, answer.text
    return dict(answer.json())


def test_bodies_stay_bytes_when_decoding_is_off(make_server: ServerMaker) -> None:
    server = make_server(models=["inspect=inspect.mar"], config={"decode_input_request": "false"})
    pack(server.store, "inspect", "inspecting")
    with server:
        for content_type in ("application/json", "text/plain"):
            assert inspected(server, Content_Type=content_type)["types"] == {"body": "bytearray"}


def test_the_archives_own_configuration_reaches_frontend_and_handler(make_server: ServerMaker) -> None:
    server = make_server(models=["inspect=inspect.mar"])
    config = {
        "minWorkers": 2,
        "maxWorkers": 3,
        "batchSize": 4,
        "responseTimeout": 7,
        "handler": {"mine": [1]},
    }
    pack(server.store, "inspect", "inspecting", config=config)
    with server:
        described = server.describe("inspect")
        told = {key: described[key] for key in ("minWorkers", "maxWorkers", "batchSize", "responseTimeout")}
        assert told == {"minWorkers": 2, "maxWorkers": 3, "batchSize": 4, "responseTimeout": 7}
        assert len(server.workers("inspect")) == 2
        load = inspected(server)["load"]
        assert isinstance(load, dict)
        assert load["yaml"] == config
        assert load["system_properties"]["batch_size"] == 4


def test_one_instance_serves_all_requests(make_server: ServerMaker) -> None:
    server = make_server(models=["inspect=inspect.mar"])
    pack(server.store, "inspect", "inspecting")
    with server:
        first, second = inspected(server), inspected(server)
        assert (first["pid"], second["calls"]) == (second["pid"], 2)


def test_details_of_failures_are_told_when_that_is_switched_on(make_server: ServerMaker) -> None:
    server = make_server(models=["act=act.mar"], config={"expose_errors": "true"})
    pack(server.store, "act", "acting")
    with server:
        answer = server.predict("act", {"do": "raise", "text": "the inner reason"})
        assert answer.status == 500
        assert "the inner reason" in answer.text
        with rpc.inference(server.grpc_inference) as stub, pytest.raises(grpc.RpcError) as fault:
            stub.Predictions(
                rpc.prediction("act", b'{"do": "raise", "text": "the inner reason"}'), timeout=30
            )
        assert "the inner reason" in fault.value.details()


def test_variables_of_the_environment_count_as_the_file_says(make_server: ServerMaker) -> None:
    server = make_server(
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
    with server:
        assert server.describe("e")["jobQueueStatus"]["remainingCapacity"] == 9
        assert server.predict("e", "x").body == b"x"
        assert server.predict("act", {"do": "environment", "name": "MY_HIDDEN_KEY"}).body == b"null"
        assert server.predict("act", {"do": "environment", "name": "MY_OPEN_KEY"}).body == b"open"


def test_logs_go_where_the_environment_says(make_server: ServerMaker, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    server = make_server(
        models=["echo=echo.mar"],
        environment={"LOG_LOCATION": str(elsewhere), "METRICS_LOCATION": str(elsewhere)},
    )
    pack(server.store, "echo", "echo")
    with server:
        assert server.predict("echo", "x").status == 200
        access = elsewhere / "access_log.log"
        line = eventually(lambda: access.exists() and access.read_text(), 10, "the access line")
    pattern = r'\S+ - /127\.0\.0\.1:\d+ "POST /predictions/echo HTTP/1\.1" 200 \d+\n'
    assert re.fullmatch(pattern, str(line)), line
    assert not server.logs.exists()


def test_inference_on_a_unix_socket(make_server: ServerMaker, tmp_path: Path) -> None:
    path = tmp_path / "inference.sock"
    server = make_server(models=["echo=echo.mar"], config={"inference_address": f"unix:{path}"})
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


def test_cors_headers_are_told_when_configured(make_server: ServerMaker) -> None:
    origin = "https://page.example"
    server = make_server(models=["echo=echo.mar"], config={"cors_allowed_origin": origin})
    pack(server.store, "echo", "echo")
    with server:
        answer = server.predict("echo", "x", Origin=origin)
        assert (answer.status, answer.headers["access-control-allow-origin"]) == (200, origin)


def test_tls_is_refused_openly_until_it_is_there(operator: Operator) -> None:
    config = operator.config(inference_address="https://127.0.0.1:0")
    done = operator.run("mariner", "start", "--model-store", operator.store, "--ts-config", config)
    assert done.code == 1
    assert "inference_address" in done.text
    assert "not supported yet" in done.text


def test_explaining_runs_preprocess_first(make_server: ServerMaker) -> None:
    server = make_server(models=["explain=explain.mar"])
    pack(server.store, "explain", "explaining")
    with server:
        for route, text in (("explanations", "explained <x>"), ("predictions", "predicted <x>")):
            assert rest.call(server.inference, "POST", f"/{route}/explain", "x").text == text


def test_large_messages_pass_over_grpc(make_server: ServerMaker) -> None:
    server = make_server(
        models=["echo=echo.mar"], config={"max_request_size": 30_000_000, "max_response_size": 30_000_000}
    )
    pack(server.store, "echo", "echo")
    body = bytes(range(256)) * 100_000
    options = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
    with server:
        with rpc.inference(server.grpc_inference, options) as stub:
            assert stub.Predictions(rpc.prediction("echo", body), timeout=60).prediction == body
        assert server.predict("echo", body).body == body


def test_counters_count_both_apis(make_server: ServerMaker) -> None:
    server = make_server(models=["echo=echo.mar"])
    pack(server.store, "echo", "echo")
    with server:
        for _ in range(3):
            assert server.predict("echo", "x").status == 200
        assert server.predict("echo/1.0", "x").status == 200
        assert server.predict("nope", "x").status == 404
        with rpc.inference(server.grpc_inference) as stub:
            assert stub.Predictions(rpc.prediction("echo", b"x"), timeout=30).prediction == b"x"
        page = rest.call(server.metrics, "GET", "/metrics").text
    counts = {
        line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in page.splitlines() if line[0] != "#"
    }
    by_version = {
        version: value
        for key, value in counts.items()
        for version in re.findall(
            r'^ts_inference_requests_total\{model_name="echo",model_version="([^"]+)"', key
        )
    }
    assert by_version == {"default": 4.0, "1.0": 1.0}
    assert next(v for k, v in counts.items() if k.startswith("mariner_batch_size_count{")) == 5.0
    assert next(v for k, v in counts.items() if k.startswith("Requests4XX{")) == 1.0
    assert "nope" not in page


def test_no_snapshot_is_written_or_read(make_server: ServerMaker) -> None:
    server = make_server(models=["echo=echo.mar"], profile="torchserve", arguments=["--disable-token-auth"])
    pack(server.store, "echo", "echo")
    snapshots = server.logs / "config"
    snapshots.mkdir(parents=True)
    planted = snapshots / "20200101000000000-startup.cfg"
    planted.write_text(
        "model_store=/nowhere\njob_queue_size=1\nmodel_snapshot=" + json.dumps({"modelCount": 0})
    )
    with server:
        assert server.predict("echo", "x").status == 200
        assert server.describe("echo")["jobQueueStatus"]["remainingCapacity"] == 100
    assert list(snapshots.iterdir()) == [planted]
