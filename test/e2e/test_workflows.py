"""Workflows: a graph of four nodes, two of them functions, from the archive to the answer."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from support import rest
from support.packing import handler_path, pack
from support.server import RunningServer
from support.waiting import eventually
from workflow_archiver.workflow_packaging import main as archive_workflow

DIAMOND = {
    "models": {
        "retry-attempts": 1,
        "left": {"url": "branch.mar", "min-workers": 2, "max-workers": 2},
        "right": {"url": "branch.mar"},
    },
    "dag": {"pre": ["left", "right"], "left": ["post"], "right": ["post"]},
}


def pack_workflow(store: Path, name: str, spec: Mapping[str, Any]) -> None:
    folder = store.parent / f"spec-of-{name}"
    folder.mkdir(exist_ok=True)
    # JSON is YAML.
    (folder / "spec.yaml").write_text(json.dumps(spec), encoding="utf-8")
    handler = handler_path("flow_functions")
    arguments = ["--workflow-name", name, "--spec-file", str(folder / "spec.yaml"), "--handler", handler]
    assert archive_workflow([*arguments, "--export-path", str(store), "--force"]) == 0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    base = tmp_path_factory.mktemp("workflows")
    flows = base / "flows"
    flows.mkdir()
    running = RunningServer(base / "server", arguments=["--enable-model-api", "--workflow-store", str(flows)])
    pack(running.store, "branch", "flow_branch")
    pack_workflow(flows, "diamond", DIAMOND)
    pack_workflow(flows, "sad", {"dag": {"pre": ["broken"]}})
    pack_workflow(flows, "picky", {"dag": {"pre": ["reject"], "reject": ["show"]}})
    pack_workflow(
        flows, "forked", {"models": {"left": {"url": "branch.mar"}}, "dag": {"pre": ["show", "left"]}}
    )
    pack_workflow(flows, "lost", {"dag": {"pre": ["nowhere"]}})
    with running:
        registered = running.manage("POST", "/workflows", url="diamond.war")
        assert registered.status == 200, registered.text
        assert registered.json()["status"] == (
            "Workflow diamond has been registered and scaled successfully."
        )
        yield running


def ask(server: RunningServer, workflow: str, body: str, **headers: str) -> rest.Reply:
    return rest.call(server.inference, "POST", f"/wfpredict/{workflow}", body, headers)


def models(server: RunningServer) -> set[str]:
    return {model["modelName"] for model in server.manage("GET", "/models").json()["models"]}


def test_a_request_passes_through_all_nodes(server: RunningServer) -> None:
    answer = ask(server, "diamond", "hello", **{"x-mark": "7"})
    assert answer.status == 200, answer.text
    assert answer.json() == {"left": "left:HELLO", "right": "right:HELLO", "header": "7"}


def test_nodes_are_models_of_the_workflows_name(server: RunningServer) -> None:
    assert {"diamond__pre", "diamond__left", "diamond__right", "diamond__post"} <= models(server)
    assert len(server.workers("diamond__left")) == 2
    (described,) = server.manage("GET", "/workflows/diamond").json()
    assert described["workflowUrl"] == "diamond.war"
    assert described["workflowDag"] == "{pre=[left, right], left=[post], right=[post]}"


def test_a_workflow_is_registered_once(server: RunningServer) -> None:
    again = server.manage("POST", "/workflows", url="diamond.war")
    assert again.status == 409
    assert "already registered" in again.message


def test_no_request_is_lost_when_a_nodes_worker_is_killed(server: RunningServer) -> None:
    (victim,) = server.workers("diamond__right")
    with ThreadPoolExecutor(32) as clients:
        answers = [clients.submit(ask, server, "diamond", f"n{number}") for number in range(200)]
        eventually(lambda: any(answer.done() for answer in answers))
        os.kill(victim["pid"], signal.SIGKILL)
        for number, answer in enumerate(answers):
            assert answer.result().status == 200, answer.result().text
            assert answer.result().json()["right"] == f"right:N{number}"


def test_a_request_that_kills_its_worker_ends_with_the_nodes_name(server: RunningServer) -> None:
    answer = ask(server, "diamond", "kill")
    assert answer.status >= 500
    assert answer.message.startswith(
        ("Error executing left: Worker died", "Error executing right: Worker died")
    )
    eventually(lambda: ask(server, "diamond", "back").status == 200)


def test_a_nodes_own_status_and_message_reach_the_client(server: RunningServer) -> None:
    assert server.manage("POST", "/workflows", url="picky.war").status == 200
    answer = ask(server, "picky", "x")
    assert (answer.status, answer.message) == (422, "Error executing reject: nothing of mine")
    assert server.manage("DELETE", "/workflows/picky").status == 200


def test_several_last_nodes_answer_as_one_object(server: RunningServer) -> None:
    assert server.manage("POST", "/workflows", url="forked.war").status == 200
    answer = ask(server, "forked", "hello")
    assert answer.status == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {"show": ["body"], "left": "left:HELLO"}
    assert server.manage("DELETE", "/workflows/forked").status == 200


def test_unregistering_removes_the_nodes(server: RunningServer) -> None:
    assert server.manage("POST", "/workflows", url="sad.war", workflow_name="sadder").status == 200
    answer = ask(server, "sadder", "x")
    assert (answer.status, answer.message) == (500, "Error executing broken: Prediction failed")
    gone = server.manage("DELETE", "/workflows/sadder")
    assert (gone.status, gone.json()["status"]) == (200, 'Workflow "sadder" unregistered')
    assert not any(name.startswith("sadder") for name in models(server))
    assert ask(server, "sadder", "x").status == 404


def test_a_workflow_that_cant_be_loaded_leaves_nothing(server: RunningServer) -> None:
    before = models(server)
    failed = server.manage("POST", "/workflows", url="lost.war")
    assert failed.status == 500
    assert models(server) == before
    assert [flow["workflowName"] for flow in server.manage("GET", "/workflows").json()["workflows"]] == [
        "diamond"
    ]


def test_an_archive_that_is_not_there_is_not_found(server: RunningServer) -> None:
    assert server.manage("POST", "/workflows", url="absent.war").status == 404
