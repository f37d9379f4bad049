"""Streams of server-sent events when something fails behind their first event."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from faults import pid_of
from observation import Observation
from support.rest import RawConnection, request_bytes
from support.server import RunningServer
from support.waiting import eventually

PATHS = ("/predictions/stream", "/v2/models/stream/infer")


@contextmanager
def begun(
    server: RunningServer, order: dict[str, Any], path: str = PATHS[0], **headers: str
) -> Iterator[RawConnection]:
    """A connection on which the first event of a stream has come."""
    body = json.dumps({key: str(v) if isinstance(v, Path) else v for key, v in order.items()}).encode()
    given = {"Accept": "text/event-stream", **{k.replace("_", "-"): v for k, v in headers.items()}}
    with RawConnection(server.inference) as connection:
        connection.send(request_bytes("POST", path, body, given))
        head = connection.read_head()
        assert (head.status, head.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
        assert connection.read_chunk() == b"data: piece 0 \ndata: \n\n"
        yield connection


def error_of(connection: RawConnection) -> Any:
    """Returns the JSON of the error that ends a stream, and serves a request on the same connection."""
    chunks = [chunk for chunk in iter(connection.read_chunk, b"") if not chunk.startswith(b":")]
    assert len(chunks) == 1, chunks
    name, data, *end = chunks[0].decode().split("\n")
    assert (name, data[:6], end) == ("event: error", "data: ", ["", ""])
    connection.send(request_bytes("GET", "/livez"))
    assert connection.read_reply().status == 200
    return json.loads(data[6:])


def serves_again(server: RunningServer) -> None:
    eventually(lambda: server.predict("stream", json.dumps({"pieces": 0})).text == "end\n", 20, "it serves")


@pytest.mark.parametrize("path", PATHS)
def test_a_worker_that_dies_is_told_in_an_event(
    server: RunningServer, base: Observation, tmp_path: Path, path: str
) -> None:
    with begun(server, {"pieces": 2, "gate_at": 1, "gate": tmp_path / "gate"}, path) as connection:
        os.kill(pid_of(server, "stream"), signal.SIGKILL)
        told = error_of(connection)
    if path == PATHS[0]:
        assert told["message"].startswith("Worker died. It was ended by signal 9")
        assert told["type"] == "InternalServerException"
    else:
        assert list(told) == ["error"]
        assert told["error"].startswith("Worker died. It was ended by signal 9")
    serves_again(server)


def test_a_deadline_that_passes_is_told_in_an_event(
    server: RunningServer, base: Observation, tmp_path: Path
) -> None:
    gate, progress = tmp_path / "gate", tmp_path / "progress"
    order = {"pieces": 2, "gate_at": 1, "gate": gate, "progress": progress}
    with begun(server, order, X_Request_Timeout_Ms="1000") as connection:
        told = error_of(connection)
        assert (told["code"], told["type"]) == (504, "DeadlineExceededException")
    gate.touch()
    eventually(progress.with_suffix(".ended").exists, 10, "the handler ends")
    serves_again(server)


def test_an_exception_is_told_in_an_event(server: RunningServer, base: Observation) -> None:
    with begun(server, {"pieces": 2, "raise_at": 1}) as connection:
        assert error_of(connection)["message"].startswith("Prediction failed")


def test_a_client_that_leaves_stops_the_handler(
    server: RunningServer, base: Observation, tmp_path: Path
) -> None:
    progress = tmp_path / "progress"
    with begun(server, {"pieces": 500, "pause": 0.1, "progress": progress}) as connection:
        connection.read_chunk()
    eventually(progress.with_suffix(".ended").exists, 10, "the handler ends")
    assert int(progress.read_text()) < 100


def test_comments_come_while_nothing_else_does(
    server: RunningServer, base: Observation, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    with begun(server, {"pieces": 2, "gate_at": 1, "gate": gate}) as connection:
        assert connection.read_chunk() == b": keep-alive\n\n"
        gate.touch()
        rest = b"".join(chunk for chunk in iter(connection.read_chunk, b"") if not chunk.startswith(b":"))
    assert rest == b"data: piece 1 \ndata: \n\ndata: end\ndata: \n\n"


def test_comments_do_not_hide_a_reader_that_stops(
    server: RunningServer, base: Observation, tmp_path: Path
) -> None:
    progress = tmp_path / "progress"
    order = {"pieces": 400, "filler": 50_000, "progress": str(progress)}
    with RawConnection(server.inference) as stuck:
        accept = {"Accept": "text/event-stream"}
        stuck.send(request_bytes("POST", PATHS[0], json.dumps(order).encode(), accept))
        eventually(progress.with_suffix(".ended").exists, 15, "the handler ends")
        serves_again(server)
    assert int(progress.read_text()) < 400
