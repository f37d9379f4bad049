"""Faults on the way through an application: the stage is named, and whatever waited beside it goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from faults import HANDLERS, order, pending, pid_of
from observation import Observation
from support import rest
from support.server import RunningServer
from support.waiting import eventually

from mariner.plan import Node, Plan, Route, Stage

PASSING = "def handle(data, context):\n    return data and [row['body'] for row in data]\n"
JOINING = "def handle(data, context):\n    return data and [b'joined'] * len(data)\n"
# Each branch of a fork has an order of its own in the body.
BRANCH = """{faulty}

def _order(row):
    return json.loads(bytes(row["body"]))[{side!r}]
"""
FEW = 4
LARGE_BYTES = 300_000
"""Of twenty such bodies fewer than fourteen fit into the 4 MB of `max_inflight_bytes`."""
pytestmark = pytest.mark.profiled


def shaky() -> Plan:
    faulty = (HANDLERS / "faulty.py").read_text(encoding="utf-8")
    few = {"jobQueueSize": FEW}
    stages = [
        Stage("pass", PASSING),
        Stage("fault", faulty, {"responseTimeout": 1}),
        Stage("join", JOINING),
        Stage("left", BRANCH.format(faulty=faulty, side="left")),
        Stage("right", BRANCH.format(faulty=faulty, side="right")),
        Stage("quick", PASSING, few),
        Stage("slow", faulty, few),
    ]
    fork = [
        Node("first", "pass"),
        Node("left", "left", ["first"]),
        Node("right", "right", ["first"]),
        Node("last", "join", ["left", "right"]),
    ]
    chain = [Node("first", "pass"), Node("second", "fault", ["first"])]
    joined = [*chain, Node("third", "pass", ["first"]), Node("last", "join", ["second", "third"])]
    again = [Node("first", "pass"), Node("second", "fault", ["first"], retries=2)]
    routes = [
        Route("/shaky/chain", chain),
        Route("/shaky/joined", joined),
        Route("/shaky/again", again),
        Route("/shaky/fork", fork),
        Route("/shaky/slow", [Node("first", "quick"), Node("second", "slow", ["first"])]),
        Route("/shaky/large", [Node("first", "pass"), Node("second", "fault", ["first"])]),
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


def test_a_branch_that_fails_cancels_what_waits_beside_it(
    server: RunningServer, base: Observation, tmp_path: Path
) -> None:
    began, gate, notes = tmp_path / "began", tmp_path / "gate", tmp_path / "notes"
    busy = json.dumps(
        {"left": {"do": "answer"}, "right": {"do": "wait", "began": str(began), "until": str(gate)}}
    )
    sibling = {"do": "answer", "note": str(notes), "name": "sibling"}
    with ThreadPoolExecutor(1) as clients:
        held = clients.submit(ask, server, "/shaky/fork", busy)
        try:
            eventually(began.exists)
            failed = ask(server, "/shaky/fork", json.dumps({"left": {"do": "kill"}, "right": sibling}))
            eventually(lambda: pending(server, "shaky__right") == 0)
        finally:
            gate.touch()
        assert (held.result().status, held.result().text) == (200, "joined")
    assert failed.message.startswith("Error executing left: Worker died.")
    again = ask(server, "/shaky/fork", json.dumps({"left": {"do": "answer"}, "right": sibling}))
    assert again.text == "joined"
    assert notes.read_text(encoding="utf-8").split() == ["sibling"], "the cancelled one has not run"


def test_a_slow_stage_fills_and_the_edge_refuses(
    server: RunningServer, base: Observation, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    body = order("wait", until=gate)
    with ThreadPoolExecutor(60) as clients:
        flood = [clients.submit(ask, server, "/shaky/slow", body) for _ in range(60)]
        try:
            # What its stages may hold is in it; all else is refused while nothing moves.
            eventually(lambda: sum(one.done() for one in flood) == 60 - 2 * FEW)
        finally:
            gate.touch()
        replies = [one.result() for one in flood]
    refused = [one for one in replies if one.status != 200]
    assert {one.status for one in refused} == {503}
    assert f"is full: {2 * FEW} requests are in it" in refused[0].message
    assert refused[0].headers["retry-after"] == "1"
    assert len(replies) - len(refused) == 2 * FEW


def test_what_waits_between_stages_counts_as_bytes_in_flight(
    server: RunningServer, base: Observation, tmp_path: Path
) -> None:
    began, gate = tmp_path / "began", tmp_path / "gate"
    body = order("wait", began=began, until=gate) + " " * LARGE_BYTES
    with ThreadPoolExecutor(20) as clients:
        flood = [clients.submit(ask, server, "/shaky/large", body) for _ in range(20)]
        try:
            eventually(lambda: any(one.done() for one in flood))
        finally:
            gate.touch()
        replies = [one.result() for one in flood]
    refused = [one for one in replies if one.status != 200]
    assert {one.status for one in refused} == {503}
    assert "max_inflight_bytes" in refused[0].message
