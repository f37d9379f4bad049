"""More than the server can take: refused at once with the reason, and at nobody else's cost."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from faults import call_grpc, order, pending, running
from observation import Observation, counts
from support.rest import RawConnection, request_bytes
from support.server import RunningServer
from support.waiting import eventually

LARGE_BYTES = 2_900_000
"""One body of this size fits into the 4 MB of `max_inflight_bytes`, two do not."""


def busy_type(server: RunningServer) -> str:
    return "ServiceUnavailableException" if server.profile == "torchserve" else "QueueFullException"


@pytest.mark.profiled
@pytest.mark.timed
def test_a_full_queue_is_told_at_once(server: RunningServer, base: Observation, tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as callers, running(server, "short", tmp_path / "gate") as busy:
        waiting = [callers.submit(server.predict, "short", order("answer")) for _ in range(2)]
        eventually(lambda: pending(server, "short") == 2, 20, "the queue is full")
        begun = time.monotonic()
        refused = server.predict("short", order("answer"))
        assert time.monotonic() - begun < 1
        seen = call_grpc(server, "short", order("answer"))
        assert not busy.done()
    assert (refused.status, refused.json()["type"]) == (503, busy_type(server))
    assert "The queue of model" in refused.message
    assert refused.headers["retry-after"] == "1"
    assert seen.code == "RESOURCE_EXHAUSTED"
    assert "The queue of model" in seen.text
    assert [answer.result(20).status for answer in waiting] == [200, 200]
    assert busy.result(20)[0].status == 200


@pytest.mark.timed
def test_a_flood_of_one_model_does_not_reach_another(
    server: RunningServer, base: Observation, tmp_path: Path
) -> None:
    before, slowest = counts(server)["short"], 0.0
    with ThreadPoolExecutor(16) as callers, running(server, "short", tmp_path / "gate"):
        flood = [callers.submit(server.predict, "short", order("answer")) for _ in range(300)]
        for _ in range(30):
            begun = time.monotonic()
            assert server.predict("bystander", order("answer")).text == "1"
            slowest = max(slowest, time.monotonic() - begun)
        eventually(lambda: sum(one.done() for one in flood) == 298, 20, "all but two are refused")
    statuses = [one.result(20).status for one in flood]
    assert (statuses.count(200), statuses.count(503)) == (2, 298)
    assert slowest < 1
    after = counts(server)["short"]
    assert (after.accepted - before.accepted, after.failed - before.failed) == (301, 298)


@pytest.mark.profiled
def test_bodies_over_the_bytes_in_flight_are_refused_over_both_apis(
    server: RunningServer, base: Observation, tmp_path: Path
) -> None:
    began, gate = tmp_path / "began", tmp_path / "gate"
    large = order("wait", began=began, until=gate) + " " * LARGE_BYTES
    with ThreadPoolExecutor(1) as caller:
        held = caller.submit(server.predict, "faulty", large)
        eventually(began.exists, 20, "it runs")
        refused = server.predict("bystander", " " * LARGE_BYTES)
        seen = call_grpc(server, "bystander", " " * LARGE_BYTES)
        # What is small has room.
        small = server.predict("bystander", order("answer"))
        small_over_grpc = call_grpc(server, "bystander", order("answer"))
        gate.touch()
        assert held.result(20).text == "waited"
    assert (refused.status, refused.json()["type"]) == (503, busy_type(server))
    assert "max_inflight_bytes" in refused.message
    assert refused.headers["retry-after"] == "1"
    assert seen.code == "RESOURCE_EXHAUSTED"
    assert "max_inflight_bytes" in seen.text
    assert (small.text, small_over_grpc.text) == ("1", "1")
    assert server.predict("bystander", order("answer") + " " * LARGE_BYTES).status == 200


def test_messages_over_grpc_count_until_they_are_answered(
    server: RunningServer, base: Observation, tmp_path: Path
) -> None:
    began, gate = tmp_path / "began", tmp_path / "gate"
    large = order("wait", began=began, until=gate) + " " * LARGE_BYTES
    with ThreadPoolExecutor(1) as caller:
        held = caller.submit(call_grpc, server, "faulty", large)
        eventually(began.exists, 20, "it runs")
        refused = server.predict("bystander", " " * LARGE_BYTES)
        gate.touch()
        assert held.result(20).text == "waited"
    assert refused.status == 503
    assert "max_inflight_bytes" in refused.message
    assert call_grpc(server, "bystander", order("answer") + " " * LARGE_BYTES).code == "OK"


def test_bytes_of_clients_that_leave_are_given_back(server: RunningServer, base: Observation) -> None:
    head = request_bytes("POST", "/predictions/bystander", b"", {"Content-Length": str(LARGE_BYTES)})
    for _ in range(5):
        with RawConnection(server.inference) as leaving:
            leaving.send(head + b" " * (LARGE_BYTES - 1))
    body = order("answer") + " " * LARGE_BYTES
    eventually(lambda: server.predict("bystander", body).status == 200, 20, "room again")
