"""Models that fail to load, for a while or for ever; and devices that fail for good."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from faults import HANDLERS, call_grpc, grpc_health, last_failure, order, pid_of
from observation import Observation
from support import rest
from support.packing import pack
from support.server import RunningServer
from support.waiting import eventually


class Loads:
    """A server with a model that fails to load as often as `left` says."""

    def __init__(self, base: Path) -> None:
        self.file = base / "loads-to-fail"
        self.left(0)
        self.server = RunningServer(
            base / "server",
            models=["faulty=faulty.mar"],
            environment={"LOADS_TO_FAIL": str(self.file)},
        )
        pack(self.server.store, "faulty", str(HANDLERS / "faulty.py"))
        pack(self.server.store, "loads", str(HANDLERS / "failing_loads.py"))

    def left(self, count: int) -> None:
        self.file.write_text(str(count))

    def register(self) -> rest.Reply:
        return self.server.manage("POST", "/models", url="loads.mar", initial_workers=1, synchronous="false")

    def ready(self, query: str = "") -> int:
        return rest.call(self.server.inference, "GET", f"/readyz{query}").status


@pytest.fixture(scope="module")
def loading(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loads]:
    one = Loads(tmp_path_factory.mktemp("loads"))
    with one.server:
        yield one


@pytest.fixture
def loads(loading: Loads) -> Iterator[Loads]:
    """The model comes and goes with the test, and leaves nothing."""
    before = Observation.of(loading.server)
    yield loading
    assert loading.server.manage("DELETE", "/models/loads").status == 200
    eventually(lambda: not Observation.of(loading.server).differs_from(before), 30, "the base line")


@pytest.mark.timed
def test_a_model_that_never_loads_is_refused_at_once_with_the_reason(loads: Loads) -> None:
    loads.left(1_000_000)
    assert loads.register().status in (200, 202)
    server = loads.server
    eventually(lambda: "no weights yet" in last_failure(server, "loads"), 20, "the reason")
    begun = time.monotonic()
    refused = server.predict("loads", "x")
    assert time.monotonic() - begun < 1
    assert (refused.status, refused.json()["type"]) == (503, "ServiceUnavailableException")
    assert "its workers fail to start" in refused.message
    assert "no weights yet" in refused.message
    seen = call_grpc(server, "loads", "x")
    assert seen.code == "UNAVAILABLE"
    assert (loads.ready(), loads.ready("?model=loads"), loads.ready("?model=faulty")) == (503, 503, 200)
    assert [grpc_health(server, name) for name in ("", "loads")] == ["NOT_SERVING"] * 2
    assert grpc_health(server, "faulty") == "SERVING"
    assert rest.call(server.inference, "GET", "/ping").status == 500
    assert rest.call(server.inference, "GET", "/livez").status == 200
    assert "no weights yet" in rest.call(server.inference, "GET", "/readyz").text
    assert 'failing_loads.py"' in last_failure(server, "loads"), "the traceback"
    eventually(
        lambda: "the loader looked for weights" in server.log("model_log.log"), 10, "the words in the log"
    )
    assert server.predict("faulty", order("answer")).text == "1"


@pytest.mark.timed
def test_a_model_that_loads_at_the_third_attempt_recovers_by_itself(loads: Loads) -> None:
    loads.left(2)
    begun = time.monotonic()
    loads.register()
    server = loads.server
    eventually(lambda: "1 more failures" in last_failure(server, "loads"), 20, "the second failure")
    eventually(lambda: loads.ready() == 200, 20, "ready")
    # 100 ms, then 1 s.
    assert time.monotonic() - begun >= 1.1
    assert server.predict("loads", "x").text == "x"
    assert loads.ready("?model=loads") == 200


@pytest.mark.timed
def test_attempts_back_off(loads: Loads) -> None:
    loads.left(1000)
    begun = time.monotonic()
    loads.register()
    eventually(lambda: int(loads.file.read_text()) <= 996, 20, "four attempts")
    # They wait for 100 ms, 1 s and 1 s.
    assert time.monotonic() - begun >= 2.1
    loads.left(0)
    eventually(lambda: loads.ready() == 200, 30, "ready without any order")


@pytest.mark.profiled
@pytest.mark.parametrize(
    "error",
    [
        "device-side assert triggered",
        "an illegal memory access was encountered",
        "unspecified launch failure",
    ],
)
def test_a_device_that_fails_for_good_costs_the_worker(
    server: RunningServer, base: Observation, error: str
) -> None:
    before = pid_of(server, "faulty")
    reply = server.predict("faulty", order("device_fault", error=error))
    assert (reply.status, reply.json()["type"]) == (507, "InternalServerException")
    assert reply.message == "Out of resources: the device failed and the worker is replaced"
    failed = re.compile(r'mariner_requests_failed_total\{[^}]*model_name="faulty"[^}]*reason="device_lost"')
    assert failed.search(rest.call(server.metrics, "GET", "/metrics").text)
    eventually(lambda: error in server.log("model_log.log"), 10, "the words in the log")
    eventually(lambda: "Its device failed" in last_failure(server, "faulty"), 10, "the worker is recycled")
    after = server.predict("faulty", order("pid"))
    assert after.status == 200
    assert int(after.text) != before


def test_a_device_error_of_one_call_keeps_the_worker(server: RunningServer, base: Observation) -> None:
    before = pid_of(server, "faulty")
    assert server.predict("faulty", order("device_fault", error="invalid device ordinal")).status in (
        500,
        503,
    )
    assert server.predict("faulty", order("pid")).text == str(before)
