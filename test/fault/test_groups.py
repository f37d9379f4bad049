"""Faults of a model that shares its process: who was at work is told, and the others of the group go on."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from faults import HANDLERS, call_grpc, last_failure, order, pending, pid_of, running
from observation import Observation, counts
from support.packing import pack
from support.rest import RawConnection, request_bytes
from support.server import RunningServer
from support.waiting import eventually

pytestmark = pytest.mark.profiled


@pytest.fixture(scope="module", autouse=True)
def group(server: RunningServer) -> Iterator[None]:
    """Two models in one process."""
    pair = {"workerGroup": "pair"}
    handler = str(HANDLERS / "faulty.py")
    pack(server.store, "sharing", handler, config={**pair, "jobQueueSize": 3, "responseTimeout": 5})
    pack(server.store, "neighbour", handler, config=pair)
    for name in ("sharing", "neighbour"):
        registered = server.manage(
            "POST", "/models", url=f"{name}.mar", initial_workers=1, synchronous="true"
        )
        assert registered.status == 200, registered.text
    yield
    pid = pid_of(server, "neighbour")
    for name in ("sharing", "neighbour"):
        assert server.manage("DELETE", f"/models/{name}").status == 200
    eventually(lambda: not Path(f"/proc/{pid}").exists(), 20, "the process of the group has ended")


def test_what_waits_in_the_group_runs_in_the_next_process(
    server: RunningServer, base: Observation, tmp_path: Path
) -> None:
    before = pid_of(server, "neighbour")
    assert pid_of(server, "sharing") == before
    began = tmp_path / "began"
    dying = order("kill_when", began=began, until=tmp_path / "gate")
    with ThreadPoolExecutor(9) as callers:
        culprit = callers.submit(server.predict, "sharing", dying)
        eventually(began.exists, 20, "it runs")
        waiting = [callers.submit(server.predict, "neighbour", order("pid")) for _ in range(8)]
        eventually(lambda: pending(server, "neighbour") == 8, 20, "they wait")
        (tmp_path / "gate").touch()
        lost = culprit.result(60)
        assert lost.status == (507 if server.profile == "torchserve" else 500)
        assert lost.message.startswith("Worker died. It was ended by signal 9 (SIGKILL)")
        answers = {future.result(60).text for future in waiting}
    assert answers == {str(pid_of(server, "neighbour"))} != {str(before)}
    assert "shared its process" in last_failure(server, "neighbour")


def test_a_hang_is_told_to_the_one_that_hangs(
    server: RunningServer, base: Observation, tmp_path: Path
) -> None:
    began = tmp_path / "began"
    with ThreadPoolExecutor(2) as callers:
        hung = callers.submit(server.predict, "sharing", order("wait", began=began, until=tmp_path / "never"))
        eventually(began.exists, 20, "it runs")
        beside = callers.submit(call_grpc, server, "neighbour", order("answer"))
        assert hung.result(60).status == (500 if server.profile == "torchserve" else 504)
        assert beside.result(60).text == "1"
    assert "Worker timed out" in last_failure(server, "sharing")


def test_a_process_that_is_stopped_while_idle_is_found(server: RunningServer, base: Observation) -> None:
    before = pid_of(server, "sharing")
    os.kill(before, signal.SIGSTOP)
    eventually(lambda: not Path(f"/proc/{before}").exists(), 30, "it is found and ended")
    assert {server.predict(name, order("answer")).text for name in ("sharing", "neighbour")} == {"1"}


def test_a_deadline_and_a_client_that_leaves_begin_no_work_behind_a_neighbour(
    server: RunningServer, base: Observation, tmp_path: Path
) -> None:
    notes, failed = tmp_path / "notes", counts(server)["sharing"].failed
    with running(server, "neighbour", tmp_path / "gate"):
        late = server.predict("sharing", order("answer", note=notes), X_Request_Timeout_Ms="200")
        assert (late.status, late.json()["type"]) == (504, "DeadlineExceededException")
        with RawConnection(server.inference) as leaving:
            body = order("answer", note=notes).encode()
            leaving.send(request_bytes("POST", "/predictions/sharing", body))
            eventually(lambda: pending(server, "sharing") == 1, 10, "it waits")
        eventually(lambda: pending(server, "sharing") == 0, 10, "it is dropped")
    assert server.predict("sharing", order("answer")).text == "1"
    assert not notes.exists()
    assert counts(server)["sharing"].failed == failed + 2


def test_a_queue_that_is_full_is_the_models_own(
    server: RunningServer, base: Observation, tmp_path: Path
) -> None:
    with running(server, "neighbour", tmp_path / "gate"), ThreadPoolExecutor(3) as callers:
        waiting = [callers.submit(server.predict, "sharing", order("answer")) for _ in range(3)]
        eventually(lambda: pending(server, "sharing") == 3, 10, "they wait")
        full = server.predict("sharing", order("answer"))
        assert full.status == 503
        assert "3" in full.message
        assert "sharing" in full.message
        (tmp_path / "gate").touch()
        assert [future.result(60).text for future in waiting] == ["1"] * 3
    assert server.predict("neighbour", order("answer")).text == "1"
