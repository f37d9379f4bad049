"""Health that is true: while a model has too few workers nobody is told that it serves."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import grpc
import pytest
from faults import grpc_health, last_failure, order, pid_of
from grpc_health.v1 import health_pb2, health_pb2_grpc
from observation import Observation
from support import rest, rpc
from support.server import RunningServer
from support.waiting import eventually


def status(server: RunningServer, path: str) -> int:
    return rest.call(server.inference, "GET", path).status


@pytest.mark.timed
def test_health_follows_the_workers(server: RunningServer, base: Observation) -> None:
    yes = (
        "/livez",
        "/readyz",
        "/readyz?model=faulty",
        "/ping",
        "/v2/health/ready",
        "/v2/models/faulty/ready",
    )
    assert {status(server, path) for path in yes} == {200}
    assert [grpc_health(server, name) for name in ("", "faulty")] == ["SERVING"] * 2
    assert [rpc.ready(server.grpc_inference, name) for name in ("", "faulty")] == [True] * 2
    os.kill(pid_of(server, "faulty"), signal.SIGKILL)
    reasons = eventually(lambda: reasons_against(server), 10, "not ready")
    assert "faulty" in reasons
    assert "0 of 1 workers are ready" in reasons
    assert status(server, "/readyz?model=bystander") == 200
    assert status(server, "/livez") == 200
    eventually(lambda: status(server, "/readyz") == 200, 20, "ready again")
    assert status(server, "/ping") == 200
    assert [grpc_health(server, name) for name in ("", "faulty")] == ["SERVING"] * 2


def reasons_against(server: RunningServer) -> str:
    """Returns why the server is not ready, empty while it is."""
    reply = rest.call(server.inference, "GET", "/readyz")
    return reply.text if reply.status == 503 else ""


@pytest.mark.profiled
def test_readiness_of_an_unknown_model_is_an_error(server: RunningServer) -> None:
    unknown = rest.call(server.inference, "GET", "/readyz?model=nope")
    assert (unknown.status, unknown.json()["type"]) == (404, "ModelNotFoundException")
    assert grpc_health(server, "nope") == "NOT_FOUND"


@pytest.mark.timed
def test_watchers_hear_of_a_loss_and_of_the_recovery(server: RunningServer, base: Observation) -> None:
    with grpc.insecure_channel(server.grpc_inference) as channel:
        watch = health_pb2_grpc.HealthStub(channel).Watch(
            health_pb2.HealthCheckRequest(service="brief"), timeout=40
        )
        serving, not_serving = (
            health_pb2.HealthCheckResponse.SERVING,
            health_pb2.HealthCheckResponse.NOT_SERVING,
        )
        assert next(watch).status == serving
        # Watchers look once a second; a model that can't serve for longer is seen.
        server.manage("PUT", "/models/brief", min_worker=2, max_worker=2)
        pid = pid_of(server, "brief")
        os.kill(pid, signal.SIGSTOP)
        assert next(watch).status == not_serving
        eventually(lambda: "no sign of life" in last_failure(server, "brief"), 15, "the stopped one is found")
        assert next(watch).status == serving
        watch.cancel()
    assert server.manage("PUT", "/models/brief", min_worker=1, max_worker=1, synchronous="true").status == 200


@pytest.mark.profiled
@pytest.mark.timed
def test_a_hung_worker_is_not_counted_as_ready(
    server: RunningServer, base: Observation, tmp_path: Path
) -> None:
    reply = server.predict("brief", order("hang_here"))
    assert reply.status in (500, 504)
    # Told at once: between the answer and the next worker's load nobody says that the model serves.
    assert status(server, "/readyz?model=brief") == 503
    assert status(server, "/v2/models/brief/ready") == 400
    eventually(lambda: status(server, "/readyz?model=brief") == 200, 20, "replaced")
