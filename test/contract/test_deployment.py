"""What lies in docker/, kubernetes/ and ts_scripts/ fits the server and each other."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from support import rest
from support.places import PROTO, ROOT
from support.server import RunningServer

from ts._cli import properties

ENTRY = ROOT / "docker" / "dockerd-entrypoint.sh"
DOCKERFILES = sorted((ROOT / "docker").glob("Dockerfile*"))


def documents(file: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((ROOT / "kubernetes" / file).read_text("utf-8")))


def probes(container: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name in ("startupProbe", "livenessProbe", "readinessProbe"):
        get = container[name]["httpGet"]
        yield get["path"], get["port"]


@pytest.fixture
def entry(tmp_path: Path) -> Any:
    """Runs the entry point with commands that only say what they are called with."""
    for name in ("torchserve", "python"):
        stub = tmp_path / name
        stub.write_text(f'#!/bin/sh\necho {name} "$@"\nexit 3\n')
        stub.chmod(0o755)

    def run(*arguments: str, **variables: str) -> tuple[int, str]:
        environment = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", **variables}
        done = subprocess.run(
            [ENTRY, *arguments], env=environment, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout.strip() + done.stderr

    return run


def test_the_entry_point_becomes_the_server(entry: Any) -> None:
    served = "torchserve --start --foreground --ts-config /home/model-server/config.properties"
    assert entry("serve") == (3, served + " --disable-token-auth")
    assert entry("torchserve", "--start", "--ncs") == (3, "torchserve --foreground --start --ncs")


def test_the_entry_point_knows_kserve(entry: Any) -> None:
    expected = (3, "python -m ts._cli.kserve --start")
    assert entry("torchserve", "--start", PROTOCOL_VERSION="v2") == expected
    assert entry("torchserve", "--start", CONFIG_PATH="/mnt/models/config/config.properties") == expected


def test_the_entry_point_runs_other_commands_as_the_shell_does(entry: Any) -> None:
    assert entry("echo", "$PLACE;", "exit", "5", PLACE="here") == (5, "here")


@pytest.mark.parametrize("file", DOCKERFILES, ids=lambda file: file.name)
def test_an_image_has_torchserves_folders_and_ports(file: Path) -> None:
    text = file.read_text("utf-8")
    assert "EXPOSE 8080 8081 8082 7070 7071" in text
    assert "WORKDIR /home/model-server" in text
    assert "USER 1000" in text
    for source in re.findall(r"^COPY (?:--chown=\S+ )?(docker/\S+)", text, re.MULTILINE):
        assert (ROOT / source).is_file(), source


def test_the_deployment_fits_the_images(shared_server: RunningServer) -> None:
    deployment, service, scaler = documents("mariner.yaml")
    config = properties.parse((ROOT / "docker" / "config.properties").read_text("utf-8"))
    spec = deployment["spec"]["template"]["spec"]
    container = spec["containers"][0]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    for name in ("inference", "management", "metrics"):
        assert config[f"{name}_address"].endswith(f":{ports[name]}")
    assert [port["targetPort"] for port in service["spec"]["ports"]] == list(ports)
    assert service["spec"]["selector"] == deployment["spec"]["selector"]["matchLabels"]
    assert deployment["spec"]["template"]["metadata"]["labels"] == service["spec"]["selector"]
    assert scaler["spec"]["scaleTargetRef"]["name"] == deployment["metadata"]["name"]
    assert {mount["name"] for mount in container["volumeMounts"]} == {v["name"] for v in spec["volumes"]}
    for path, port in probes(container):
        assert port == "inference"
        assert rest.call(shared_server.inference, "GET", path).status == 200, path


def test_the_kserve_runtime_starts_what_the_entry_point_knows(entry: Any) -> None:
    (runtime,) = documents("kserve/cluster-serving-runtime.yaml")
    assert (runtime["kind"], runtime["apiVersion"]) == ("ClusterServingRuntime", "serving.kserve.io/v1alpha1")
    container = runtime["spec"]["containers"][0]
    assert container["name"] == "kserve-container"
    variables = {item["name"]: item["value"] for item in container["env"]}
    code, said = entry(*container["args"], **variables)
    assert (code, said.split()[:4]) == (3, ["python", "-m", "ts._cli.kserve", "--start"])


def test_the_protocol_files_are_where_torchserves_are() -> None:
    linked = ROOT / "frontend" / "server" / "src" / "main" / "resources" / "proto"
    assert linked.resolve() == PROTO
    assert (linked / "inference.proto").is_file()


def test_dependencies_are_installed_by_the_scripts_of_the_checkout() -> None:
    script = ROOT / "ts_scripts" / "install_dependencies.py"
    environment = {key: value for key, value in os.environ.items() if key != "MARINER_PIP_ARGS"}

    def run(*flags: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, script, "--dry-run", *flags],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    assert run().stdout == f"+ {ROOT / 'script' / 'setup'}\n"
    assert f"-r {ROOT / 'requirements-torch.txt'}" in run("--environment", "prod").stdout
    refused = run("--cuda", "cu128")
    assert refused.returncode == 2
    assert "--cuda: cu128 (expected: MARINER_PIP_ARGS" in refused.stderr


def test_the_sample_client_pings_and_predicts(shared_server: RunningServer, tmp_path: Path) -> None:
    script = ROOT / "ts_scripts" / "torchserve_grpc_client.py"
    body = tmp_path / "body.txt"
    body.write_text("what was sent")

    def run(*words: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, script, "--inference", shared_server.grpc_inference, *map(str, words)]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    assert '"Healthy"' in run("ping").stdout
    assert run("infer", "echo", body).stdout.strip() == "what was sent"
    refused = run("infer", "nope", body)
    assert refused.returncode == 1
    assert refused.stderr.startswith("NOT_FOUND: ")
