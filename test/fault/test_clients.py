"""Clients that are slow, leave, or speak nonsense: each meets a limit with a name, and nobody else pays."""

from __future__ import annotations

import contextlib
import gzip
import json
import random
import socket
import struct
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from faults import last_failure, order, pid_of
from observation import Observation
from support import rest
from support.rest import RawConnection, request_bytes
from support.server import RunningServer
from support.waiting import eventually

IDLE_TIMEOUT_SECONDS = 3.0
SLACK_SECONDS = 2.0
IDLE_CONNECTIONS = 500


def predict(headers: bytes, rest_of_it: bytes = b"") -> bytes:
    return b"POST /predictions/bystander HTTP/1.1\r\nHost: localhost\r\n" + headers + b"\r\n" + rest_of_it


@pytest.mark.timed
def test_slow_clients_are_ended_by_their_timeouts(server: RunningServer, base: Observation) -> None:
    begun = time.monotonic()
    with ExitStack() as stack:
        silent, headers, body = [
            stack.enter_context(RawConnection(server.inference, timeout=10)) for _ in range(3)
        ]
        headers.send(b"POST /predictions/bystander HTTP/1.1\r\nHost: local")
        body.send(predict(b"Content-Length: 100\r\n", b"half of it"))
        for slow, part in ((headers, "headers"), (body, "body")):
            reply = slow.read_reply()
            assert (reply.status, reply.json()["type"]) == (408, "RequestTimeoutException")
            assert f"The request's {part} came too slowly" in reply.message
            assert slow.at_end()
        assert silent.at_end()
    took = time.monotonic() - begun
    assert IDLE_TIMEOUT_SECONDS - 0.1 <= took < IDLE_TIMEOUT_SECONDS + SLACK_SECONDS


@pytest.mark.timed
def test_headers_that_drip_do_not_put_the_limit_off(server: RunningServer, base: Observation) -> None:
    begun = time.monotonic()
    with RawConnection(server.inference, timeout=0.25) as dripping:
        dripping.send(b"GET /ping HTTP/1.1\r\n")
        ended = False
        while not ended and time.monotonic() - begun < 10:
            with contextlib.suppress(ConnectionError):
                dripping.send(b"X-Drip: 1\r\n")
            try:
                ended = dripping.read_head().status == 408
            except TimeoutError:
                continue
    assert ended
    assert time.monotonic() - begun < IDLE_TIMEOUT_SECONDS + SLACK_SECONDS


def test_what_the_head_tells_is_answered_and_the_body_not_waited_for(
    server: RunningServer, base: Observation
) -> None:
    head = b"POST /predictions/nobody HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n"
    begun = time.monotonic()
    with RawConnection(server.inference) as asking, RawConnection(server.inference) as mute:
        asking.send(head + b"Expect: 100-continue\r\n\r\n")
        mute.send(head + b"\r\n")
        for connection in (asking, mute):
            assert connection.read_reply().status == 404
        for connection in (asking, mute):
            assert connection.at_end()
    assert time.monotonic() - begun < 6 + SLACK_SECONDS


def test_the_answer_arrives_through_an_upload_that_nobody_wants(
    server: RunningServer, base: Observation
) -> None:
    body = b"x" * 2_900_000
    with RawConnection(server.inference) as connection:
        connection.send(request_bytes("POST", "/predictions/nobody", body))
        assert connection.read_reply().status == 404
        assert connection.at_end()


def test_packed_bodies_are_unpacked_and_bombs_stopped(server: RunningServer, base: Observation) -> None:
    headers = {"Content-Encoding": "gzip"}
    packed = gzip.compress(order("answer").encode())
    assert rest.call(server.inference, "POST", "/predictions/bystander", packed, headers).body == b"1"
    bomb = gzip.compress(b"0" * 50_000_000)
    assert rest.call(server.inference, "POST", "/predictions/bystander", bomb, headers).status == 413


def test_a_reader_that_stops_loses_its_stream_alone(
    server: RunningServer, base: Observation, tmp_path: Path
) -> None:
    progress = tmp_path / "progress"
    body = json.dumps({"pieces": 400, "filler": 50_000, "progress": str(progress)}).encode()
    with RawConnection(server.inference) as stuck:
        stuck.send(request_bytes("POST", "/predictions/stream", body))
        eventually(progress.with_suffix(".ended").exists, 15, "the handler ends")
        again = server.predict("stream", json.dumps({"pieces": 0}))
        assert again.text == "end\n"
    assert int(progress.read_text()) < 400


def test_a_reader_that_stops_in_a_plain_answer_is_dropped(server: RunningServer, base: Observation) -> None:
    with RawConnection(server.inference) as stuck:
        requests = request_bytes("POST", "/predictions/bystander", order("large", bytes=6_000_000).encode())
        stuck.send(requests * 4)
        assert stuck.read_until(b"HTTP/1.1 200")
        begun = time.monotonic()
        taken = 0
        # Nothing is read for longer than the limit; what is then in the buffers is not the whole.
        eventually(lambda: len(peek(stuck.socket)) > 0 and time.monotonic() - begun > 5, 10)
        with contextlib.suppress(ConnectionError):
            while piece := stuck.socket.recv(1 << 20):
                taken += len(piece)
    assert taken < 24_000_000


def peek(connection: socket.socket) -> bytes:
    return connection.recv(1, socket.MSG_PEEK)


@pytest.mark.timed
def test_idle_connections_cost_nobody_anything(server: RunningServer, base: Observation) -> None:
    with ExitStack() as stack:
        connections = [stack.enter_context(RawConnection(server.inference)) for _ in range(IDLE_CONNECTIONS)]
        begun = time.monotonic()
        assert server.predict("bystander", order("answer")).text == "1"
        assert time.monotonic() - begun < 1
        assert all(connection.at_end() for connection in connections)


def test_a_half_closed_client_that_said_so_is_answered(server: RunningServer, base: Observation) -> None:
    with RawConnection(server.inference) as connection:
        body = order("answer").encode()
        connection.send(request_bytes("POST", "/predictions/bystander", body, {"Connection": "close"}))
        connection.socket.shutdown(socket.SHUT_WR)
        assert connection.read_reply().body == b"1"
        assert connection.at_end()


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (b"Content-Length: 2\r\nContent-Length: 3\r\n", b"abc"),
        (b"Content-Length: 2, 3\r\n", b"abc"),
        (b"Content-Length: +2\r\n", b"ab"),
        (b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
        (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", b"0\r\n\r\n"),
        (b"Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n"),
        (b"Transfer-Encoding : chunked\r\n", b"0\r\n\r\n"),
        (b"Content-Length: 2\r\n Transfer-Encoding: chunked\r\n", b"ab"),
        (b"Transfer-Encoding: chunked\r\n", b"-1\r\n\r\n"),
        (b"Transfer-Encoding: chunked\r\n", b"ffffffffffffffffff\r\n"),
        (b"Transfer-Encoding: chunked\r\n", b"2\r\nabc\r\n0\r\n\r\n"),
        (b"X-Bad\x00Name: 1\r\n", b""),
    ],
)
def test_what_two_readers_could_read_differently_is_refused(
    server: RunningServer, base: Observation, headers: bytes, body: bytes
) -> None:
    with RawConnection(server.inference) as connection:
        connection.send(predict(headers, body) + b"GET /livez HTTP/1.1\r\nHost: smuggled\r\n\r\n")
        reply = connection.read_reply()
        assert (reply.status, reply.json()["type"]) == (400, "BadRequestException")
        assert connection.at_end(), "nothing of what follows is taken for a request"


@pytest.mark.profiled
def test_limits_of_the_head_have_their_own_statuses(server: RunningServer, base: Observation) -> None:
    for request, status in (
        (request_bytes("GET", "/ping", headers={"X-Long": "x" * 70_000}), 431),
        (request_bytes("GET", "/" + "x" * 70_000), 414),
    ):
        with RawConnection(server.inference) as connection:
            connection.send(request)
            reply = connection.read_reply()
            assert reply.status == status
            assert "65536 bytes" in reply.message
            assert connection.at_end()


def worker_sockets(server: RunningServer) -> list[Path]:
    return list(server.temp.glob("mariner-*/*.sock"))


GARBAGE = [
    b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"\x00" * 64,
    b"\xff" * 64,
    struct.pack("<I", 2_000_000_000) + b"\x01" * 60,
    random.Random(12).randbytes(200_000),
]


@pytest.mark.parametrize("garbage", GARBAGE, ids=["http", "zeros", "ones", "long", "random"])
def test_garbage_on_the_worker_socket_is_closed(
    server: RunningServer, base: Observation, garbage: bytes
) -> None:
    for path in worker_sockets(server):
        assert path.parent.stat().st_mode & 0o777 == 0o700
        with socket.socket(socket.AF_UNIX) as stranger:
            stranger.settimeout(15)
            stranger.connect(str(path))
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                stranger.sendall(garbage)
                assert stranger.recv(1) == b""
    assert server.predict("faulty", order("answer")).text == "1"


@pytest.mark.profiled
def test_a_worker_that_garbles_its_connection_is_replaced(server: RunningServer, base: Observation) -> None:
    before = pid_of(server, "faulty")
    reply = server.predict("faulty", order("garble"))
    assert reply.status == 500
    assert reply.message.startswith("Worker died.")
    eventually(lambda: "protocol error" in server.log("ts_log.log"), 10, "the cause in the log")
    assert last_failure(server, "faulty")
    assert pid_of(server, "faulty") != before
