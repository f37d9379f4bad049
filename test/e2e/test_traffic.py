"""What a model may ask for against its traffic: response cache, priority lanes, rate limit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest
from support import rest, rpc
from support.packing import pack
from support.server import RunningServer
from support.waiting import eventually

MODELS = {
    "cached": {"responseCacheMb": 1, "responseCacheTtlSec": 600},
    "coalescing": {"responseCacheMb": 1},
    "lanes": {"priorityAgeingMs": 600_000},
    "limited": {"rateLimit": 1, "rateLimitBurst": 2},
    "plain": {},
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    running = RunningServer(
        tmp_path_factory.mktemp("traffic") / "server", models=[f"{name}={name}.mar" for name in MODELS]
    )
    for name, config in MODELS.items():
        pack(running.store, name, "numbering", config=config)
    with running:
        yield running


def counted(server: RunningServer, series: str, model: str, *labels: str) -> float:
    """Returns the sum of a family's series of a model that have these labels too."""
    page = rest.call(server.metrics, "GET", "/metrics").text
    lines = [line for line in page.splitlines() if line.startswith(f"{series}{{")]
    wanted = [f'model_name="{model}"', *labels]
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if all(label in line for label in wanted))


def grpc_predict(
    server: RunningServer, model: str, body: bytes, *metadata: tuple[str, str]
) -> tuple[str, str | None]:
    """Predicts over gRPC; returns the answer and what `x-cache` says."""
    with rpc.inference(server.grpc_inference) as stub:
        answer, call = stub.Predictions.with_call(rpc.prediction(model, body), timeout=60, metadata=metadata)
        marks = [value for name, value in call.initial_metadata() if name == "x-cache"]
    assert len(marks) < 2
    return bytes(answer.prediction).decode(), marks[0] if marks else None


def test_what_was_answered_is_answered_again_without_a_run(server: RunningServer) -> None:
    first, second = server.predict("cached", "a"), server.predict("cached", "a")
    assert (first.text, first.headers["x-cache"]) == ("1", "miss")
    assert (second.text, second.headers["x-cache"]) == ("1", "hit")
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    assert grpc_predict(server, "cached", b"a") == ("1", "hit")
    assert server.predict("cached", "b").text == "2"
    refusing = server.predict("cached", "a", Cache_Control="no-cache")
    assert refusing.text == "3"
    assert "x-cache" not in refusing.headers
    assert counted(server, "mariner_cache_requests_total", "cached", 'outcome="hit"') == 2
    assert counted(server, "mariner_cache_bytes", "cached") > 2
    arrived = counted(server, "ts_inference_requests_total", "cached")
    assert arrived == counted(server, "mariner_request_seconds_count", "cached") == 5


def test_a_model_without_a_cache_marks_nothing(server: RunningServer) -> None:
    assert [server.predict("plain", "a").text for _ in range(2)] == ["1", "2"]
    assert "x-cache" not in server.predict("plain", "a").headers
    assert grpc_predict(server, "plain", b"a") == ("4", None)


def test_identical_requests_share_one_run(server: RunningServer, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    question = f"hold {gate}"

    def waiting(count: int) -> None:
        eventually(
            lambda: (
                counted(server, "mariner_cache_requests_total", "coalescing", 'outcome="coalesced"') == count
            ),
            20,
            f"{count} requests wait for the first one's answer",
        )

    with ThreadPoolExecutor(3) as callers:
        first = callers.submit(server.predict, "coalescing", question)
        eventually(gate.with_suffix(".began").exists, 20, "the first one runs")
        second = callers.submit(server.predict, "coalescing", question)
        waiting(1)
        third = callers.submit(grpc_predict, server, "coalescing", question.encode())
        waiting(2)
        assert server.predict("coalescing", question, X_Request_Timeout_Ms="100").status == 504
        gate.touch()
        assert (first.result(30).text, first.result().headers["x-cache"]) == ("1", "miss")
        assert (second.result(30).text, second.result().headers["x-cache"]) == ("1", "coalesced")
        assert third.result(30) == ("1", "coalesced")
    assert server.predict("coalescing", "next").text == "2"
    eventually(lambda: counted(server, "mariner_queue_depth", "coalescing") == 0, 10, "nobody waits")
    assert counted(server, "mariner_running", "coalescing") == 0


def test_urgent_requests_overtake_others(server: RunningServer, tmp_path: Path) -> None:
    gate = tmp_path / "gate"

    def pending() -> int:
        return int(server.describe("lanes")["jobQueueStatus"]["pendingRequests"])

    with ThreadPoolExecutor(5) as callers:
        busy = callers.submit(server.predict, "lanes", f"hold {gate}")
        eventually(gate.with_suffix(".began").exists, 20, "the worker is busy")
        waiting = {}
        for count, priority in enumerate(("low", "normal", "high"), 1):
            waiting[priority] = callers.submit(server.predict, "lanes", "x", X_Priority=priority)
            eventually(lambda count=count: pending() == count, 20, f"{count} requests wait")
        urgent = callers.submit(grpc_predict, server, "lanes", b"x", ("x-priority", "high"))
        eventually(lambda: pending() == 4, 20, "four requests wait")
        gate.touch()
        assert busy.result(30).text == "1"
        assert urgent.result(30) == ("3", None)
        order = {priority: answer.result(30).text for priority, answer in waiting.items()}
    assert order == {"high": "2", "normal": "4", "low": "5"}
    assert counted(server, "mariner_lane_seconds_count", "lanes", 'priority="high"') == 2


def test_an_unknown_priority_is_refused(server: RunningServer) -> None:
    answer = server.predict("lanes", "x", X_Priority="urgent")
    assert answer.status == 400
    assert answer.message == "X-Priority: urgent (expected: high, normal or low)"
    with pytest.raises(grpc.RpcError) as fault:
        grpc_predict(server, "lanes", b"x", ("x-priority", "urgent"))
    assert fault.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert server.predict("plain", "x", X_Priority="urgent").status == 200


def test_what_is_over_the_rate_is_told_so_and_may_come_back(server: RunningServer) -> None:
    over = next(
        answer for answer in (server.predict("limited", "x") for _ in range(100)) if answer.status != 200
    )
    assert over.status == 429
    assert over.headers["retry-after"] == "1"
    assert over.json()["type"] == "RateLimitExceededException"
    assert re.match(r"Model limited 1\.0 takes 1 requests a second", over.message)
    eventually(lambda: server.predict("limited", "x").status == 200, 20, "there is room again")

    def refusal() -> grpc.RpcError | None:
        try:
            grpc_predict(server, "limited", b"x")
        except grpc.RpcError as fault:
            return fault
        return None

    fault = eventually(refusal, 20, "gRPC is over the rate, too")
    assert fault is not None
    assert fault.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    arrived = counted(server, "ts_inference_requests_total", "limited")
    answered = counted(server, "mariner_request_seconds_count", "limited")
    failed = counted(server, "mariner_requests_failed_total", "limited", 'reason="rate_limited"')
    assert arrived == answered + failed
