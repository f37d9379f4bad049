"""Workers that hang or are stopped: found in time, shown with their stacks, replaced; nobody else notices."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from faults import call_grpc, last_failure, order, pid_of, running
from observation import Observation
from support.server import RunningServer
from support.waiting import eventually

RESPONSE_TIMEOUT_SECONDS = 1.0
SLACK_SECONDS = 1.0
HEARTBEAT_SECONDS = 4.0


@pytest.mark.profiled
@pytest.mark.timed
@pytest.mark.parametrize(("do", "frame"), [("hang_here", "do_hang_here"), ("native", "do_native")])
def test_a_hung_handler_is_timed_out_with_its_stacks(
    server: RunningServer, base: Observation, do: str, frame: str
) -> None:
    before, begun = pid_of(server, "brief"), time.monotonic()
    reply = server.predict("brief", order(do))
    took = time.monotonic() - begun
    assert reply.status == (500 if server.profile == "torchserve" else 504)
    assert reply.message.startswith("Worker timed out: no answer within responseTimeout, 1 s")
    assert RESPONSE_TIMEOUT_SECONDS <= took < RESPONSE_TIMEOUT_SECONDS + SLACK_SECONDS
    eventually(lambda: frame in last_failure(server, "brief"), 10, "the stacks")
    failure = last_failure(server, "brief")
    assert failure.startswith("Worker timed out")
    assert "most recent call first" in failure
    eventually(lambda: f" in {frame}" in server.log("model_log.log"), 10, "the stacks in the log")
    assert pid_of(server, "brief") != before


@pytest.mark.profiled
def test_a_hung_handler_is_timed_out_over_grpc(server: RunningServer, base: Observation) -> None:
    seen = call_grpc(server, "brief", order("hang_here"))
    assert seen.code == "DEADLINE_EXCEEDED"
    assert "responseTimeout" in seen.text


def test_what_waited_behind_a_hung_worker_is_answered_by_the_next(
    server: RunningServer, base: Observation, tmp_path: Path
) -> None:
    before = pid_of(server, "brief")
    with ThreadPoolExecutor(4) as callers:
        began = tmp_path / "began"
        hung = callers.submit(server.predict, "brief", order("hang_here", began=began))
        eventually(began.exists, 20, "it runs")
        waiting = [callers.submit(server.predict, "brief", order("pid")) for _ in range(3)]
        answers = [one.result(30) for one in waiting]
        assert hung.result(1).status in (500, 504)
    assert [answer.status for answer in answers] == [200] * 3
    assert {answer.text for answer in answers} == {str(pid_of(server, "brief"))}
    assert str(before) not in {answer.text for answer in answers}


@pytest.mark.timed
def test_other_models_do_not_notice_a_hung_one(
    server: RunningServer, base: Observation, tmp_path: Path
) -> None:
    slowest = 0.0
    with ThreadPoolExecutor(1) as caller:
        began = tmp_path / "began"
        hung = caller.submit(server.predict, "brief", order("native", began=began))
        eventually(began.exists, 20, "it runs")
        while not hung.done():
            begun = time.monotonic()
            assert server.predict("bystander", order("answer")).text == "1"
            slowest = max(slowest, time.monotonic() - begun)
        assert hung.result().status in (500, 504)
    assert slowest < 0.5


@pytest.mark.profiled
def test_a_worker_that_is_stopped_under_a_request_is_found_and_replaced(
    server: RunningServer, base: Observation, tmp_path: Path
) -> None:
    before = pid_of(server, "brief")
    with running(server, "brief", tmp_path / "gate") as answer:
        os.kill(before, signal.SIGSTOP)
        reply, _ = answer.result(10)
    assert reply.status == (500 if server.profile == "torchserve" else 504)
    eventually(
        lambda: "the process was stopped by a signal" in last_failure(server, "brief"), 10, "the reason"
    )
    assert "most recent call first" not in last_failure(server, "brief")
    assert pid_of(server, "brief") != before


@pytest.mark.timed
def test_an_idle_worker_that_is_stopped_is_found_and_replaced(
    server: RunningServer, base: Observation
) -> None:
    before, begun = pid_of(server, "faulty"), time.monotonic()
    os.kill(before, signal.SIGSTOP)
    eventually(lambda: "no sign of life" in last_failure(server, "faulty"), 15, "the worker is found")
    assert time.monotonic() - begun < HEARTBEAT_SECONDS + 2 * SLACK_SECONDS
    eventually(
        lambda: "the process was stopped by a signal" in last_failure(server, "faulty"), 10, "the reason"
    )
    reply = server.predict("faulty", order("pid"))
    assert reply.status == 200
    assert int(reply.text) != before


def test_a_worker_that_goes_on_in_time_is_left_alone(server: RunningServer, base: Observation) -> None:
    pid = pid_of(server, "faulty")
    os.kill(pid, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as caller:
        answer = caller.submit(server.predict, "faulty", order("pid"))
        eventually(lambda: server.describe("faulty")["jobQueueStatus"]["pendingRequests"] == 0, 10)
        os.kill(pid, signal.SIGCONT)
        assert answer.result(10).text == str(pid)
