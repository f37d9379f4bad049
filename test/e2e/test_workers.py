"""Workers that die, hang, print or fail: requests end with the cause, and service goes on."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest
from support import rest, rpc
from support.packing import pack
from support.server import RunningServer
from support.waiting import eventually


@pytest.fixture(scope="module", params=["mariner", "torchserve"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    running = RunningServer(
        tmp_path_factory.mktemp("workers") / request.param,
        profile=request.param,
        models=["act=act.mar", "brief=brief.mar"],
        arguments=["--disable-token-auth", "--enable-model-api"],
        config={"max_request_size": 20_000_000},
    )
    pack(running.store, "act", "acting")
    pack(running.store, "brief", "acting", config={"responseTimeout": 1})
    with running:
        yield running


def act(server: RunningServer, model: str = "act", **order: Any) -> rest.Reply:
    return server.predict(model, order)


def lasting_pid(server: RunningServer, model: str = "act") -> str:
    return eventually(lambda: _pid(server, model), 30, "a worker answers")


def _pid(server: RunningServer, model: str) -> str:
    answer = act(server, model, do="pid")
    return answer.text if answer.status == 200 else ""


@pytest.mark.profiled
def test_a_worker_killed_under_a_request_is_told_and_replaced(server: RunningServer, tmp_path: Path) -> None:
    before = lasting_pid(server)
    with ThreadPoolExecutor(1) as caller:
        began, until = tmp_path / "began", tmp_path / "never"
        answer = caller.submit(act, server, do="wait", began=str(began), until=str(until))
        eventually(began.exists, 20, "the request runs")
        os.kill(int(before), signal.SIGKILL)
        reply = answer.result(10)
    assert reply.status == (507 if server.profile == "torchserve" else 500)
    assert reply.json()["type"] == "InternalServerException"
    assert reply.message.startswith("Worker died.")
    assert "9" in reply.message or "SIGKILL" in reply.message
    after = lasting_pid(server)
    assert after != before


@pytest.mark.timed
def test_a_handler_that_ends_its_process_is_told_over_grpc(server: RunningServer) -> None:
    lasting_pid(server)
    with rpc.inference(server.grpc_inference) as stub, pytest.raises(grpc.RpcError) as fault:
        stub.Predictions(rpc.prediction("act", b'{"do": "exit", "code": 3}'), timeout=30)
    assert fault.value.code() is grpc.StatusCode.INTERNAL
    assert fault.value.details().startswith("Worker died. It exited with code 3")
    lasting_pid(server)


def test_a_handler_that_exits_by_python_is_replaced(server: RunningServer) -> None:
    before = lasting_pid(server)
    assert act(server, do="system_exit", code=0).status == 500
    assert lasting_pid(server) != before


def test_a_waiting_request_outlives_the_worker(server: RunningServer, tmp_path: Path) -> None:
    before = lasting_pid(server)
    with ThreadPoolExecutor(2) as callers:
        began = tmp_path / "began"
        lost = callers.submit(act, server, do="wait", began=str(began), until=str(tmp_path / "never"))
        eventually(began.exists, 20, "the request runs")
        waiting = callers.submit(act, server, do="pid")
        eventually(
            lambda: server.describe("act")["jobQueueStatus"]["pendingRequests"] == 1 or waiting.done(), 10
        )
        os.kill(int(before), signal.SIGKILL)
        assert lost.result(10).status in (500, 507)
        assert waiting.result(30).status == 200
        assert waiting.result().text != before


@pytest.mark.profiled
def test_a_handler_that_hangs_is_replaced_after_its_time(server: RunningServer, tmp_path: Path) -> None:
    before = lasting_pid(server, "brief")
    reply = act(server, "brief", do="wait", began=str(tmp_path / "began"), until=str(tmp_path / "never"))
    assert reply.status == (500 if server.profile == "torchserve" else 504)
    assert "responseTimeout" in reply.message
    assert lasting_pid(server, "brief") != before


def test_a_stopped_idle_worker_does_not_stop_the_server(server: RunningServer) -> None:
    pid = int(lasting_pid(server, "brief"))
    os.kill(pid, signal.SIGSTOP)
    reply = act(server, "brief", do="pid")
    assert reply.status in (200, 500, 504)
    assert lasting_pid(server, "brief") != str(pid)


@pytest.mark.profiled
def test_a_raised_exception_costs_no_worker_and_its_trace_is_in_the_log(server: RunningServer) -> None:
    before = lasting_pid(server)
    assert act(server, do="raise", text="a mark for the log").status in (500, 503)
    assert lasting_pid(server) == before
    eventually(
        lambda: "ValueError: a mark for the log" in server.log("model_log.log"), 10, "trace in the log"
    )


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_printing_at_a_high_rate_reaches_the_model_log(server: RunningServer, stream: str) -> None:
    lines, mark = 20_000, f"mark-{stream}"
    assert act(server, do="print", lines=lines, mark=mark, stream=stream).text == "printed"
    last = f"{mark} line {lines - 1} of {lines}"
    eventually(lambda: last in server.log("model_log.log"), 30, "the last line")
    found = [line for line in server.log("model_log.log").splitlines() if mark in line]
    assert [int(line.split(" line ")[1].split(" ")[0]) for line in found] == list(range(lines))
    assert f"act_1.0-{stream} " in found[0]
    level = "INFO" if stream == "stdout" else "WARN"
    assert level in found[0]


def test_large_bodies_pass_in_both_directions(server: RunningServer) -> None:
    text = "x" * 6_000_000
    answer = act(server, do="answer", value=text)
    assert (answer.status, len(answer.body)) == (200, len(text))


def test_a_worker_that_loads_no_torch_has_none(server: RunningServer) -> None:
    assert act(server, do="torch").body == b"false"
