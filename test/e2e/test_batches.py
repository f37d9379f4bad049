"""Batches under load: greedy and window, and the bounded queue."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest
from support import rest, rpc
from support.packing import pack
from support.server import RunningServer
from support.waiting import eventually

BURST = 16


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    running = RunningServer(
        tmp_path_factory.mktemp("batches") / "server",
        models=[
            "greedy=greedy.mar",
            "window=window.mar",
            "short=short.mar",
            "json=json.mar",
            "ticket=ticket.mar",
        ],
        config={
            "models": '{"json": {"1.0": {"batchSize": 3, "minWorkers": 1, "maxWorkers": 1}}}',
        },
    )
    store = running.store
    pack(store, "greedy", "batching", config={"batchSize": 8})
    pack(store, "window", "batching", config={"batchSize": 4, "maxBatchDelay": 700})
    pack(store, "short", "batching", config={"jobQueueSize": 2})
    pack(store, "json", "batching")
    pack(store, "ticket", "batching", config={"useJobTicket": True, "minWorkers": 1, "maxWorkers": 1})
    with running:
        yield running


@contextmanager
def held(server: RunningServer, model: str, path: Path) -> Iterator[Future[rest.Reply]]:
    """Keeps the model's only worker busy within the block."""
    with ThreadPoolExecutor(1) as caller:
        answer = caller.submit(server.predict, model, f"hold {path}")
        eventually(path.with_suffix(".began").exists, 20, "the worker is busy")
        try:
            yield answer
        finally:
            path.touch()
        assert answer.result(30).status == 200


def pending(server: RunningServer, model: str) -> int:
    return int(server.describe(model)["jobQueueStatus"]["pendingRequests"])


def burst(server: RunningServer, model: str, count: int, path: Path) -> list[int]:
    """Sends requests while the worker is busy; returns the batch size that each was in."""
    with ThreadPoolExecutor(count) as callers:
        with held(server, model, path):
            answers = [callers.submit(server.predict, model, "x") for _ in range(count)]
            eventually(lambda: pending(server, model) == count, 20, "all requests wait")
        return [int(answer.result(30).text) for answer in answers]


def test_what_waited_for_a_busy_worker_forms_full_batches(server: RunningServer, tmp_path: Path) -> None:
    assert burst(server, "greedy", BURST, tmp_path / "gate") == [8] * BURST


def test_a_request_to_an_idle_worker_does_not_wait_for_others(server: RunningServer) -> None:
    begun = time.monotonic()
    assert server.predict("greedy", "x").text == "1"
    assert time.monotonic() - begun < 5


def test_the_batch_size_comes_from_the_models_json(server: RunningServer, tmp_path: Path) -> None:
    assert server.describe("json")["batchSize"] == 3
    assert burst(server, "json", 6, tmp_path / "gate") == [3] * 6


def test_a_window_waits_for_the_batch_to_fill(server: RunningServer) -> None:
    assert server.describe("window")["maxBatchDelay"] == 700
    with ThreadPoolExecutor(4) as callers:
        answers = [callers.submit(server.predict, "window", "x") for _ in range(4)]
        assert [answer.result(30).text for answer in answers] == ["4"] * 4


def test_a_window_ends_after_its_delay(server: RunningServer) -> None:
    begun = time.monotonic()
    assert server.predict("window", "x").text == "1"
    assert 0.65 <= time.monotonic() - begun < 10


def test_a_full_queue_answers_at_once_and_says_so(server: RunningServer, tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as callers, held(server, "short", tmp_path / "gate") as busy:
        waiting = [callers.submit(server.predict, "short", "x") for _ in range(2)]
        eventually(lambda: pending(server, "short") == 2, 20, "the queue is full")
        refused = server.predict("short", "x")
        assert not busy.done()
        assert refused.status == 503
        assert "full" in refused.message
        assert "jobQueueSize" in refused.message
        assert int(refused.headers["retry-after"]) >= 1
        with rpc.inference(server.grpc_inference) as stub, pytest.raises(grpc.RpcError) as fault:
            stub.Predictions(rpc.prediction("short", b"x"), timeout=20)
        assert fault.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert not busy.done()
    assert [answer.result(30).status for answer in waiting] == [200, 200]


def test_a_deadline_ends_a_waiting_request(server: RunningServer, tmp_path: Path) -> None:
    with held(server, "greedy", tmp_path / "gate") as busy:
        answer = server.predict("greedy", "x", X_Request_Timeout_Ms="200")
        assert answer.status == 504
        assert answer.json()["type"] == "DeadlineExceededException"
        with rpc.inference(server.grpc_inference) as stub, pytest.raises(grpc.RpcError) as fault:
            stub.Predictions(rpc.prediction("greedy", b"x"), timeout=0.3)
        assert fault.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        eventually(lambda: pending(server, "greedy") == 0, 10, "nothing waits any more")
        assert not busy.done()


def test_a_waiting_client_that_leaves_is_dropped_from_the_queue(
    server: RunningServer, tmp_path: Path
) -> None:
    with held(server, "greedy", tmp_path / "gate"):
        with rest.RawConnection(server.inference) as connection:
            connection.send(rest.request_bytes("POST", "/predictions/greedy", b"x"))
            eventually(lambda: pending(server, "greedy") == 1, 10, "the request waits")
        eventually(lambda: pending(server, "greedy") == 0, 10, "it was dropped")


def test_registered_limits_win_over_the_archives(server: RunningServer, tmp_path: Path) -> None:
    made = server.manage(
        "POST", "/models", url="greedy.mar", model_name="two", batch_size=2, initial_workers=1
    )
    assert made.status == 200, made.text
    try:
        assert burst(server, "two", 4, tmp_path / "gate") == [2] * 4
    finally:
        assert server.manage("DELETE", "/models/two").status == 200


def test_several_workers_share_the_queue(server: RunningServer, tmp_path: Path) -> None:
    scaled = server.manage("PUT", "/models/json", min_worker=2, synchronous="true")
    assert scaled.status == 200, scaled.text
    with held(server, "json", tmp_path / "gate"):
        assert server.predict("json", "x").text == "1"
    back = server.manage("PUT", "/models/json", min_worker=1, max_worker=1, synchronous="true")
    assert back.status == 200, back.text
    assert len(server.workers("json")) == 1


def test_with_job_tickets_nothing_waits(server: RunningServer, tmp_path: Path) -> None:
    assert server.predict("ticket", "x").status == 200
    with held(server, "ticket", tmp_path / "gate"):
        refused = server.predict("ticket", "x")
        assert (refused.status, "useJobTicket" in refused.json()["message"]) == (503, True), refused
        with rpc.inference(server.grpc_inference) as stub, pytest.raises(grpc.RpcError) as fault:
            stub.Predictions(
                rpc.inference_messages().PredictionsRequest(model_name="ticket", input={"data": b"x"})
            )
        assert fault.value.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED)
        assert pending(server, "ticket") == 0
    eventually(lambda: server.predict("ticket", "x").status == 200, 20, "the worker is idle again")
