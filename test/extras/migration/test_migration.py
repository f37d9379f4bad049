"""The migration guide, step by step: what TorchServe 0.12 left behind is served by Mariner as it was."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support import rest, rpc
from support.deployment import Deployment
from support.operator import Operator
from support.waiting import eventually

pytestmark = pytest.mark.timeout(600)

FORM = (
    b'--b\r\nContent-Disposition: form-data; name="data"; filename="a.bin"\r\n'
    b"Content-Type: application/octet-stream\r\n\r\n\x00\x01\xff\r\n--b--\r\n"
)
JSON = {"Content-Type": "application/json"}

# Method, path, body, headers of what a client asks of the inference listener.
ASKED: dict[str, tuple[str, str, bytes, dict[str, str]]] = {
    "ping": ("GET", "/ping", b"", {}),
    "bytes": ("POST", "/predictions/echo", b"\x00raw\xff", {"Content-Type": "application/octet-stream"}),
    "text": ("POST", "/predictions/echo", "grüße".encode(), {"Content-Type": "text/plain"}),
    "json": ("POST", "/predictions/echo", b'{"a": [1, 2.5, null, "\xc3\xa9"]}', JSON),
    "form": ("POST", "/predictions/echo", FORM, {"Content-Type": "multipart/form-data; boundary=b"}),
    "version": ("POST", "/predictions/packed/1.0", b"x", {"Content-Type": "text/plain"}),
    "folder": ("POST", "/predictions/folder", b"x", {"Content-Type": "text/plain"}),
    "handler": ("POST", "/predictions/calc", b"14", {"Content-Type": "text/plain"}),
    "registered": ("POST", "/predictions/second", b"x", {"Content-Type": "text/plain"}),
    "kserve": ("POST", "/v1/models/echo:predict", b'{"instances": [1]}', JSON),
    "sagemaker": ("POST", "/invocations?model_name=echo", b"x", {"Content-Type": "text/plain"}),
    "exception": ("POST", "/predictions/fails", b"x", {"Content-Type": "text/plain"}),
    "no model": ("POST", "/predictions/nobody", b"x", {}),
    "no version": ("POST", "/predictions/echo/9.9", b"x", {}),
    "no route": ("GET", "/nothing/here/at/all", b"", {}),
    "workflow": ("POST", "/wfpredict/chain", b"x", {"Content-Type": "text/plain"}),
}

# What of a model's description is the same: the rest are times, process numbers and memory.
DESCRIBED = (
    *("modelName", "modelVersion", "modelUrl", "runtime", "minWorkers", "maxWorkers"),
    *("batchSize", "maxBatchDelay", "responseTimeout", "startupTimeout"),
)
MODELS = ("calc", "echo", "fails", "folder", "packed", "second")


def seen(deployment: Deployment) -> dict[str, Any]:
    """Returns what clients and operators are told."""
    answers: dict[str, Any] = {}
    for name, (method, path, body, headers) in ASKED.items():
        answer = rest.call(deployment.inference, method, path, body or None, headers)
        answers[name] = (answer.status, answer.body)
    by = rest.call(deployment.inference, "POST", "/predictions/calc", b"1", {"Content-Type": "text/plain"})
    kept = ("content-type", "x-by", "access-control-allow-origin", "pragma", "cache-control", "expires")
    answers["headers"] = {name: by.headers.get(name) for name in kept}
    described = {}
    for model in MODELS:
        entry = rest.call(deployment.management, "GET", f"/models/{model}").json()[0]
        described[model] = {key: entry.get(key) for key in DESCRIBED} | {"workers": len(entry["workers"])}
    answers["described"] = described
    listed = rest.call(deployment.management, "GET", "/models?limit=100").json()["models"]
    # Nodes of workflows that are functions are hidden in 0.12, and shown here.
    answers["listed"] = {
        entry["modelName"]: entry["modelUrl"] for entry in listed if "__" not in entry["modelName"]
    }
    with rpc.inference(deployment.grpc_inference) as stub:
        answers["grpc"] = stub.Predictions(rpc.prediction("echo", b"\x00x"), timeout=60).prediction
    return answers


def metric_names(deployment: Deployment) -> set[str]:
    """Returns the names of the series on the metrics page, without those of the machine's GPUs."""
    page = rest.call(deployment.metrics, "GET", "/metrics").text
    return set(re.findall(r"^([A-Za-z_:][\w:]*)\{", page, re.MULTILINE))


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> tuple[Deployment, dict[str, Any], set[str]]:
    """A deployment that TorchServe has served and stopped: its folders, what it answered, its metrics."""
    deployment = Deployment(tmp_path_factory.mktemp("migration") / "old")
    deployment.set_up()
    log = deployment.base / "torchserve.txt"
    with log.open("wb") as output:
        started = deployment.spawn(output)
    try:
        assert started.wait(120) == 0, log.read_text()
        deployment.await_models(4)
        deployment.change()
        deployment.await_models(6)
        deployment.add_workflow()
        answers = seen(deployment)
        names = metric_names(deployment)
    finally:
        deployment.run("torchserve", "--stop")
    eventually(lambda: list((deployment.work / "logs" / "config").glob("*shutdown.cfg")), 60, "a snapshot")
    eventually(lambda: not deployment.answers(), 60, "TorchServe has stopped")
    return deployment, answers, names


@pytest.fixture
def operator(tmp_path: Path) -> Iterator[Operator]:
    operator = Operator(tmp_path)
    yield operator
    operator.clean()


def differences(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    return {name: (before[name], after[name]) for name in before if before[name] != after[name]}


def served(
    operator: Operator, deployment: Deployment, *flags: object
) -> tuple[dict[str, Any], set[str], str]:
    """Starts Mariner in the deployment's folder as its operator started TorchServe; returns what is seen."""
    started = operator.run("torchserve", *flags, cwd=deployment.work)
    assert started.code == 0, started.text
    try:
        deployment.await_models(4)
        if "--models" in flags:
            deployment.change()
        deployment.await_models(6)
        deployment.add_workflow()
        return seen(deployment), metric_names(deployment)
    finally:
        assert operator.run("torchserve", "--stop", "--foreground", cwd=deployment.work).code == 0


def test_the_last_snapshot_is_served_as_it_was(
    left: tuple[Deployment, dict[str, Any], set[str]], operator: Operator
) -> None:
    deployment, before, names = left
    flags = ("--start", "--model-store", deployment.store, "--workflow-store", deployment.workflows)
    after, now = served(operator, deployment, *flags)
    assert differences(before, after) == {}
    assert names - now == set()


def test_the_same_start_serves_the_same(
    left: tuple[Deployment, dict[str, Any], set[str]], operator: Operator
) -> None:
    deployment, before, names = left
    after, now = served(operator, deployment, *deployment.flags(), "--ncs")
    assert differences(before, after) == {}
    assert names - now == set()
