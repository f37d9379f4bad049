"""How a server ends: it drains, and its workers end with it."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from support import rest
from support.fixtures import ServerMaker
from support.packing import pack
from support.waiting import eventually


def test_sigterm_finishes_what_was_accepted(make_server: ServerMaker, tmp_path: Path) -> None:
    server = make_server(models=["act=act.mar"])
    pack(server.store, "act", "acting")
    server.start()
    began, until = tmp_path / "began", tmp_path / "until"
    family, listeners = server.family(), server.state()["listeners"]
    with ThreadPoolExecutor(2) as callers:
        running = callers.submit(
            server.predict, "act", {"do": "wait", "began": str(began), "until": str(until)}
        )
        eventually(began.exists, 20, "the request runs")
        waiting = callers.submit(server.predict, "act", {"do": "answer", "value": "was waiting"})
        eventually(lambda: server.describe("act")["jobQueueStatus"]["pendingRequests"] == 1, 10)
        server.process.send_signal(signal.SIGTERM)
        eventually(lambda: server.state()["phase"] == "stopping", 10, "the drain begins")
        until.touch()
        assert running.result(20).text == "waited"
        assert waiting.result(20).text == "was waiting"
    assert server.process.wait(20) == 0
    assert server.state()["phase"] == "stopped"
    server.assert_nothing_left(family, listeners)
    server.assert_clean_output()


def test_a_drain_ends_with_its_time_and_tells_the_request(make_server: ServerMaker, tmp_path: Path) -> None:
    server = make_server(models=["act=act.mar"], config={"drain_timeout": 1})
    pack(server.store, "act", "acting")
    server.start()
    began = tmp_path / "began"
    with ThreadPoolExecutor(1) as caller:
        order = {"do": "wait", "began": str(began), "until": str(tmp_path / "never")}
        answer = caller.submit(server.predict, "act", order)
        eventually(began.exists, 20, "the request runs")
        server.process.send_signal(signal.SIGTERM)
        assert answer.result(15).status == 503
    assert server.process.wait(20) == 0
    eventually(lambda: not list(server.temp.iterdir()), 10, "nothing is left")


def test_workers_end_by_themselves_when_the_frontend_is_killed(make_server: ServerMaker) -> None:
    server = make_server(models=["act=act.mar", "echo=echo.mar"])
    pack(server.store, "act", "acting")
    pack(server.store, "echo", "echo")
    server.start()
    family = server.family()
    assert len(family) >= 2
    server.process.kill()
    server.process.wait()
    _, alive = psutil.wait_procs(family, timeout=6)
    assert alive == []


def test_two_servers_side_by_side_do_not_know_each_other(make_server: ServerMaker) -> None:
    servers = [
        make_server(models=["echo=echo.mar"], profile=profile) for profile in ("mariner", "torchserve")
    ]
    for server in servers:
        pack(server.store, "echo", "echo")
        server.spawn()
    for server in servers:
        server.await_state(lambda state: state.get("phase") == "ready", "ready", 60)
    servers[1].stop()
    assert servers[0].predict("echo", "still here").body == b"still here"
    servers[0].stop()


def test_the_working_directory_holds_logs_and_nothing_else(make_server: ServerMaker) -> None:
    server = make_server(models=["echo=echo.mar"])
    pack(server.store, "echo", "echo")
    with server:
        assert server.predict("echo", "x").status == 200
    known = {"store", "logs", "server.out", "state.json", "config.properties"}
    assert {path.name for path in server.base.iterdir()} - {server.temp.name} == known
    assert {path.name for path in server.logs.iterdir()} <= {
        "access_log.log",
        "ts_log.log",
        "model_log.log",
        "ts_metrics.log",
        "model_metrics.log",
    }


def test_the_default_log_says_little(make_server: ServerMaker) -> None:
    server = make_server(models=["echo=echo.mar"])
    pack(server.store, "echo", "echo")
    with server:
        before = server.log("ts_log.log")
        for _ in range(20):
            assert server.predict("echo", "x").status == 200
        assert rest.call(server.inference, "POST", "/predictions/nope", "x").status == 404
        assert server.log("ts_log.log") == before


def test_a_worker_is_no_child_of_a_stranger(make_server: ServerMaker) -> None:
    server = make_server(models=["act=act.mar"])
    pack(server.store, "act", "acting")
    with server:
        pid = int(server.predict("act", {"do": "pid"}).text)
        assert pid in {process.pid for process in server.family()}
        environment = server.predict("act", {"do": "environment", "name": "PYTHONPATH"}).text
        first = environment.split(os.pathsep)
        assert any(str(server.temp) in folder for folder in first)


@pytest.mark.parametrize("profile", ["mariner", "torchserve"])
def test_the_state_is_not_ready_before_the_models_are(
    make_server: ServerMaker, tmp_path: Path, profile: str
) -> None:
    began, gate = tmp_path / "began", tmp_path / "gate"
    server = make_server(
        models=["gated=gated.mar"],
        profile=profile,
        arguments=["--disable-token-auth"],
        environment={"BEGAN": str(began), "GATE": str(gate)},
    )
    pack(server.store, "gated", "gated_at_load")
    server.spawn()
    seen: list[str] = []

    def loads() -> bool:
        seen.append(str(server.state().get("phase")))
        return began.exists()

    eventually(loads, 60, "the worker loads")
    # Models load while the listeners are bound.
    eventually(lambda: server.state()["phase"] != "starting", 30, "the listeners answer")
    seen.append(server.state()["phase"])
    assert "ready" not in seen
    row = server.state()["models"][0]
    assert (row["name"], row["version"], row["state"], row["workers"]) == ("gated", "1.0", "loading", 0)
    assert rest.call(server.inference, "GET", "/readyz").status == 503
    # 0.12 is healthy during a first load; the product's own profile tells readiness.
    assert rest.call(server.inference, "GET", "/ping").status == (200 if profile == "torchserve" else 500)
    gate.touch()
    server.await_state(lambda state: state["phase"] == "ready", "ready")
    assert server.state()["models"][0]["workers"] == 1
    assert server.predict("gated", "at once").body == b"at once"
    assert rest.call(server.inference, "GET", "/readyz").status == 200
    server.stop()
