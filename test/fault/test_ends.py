"""How things end under load: the server, its workers, its models. Nothing that was accepted is lost."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from faults import HANDLERS, call_grpc, order
from load import CLOSED, REFUSED, Load
from observation import Observation
from support import rest
from support.packing import pack
from support.server import RunningServer
from support.waiting import eventually

ENOUGH = 150
"""Answers on either side of an event that show that there was load."""


def make(base: Path, **options: object) -> RunningServer:
    server = RunningServer(base, models=["faulty=faulty.mar", "other=faulty.mar"], **options)  # type: ignore[arg-type]
    pack(server.store, "faulty", str(HANDLERS / "faulty.py"))
    return server


@pytest.fixture
def own(tmp_path: Path) -> Iterator[RunningServer]:
    """A server that the test ends itself."""
    server = make(tmp_path / "own").start()
    yield server
    server.kill()


def test_sigterm_under_load_loses_nothing(own: RunningServer, tmp_path: Path) -> None:
    family, listeners = own.family(), own.state()["listeners"]
    gate, began = tmp_path / "gate", tmp_path / "began"
    with Load(own, "other") as load, ThreadPoolExecutor(1) as caller:
        load.await_more(ENOUGH)
        long = caller.submit(own.predict, "faulty", order("wait", began=began, until=gate))
        eventually(began.exists, 20, "a long request runs")
        own.process.send_signal(signal.SIGTERM)
        eventually(lambda: own.state()["phase"] == "stopping", 10, "the drain begins")
        eventually(lambda: rest.call(own.inference, "GET", "/readyz").status == 503, 5, "not ready")
        refused = own.predict("other", order("answer"))
        seen = call_grpc(own, "other", order("answer"))
        assert own.process.poll() is None
        load.listeners_may_close()
        gate.touch()
        assert (long.result(20).status, long.result().text) == (200, "waited")
        assert own.process.wait(20) == 0
    assert (refused.status, refused.json()["type"]) == (503, "ServiceUnavailableException")
    assert seen.code == "UNAVAILABLE"
    assert load.unexpected(REFUSED, CLOSED) == {}
    own.assert_nothing_left(family, listeners)
    own.assert_clean_output()


@pytest.mark.parametrize("change", ["down", "up and down", "other"])
def test_changes_under_load_lose_nothing(server: RunningServer, base: Observation, change: str) -> None:
    """Scaling, and what happens to another model, cost the load no answer."""
    with Load(server, "bystander", 1) as load:
        for step in range(2):
            before = load.answered
            if change == "other":
                query = {"url": "bystander.mar", "model_name": f"swapped{step}", "initial_workers": 1}
                assert server.manage("POST", "/models", **query, synchronous="true").status == 200
                assert server.manage("DELETE", f"/models/swapped{step}").status == 200
            else:
                for workers in (2, 1) if change == "down" else (3, 2, 1):
                    scaled = server.manage(
                        "PUT", "/models/bystander", min_worker=workers, max_worker=workers, synchronous="true"
                    )
                    assert scaled.status == 200, scaled.text
            load.await_more(before + ENOUGH)
    assert load.unexpected() == {}


def test_a_removed_model_answers_what_it_took_and_refuses_the_rest(
    server: RunningServer, base: Observation
) -> None:
    query = {"url": "bystander.mar", "model_name": "leaving", "initial_workers": 1, "synchronous": "true"}
    assert server.manage("POST", "/models", **query).status == 200
    with Load(server, "leaving", 1) as load:
        load.await_more(ENOUGH)
        assert server.manage("DELETE", "/models/leaving").status == 200
        eventually(lambda: len(load.outcomes) > 1, 10, "refusals")
    assert all("404" in what or "NOT_FOUND" in what or what == REFUSED for what in load.unexpected()), (
        load.outcomes
    )


def test_workers_of_a_killed_server_end_and_the_next_one_sweeps(tmp_path: Path) -> None:
    server = make(tmp_path / "own").start()
    try:
        with ThreadPoolExecutor(1) as caller:
            began = tmp_path / "began"
            lost = caller.submit(call_grpc, server, "faulty", order("native", began=began))
            eventually(began.exists, 20, "a worker is inside native code")
            family = server.family()
            assert len(family) == 2
            os.kill(server.process.pid, signal.SIGKILL)
            server.process.wait()
            _, alive = psutil.wait_procs(family, timeout=5)
            assert alive == []
            assert lost.result(10).code == "UNAVAILABLE"
        left = {path.name for path in server.temp.iterdir()}
        assert len(left) == 1
    finally:
        server.process.kill()
    # A living server's folder is none of the next one's business.
    neighbour = beside(server, tmp_path / "neighbour")
    theirs = {path.name for path in server.temp.iterdir()}
    assert not left & theirs, "the dead server's folder is swept"
    again = beside(server, tmp_path / "again")
    try:
        assert theirs < {path.name for path in server.temp.iterdir()}
        for running in (neighbour, again):
            assert running.predict("faulty", order("answer")).text == "1"
            running.process.send_signal(signal.SIGTERM)
            assert running.process.wait(30) == 0
        assert list(server.temp.iterdir()) == []
    finally:
        neighbour.kill()
        again.kill()


def beside(other: RunningServer, base: Path) -> RunningServer:
    """Starts a server that shares the other one's temporary folder."""
    base.mkdir()
    (base / "temp").symlink_to(other.temp)
    return make(base).start()
