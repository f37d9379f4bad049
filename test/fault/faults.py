"""Orders for the models of the fault tests, and what clients saw of them."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from support import rest, rpc
from support.server import RunningServer
from support.waiting import eventually

HANDLERS = Path(__file__).parent / "handlers"


def order(do: str, **fields: Any) -> str:
    """Returns the body that orders it."""
    return json.dumps({"do": do} | {k: str(v) if isinstance(v, Path) else v for k, v in fields.items()})


def pid_of(server: RunningServer, model: str) -> int:
    """Returns the process of the model's first worker, once it serves."""
    return int(eventually(lambda: [w["pid"] for w in server.workers(model)], 30, f"{model} is ready")[0])


def pending(server: RunningServer, model: str) -> int:
    """Returns the number of requests in the queue."""
    return int(server.describe(model)["jobQueueStatus"]["pendingRequests"])


def last_failure(server: RunningServer, model: str) -> str:
    """Returns why the model last lost a worker."""
    return str(server.describe(model).get("lastFailure", ""))


@dataclass(frozen=True)
class Seen:
    """What a gRPC client saw."""

    code: str
    text: str


def call_grpc(server: RunningServer, model: str, body: str | bytes, timeout: float = 60.0) -> Seen:
    """Predicts over gRPC."""
    data = body.encode() if isinstance(body, str) else body
    with rpc.inference(server.grpc_inference) as stub:
        try:
            return Seen(
                "OK", stub.Predictions(rpc.prediction(model, data), timeout=timeout).prediction.decode()
            )
        except grpc.RpcError as fault:
            return Seen(fault.code().name, fault.details() or "")


def bearer(key: str) -> dict[str, str]:
    """Returns the header that carries a key."""
    return {"Authorization": f"Bearer {key}"}


def grpc_health(server: RunningServer, name: str) -> str:
    """Returns what the standard health service says of a model or, by the empty name, of the server."""
    with grpc.insecure_channel(server.grpc_inference) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        try:
            found = stub.Check(health_pb2.HealthCheckRequest(service=name), timeout=20).status
        except grpc.RpcError as fault:
            return str(fault.code().name)
    return str(health_pb2.HealthCheckResponse.ServingStatus.Name(found))


def timed(server: RunningServer, model: str, body: str) -> tuple[rest.Reply, float]:
    """Predicts; returns the answer and the time when it had come."""
    reply = server.predict(model, body)
    return reply, time.monotonic()


@contextmanager
def running(server: RunningServer, model: str, mark: Path) -> Iterator[Future[tuple[rest.Reply, float]]]:
    """Keeps a request running in the block; it ends when the file `mark` is touched, which the end does."""
    began = mark.with_suffix(".began")
    with ThreadPoolExecutor(1) as caller:
        answer = caller.submit(timed, server, model, order("wait", began=began, until=mark))
        try:
            eventually(began.exists, 30, "the request runs")
            yield answer
        finally:
            mark.touch()


def keep_in_queue(server: RunningServer, model: str, folder: Path) -> None:
    """Has a run take so long that none is sent ahead soon: what comes beside another waits in the queue."""
    with running(server, model, folder / "long"):
        threading.Event().wait(0.3)


def together(server: RunningServer, model: str, bodies: Sequence[str]) -> list[rest.Reply]:
    """Sends all at once; returns the answers in the order of the bodies."""
    with ThreadPoolExecutor(len(bodies)) as callers:
        return list(callers.map(lambda body: server.predict(model, body), bodies))


@contextmanager
def burst(server: RunningServer, model: str, bodies: Sequence[str]) -> Iterator[list[Future[Seen]]]:
    """Sends all at once over one gRPC connection, so that they come to the server together."""
    with rpc.inference(server.grpc_inference) as stub:
        calls = [stub.Predictions.future(rpc.prediction(model, body.encode()), timeout=60) for body in bodies]
        with ThreadPoolExecutor(len(bodies)) as readers:
            yield [readers.submit(_seen, call) for call in calls]


def _seen(call: Any) -> Seen:
    try:
        return Seen("OK", call.result().prediction.decode())
    except grpc.RpcError as fault:
        return Seen(fault.code().name, fault.details() or "")


def warm_up(server: RunningServer) -> None:
    """Goes once through what makes the JVM's pools grow."""
    for _ in range(3):
        together(server, "faulty", [order("answer")] * 8)
        assert call_grpc(server, "faulty", order("answer")).code == "OK"
    server.predict("faulty", order("kill"))
    pid_of(server, "faulty")
