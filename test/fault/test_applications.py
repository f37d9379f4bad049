"""Faults on the way through an application: the stage is named, and whatever waited beside it goes on."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from faults import HANDLERS, order, pid_of
from observation import Observation
from support import rest
from support.server import RunningServer
from support.waiting import eventually

from mariner.plan import Node, Plan, Route, Stage

PASSING = "def handle(data, context):\n    return data and [row['body'] for row in data]\n"
JOINING = "def handle(data, context):\n    return data and [b'joined'] * len(data)\n"
pytestmark = pytest.mark.profiled


def shaky() -> Plan:
    faulty = (HANDLERS / "faulty.py").read_text(encoding="utf-8")
    stages = [
        Stage("pass", PASSING),
        Stage("fault", faulty, {"responseTimeout": 1}),
        Stage("join", JOINING),
    ]
    chain = [Node("first", "pass"), Node("second", "fault", ["first"])]
    joined = [*chain, Node("third", "pass", ["first"]), Node("last", "join", ["second", "third"])]
    again = [Node("first", "pass"), Node("second", "fault", ["first"], retries=2)]
    routes = [
        Route("/shaky/chain", chain),
        Route("/shaky/joined", joined),
        Route("/shaky/again", again),
    ]
    return Plan("shaky", stages, routes)


@pytest.fixture(scope="module", autouse=True)
def application(server: RunningServer) -> Iterator[None]:
    """The application, which leaves nothing when it goes."""
    shaky().write(server.store / "shaky")
    registered = server.manage("POST", "/workflows", url="shaky")
    assert registered.status == 200, registered.text
    yield
    assert server.manage("DELETE", "/workflows/shaky").status == 200
    names = {model["modelName"] for model in server.manage("GET", "/models", limit=100).json()["models"]}
    assert not {name for name in names if name.startswith("shaky__")}


def ask(server: RunningServer, path: str, body: str) -> rest.Reply:
    return rest.call(server.inference, "POST", path, body)


@pytest.mark.parametrize("path", ["/shaky/chain", "/shaky/joined"])
def test_a_stage_that_dies_is_named(server: RunningServer, base: Observation, path: str) -> None:
    lost = ask(server, path, order("kill"))
    assert lost.status == (507 if server.profile == "torchserve" else 500)
    assert lost.message.startswith("Error executing second: Worker died. It was ended by signal 9 (SIGKILL)")


@pytest.mark.parametrize("path", ["/shaky/chain", "/shaky/joined"])
def test_a_stage_that_hangs_is_named(
    server: RunningServer, base: Observation, tmp_path: Path, path: str
) -> None:
    hung = ask(server, path, order("wait", until=tmp_path / "never"))
    assert hung.status == (500 if server.profile == "torchserve" else 504)
    assert hung.message.startswith("Error executing second: Worker timed out")


def test_what_waits_for_a_lost_stage_runs_on_its_successor(
    server: RunningServer, base: Observation, tmp_path: Path
) -> None:
    began = tmp_path / "began"
    victim = pid_of(server, "shaky__fault")
    with ThreadPoolExecutor(9) as clients:
        culprit = clients.submit(
            ask, server, "/shaky/chain", order("wait", until=tmp_path / "never", began=began)
        )
        eventually(began.exists)
        others = [clients.submit(ask, server, "/shaky/chain", order("pid")) for _ in range(8)]
        assert culprit.result().status in (500, 504)
        for other in others:
            assert other.result().status == 200, other.result().text
            assert int(other.result().text) != victim


def test_a_stage_that_may_be_tried_again_runs_on_its_successor(
    server: RunningServer, base: Observation, tmp_path: Path
) -> None:
    once = ask(server, "/shaky/again", order("kill_once", mark=tmp_path / "mark"))
    assert (once.status, once.text) == (200, "alive")


def test_a_stage_is_tried_no_more_often_than_it_may(
    server: RunningServer, base: Observation, tmp_path: Path
) -> None:
    notes = tmp_path / "notes"
    lost = ask(server, "/shaky/again", order("kill", note=notes, name="tried"))
    assert lost.status == (507 if server.profile == "torchserve" else 500)
    assert lost.message.startswith("Error executing second: Worker died.")
    assert notes.read_text(encoding="utf-8").split() == ["tried"] * 3
