"""Requests that nobody waits for any more: no work is begun for them, and no worker pays for them."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from faults import call_grpc, keep_in_queue, order, pending, pid_of, running
from observation import Observation, counts
from support.rest import RawConnection, request_bytes
from support.server import RunningServer
from support.waiting import eventually


@pytest.mark.profiled
def test_a_deadline_that_passes_in_the_queue_begins_no_work(
    server: RunningServer, base: Observation, tmp_path: Path
) -> None:
    keep_in_queue(server, "faulty", tmp_path)
    notes, begun = tmp_path / "notes", time.monotonic()
    with running(server, "faulty", tmp_path / "gate"):
        late = server.predict("faulty", order("answer", note=notes), X_Request_Timeout_Ms="300")
        took = time.monotonic() - begun
        seen = call_grpc(server, "faulty", order("answer", note=notes), timeout=0.3)
        eventually(lambda: pending(server, "faulty") == 0, 10, "nothing waits")
    assert (late.status, late.json()["type"]) == (504, "DeadlineExceededException")
    assert "in the queue" in late.message
    assert took < 5
    assert seen.code == "DEADLINE_EXCEEDED"
    assert server.predict("faulty", order("answer")).text == "1"
    assert not notes.exists()


@pytest.mark.timed
def test_a_deadline_that_passes_in_the_run_costs_no_worker(
    server: RunningServer, base: Observation, tmp_path: Path
) -> None:
    pid, gate, begun = pid_of(server, "faulty"), tmp_path / "gate", time.monotonic()
    late = server.predict("faulty", order("wait", until=gate), X_Request_Timeout_Ms="300")
    took = time.monotonic() - begun
    gate.touch()
    assert late.status == 504
    assert 0.3 <= took < 1.3
    assert server.predict("faulty", order("pid")).text == str(pid)


def test_a_client_that_leaves_the_queue_begins_no_work(
    server: RunningServer, base: Observation, tmp_path: Path
) -> None:
    keep_in_queue(server, "faulty", tmp_path)
    notes, before = tmp_path / "notes", counts(server)["faulty"]
    with running(server, "faulty", tmp_path / "gate"):
        with RawConnection(server.inference) as leaving:
            body = order("answer", note=notes).encode()
            leaving.send(request_bytes("POST", "/predictions/faulty", body))
            eventually(lambda: pending(server, "faulty") == 1, 10, "it waits")
        eventually(lambda: pending(server, "faulty") == 0, 10, "it is dropped")
    assert server.predict("faulty", order("answer")).text == "1"
    assert not notes.exists()
    after = counts(server)["faulty"]
    assert (after.answered - before.answered, after.failed - before.failed) == (2, 1)


def test_a_client_that_leaves_a_run_costs_no_worker(
    server: RunningServer, base: Observation, tmp_path: Path
) -> None:
    pid, began, gate = pid_of(server, "faulty"), tmp_path / "began", tmp_path / "gate"
    with RawConnection(server.inference) as leaving:
        body = order("wait", began=began, until=gate).encode()
        leaving.send(request_bytes("POST", "/predictions/faulty", body))
        eventually(began.exists, 20, "it runs")
    gate.touch()
    assert server.predict("faulty", order("pid")).text == str(pid)


def test_a_dead_mate_is_left_out_of_the_batch(
    server: RunningServer, base: Observation, tmp_path: Path
) -> None:
    notes = tmp_path / "notes"
    with ThreadPoolExecutor(8) as callers:
        bodies = [order("answer", note=notes, name=str(i)) for i in range(5)]
        # The window waits for eight, so these are in it until its delay ends.
        dead = callers.submit(server.predict, "mates", bodies[0], X_Request_Timeout_Ms="200")
        live = [callers.submit(server.predict, "mates", body) for body in bodies[1:]]
        assert dead.result(10).status == 504
        assert [answer.result(10).text for answer in live] == ["4"] * 4
    assert sorted(notes.read_text().split()) == ["1", "2", "3", "4"]


@pytest.mark.timed
def test_a_stream_stops_within_a_piece_of_its_clients_leaving(
    server: RunningServer, base: Observation, tmp_path: Path
) -> None:
    progress = tmp_path / "progress"
    body = json.dumps({"pieces": 500, "pause": 0.1, "progress": str(progress)}).encode()
    with RawConnection(server.inference) as connection:
        connection.send(request_bytes("POST", "/predictions/stream", body))
        connection.read_head()
        pieces = [connection.read_chunk() for _ in range(3)]
        assert pieces[-1] == b"piece 2 \n"
    eventually(progress.with_suffix(".ended").exists, 10, "the handler ends")
    # The fourth piece may be under way when the client leaves; the fifth must find that out.
    assert int(progress.read_text()) <= 5
