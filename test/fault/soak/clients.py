"""The clients of the soak: each kind asks in its own way, and checks each answer byte for byte."""

from __future__ import annotations

import http.client
import json
import random
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, suppress
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import grpc
from support import rpc
from support.rest import RawConnection, request_bytes
from support.server import RunningServer

from soak.journal import ANSWERED, CUT, LEFT, Journal

_TIMEOUT_SECONDS = 30.0
_LARGE = 200_000
_THINK_SECONDS = 0.02
_STOP_SECONDS = 45.0


def body_of(order: str, name: str, argument: int, payload: bytes) -> bytes:
    """Returns a request's body, see handlers/soaking.py."""
    return f"{order} {name} {argument}\n".encode() + payload


def answer_to(name: str, payload: bytes) -> bytes:
    """Returns what the handler answers."""
    return name.encode() + b" " + payload[::-1]


def stream_to(name: str, pieces: int, payload: bytes) -> bytes:
    """Returns all pieces of a stream and its end."""
    last = answer_to(name, payload)
    return b"".join(b"%d %s\n" % (number, last) for number in range(pieces)) + last


def error_text(body: bytes) -> str:
    """Returns the message of a REST error."""
    with suppress(ValueError, KeyError, TypeError):
        return str(json.loads(body)["message"])
    return repr(body[:160])


class Clients(AbstractContextManager["Clients"]):
    """All clients, running within the block; their bodies come from the seed."""

    def __init__(self, server: RunningServer, journal: Journal, seed: int) -> None:
        self._journal = journal
        self._stop = threading.Event()
        self._address = server.inference
        self._grpc = server.grpc_inference
        self._random = threading.local()
        kinds: list[Callable[[], None]] = [
            lambda: self._kept("echo"),
            lambda: self._kept("batch"),
            lambda: self._kept("batch"),
            lambda: self._kept("slow", "sleep", 20),
            lambda: self._kept("ahead"),
            lambda: self._kept("ahead", "sleep", 5),
            lambda: self._over_grpc("ahead"),
            lambda: self._again(lambda: self.ask("fresh", "ahead")),
            lambda: self._again(lambda: self.ask("fresh", "echo")),
            lambda: self._again(lambda: self.ask("fresh", "batch")),
            lambda: self._over_grpc("echo"),
            lambda: self._over_grpc("batch"),
            lambda: self._over_grpc("batch"),
            lambda: self._again(self._rest_stream),
            lambda: self._again(self._grpc_stream),
            lambda: self._again(self._slow_reader),
            lambda: self._again(self._leaving),
            lambda: self._again(self._bad),
        ]
        self._threads = [
            threading.Thread(target=self._guarded, args=(kind, seed + number), daemon=True)
            for number, kind in enumerate(kinds)
        ]

    def __enter__(self) -> Clients:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(_STOP_SECONDS)
            if thread.is_alive():
                self._journal.breach("a client hangs")

    def _guarded(self, kind: Callable[[], None], seed: int) -> None:
        self._random.of = random.Random(seed)
        try:
            kind()
        except Exception as fault:
            self._journal.breach(f"a client broke: {type(fault).__name__}: {fault}")
            raise

    def _turns(self) -> Iterator[None]:
        while not self._stop.is_set():
            yield
            self._stop.wait(self._rng.random() * _THINK_SECONDS)

    def _again(self, once: Callable[[], None]) -> None:
        for _ in self._turns():
            once()

    @property
    def _rng(self) -> random.Random:
        found: random.Random = self._random.of
        return found

    def _payload(self) -> bytes:
        size = _LARGE if self._rng.random() < 0.02 else self._rng.randrange(2000)
        return self._rng.randbytes(size)

    def _connection(self) -> http.client.HTTPConnection:
        parts = urlsplit(self._address)
        return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_TIMEOUT_SECONDS)

    def _check(self, kind: str, model: str, given: bytes, expected: bytes) -> None:
        self._journal.end(kind, model, ANSWERED)
        if given != expected:
            self._journal.breach(
                f"wrong answer: {kind} {model}: {given[:60]!r} (expected: {expected[:60]!r})"
            )

    def ask(self, kind: str, model: str, order: str = "echo", argument: int = 0) -> None:
        """Asks once on a connection of its own."""
        connection = self._connection()
        try:
            self._ask(kind, connection, model, order, argument)
        finally:
            connection.close()

    def _ask(
        self, kind: str, connection: http.client.HTTPConnection, model: str, order: str, argument: int
    ) -> bool:
        """Asks; returns whether the connection may be used again."""
        payload = self._payload()
        name, begun = self._journal.begin(model)
        expected = answer_to(name, payload)
        if order == "pieces":
            expected = stream_to(name, argument, payload)
        status = "no answer"
        try:
            connection.request("POST", f"/predictions/{model}", body_of(order, name, argument, payload))
            answer = connection.getresponse()
            status = CUT
            given = answer.read()
        except (OSError, http.client.HTTPException) as fault:
            self._journal.fail(kind, model, begun, status, f"{type(fault).__name__}: {fault}")
            return False
        if answer.status == 200:
            self._check(kind, model, given, expected)
        else:
            self._journal.fail(kind, model, begun, str(answer.status), error_text(given))
        return not answer.will_close

    def _kept(self, model: str, order: str = "echo", argument: int = 0) -> None:
        connection = self._connection()
        for _ in self._turns():
            if not self._ask("kept", connection, model, order, argument):
                connection.close()
                connection = self._connection()
        connection.close()

    def _rest_stream(self) -> None:
        self.ask("stream", "stream", "pieces", self._rng.randrange(1, 20))

    def _over_grpc(self, model: str) -> None:
        with rpc.inference(self._grpc) as stub:
            for _ in self._turns():
                payload = self._payload()
                name, begun = self._journal.begin(model)
                request = rpc.prediction(model, body_of("echo", name, 0, payload))
                try:
                    given = stub.Predictions(request, timeout=_TIMEOUT_SECONDS).prediction
                except grpc.RpcError as fault:
                    self._refused("grpc", model, begun, fault)
                else:
                    self._check("grpc", model, given, answer_to(name, payload))

    def _refused(self, kind: str, model: str, begun: float, fault: Any) -> None:
        self._journal.fail(kind, model, begun, fault.code().name, fault.details() or "")

    def _grpc_stream(self) -> None:
        """Reads a stream to its end or, one time in four, leaves after the first piece."""
        payload, pieces = self._payload(), self._rng.randrange(1, 20)
        name, begun = self._journal.begin("stream")
        request = rpc.prediction("stream", body_of("pieces", name, pieces, payload))
        leaves = self._rng.random() < 0.25
        with rpc.inference(self._grpc) as stub:
            call = stub.StreamPredictions(request, timeout=_TIMEOUT_SECONDS)
            given = b""
            try:
                for piece in call:
                    given += piece.prediction
                    if leaves:
                        call.cancel()
                        self._journal.end("grpc stream", "stream", LEFT)
                        return
            except grpc.RpcError as fault:
                self._refused("grpc stream", "stream", begun, fault)
            else:
                self._check("grpc stream", "stream", given, stream_to(name, pieces, payload))

    def _slow_reader(self) -> None:
        """Reads a stream of large pieces with pauses."""
        payload = self._rng.randbytes(_LARGE // 4)
        name, begun = self._journal.begin("stream")
        request = request_bytes("POST", "/predictions/stream", body_of("pieces", name, 10, payload))
        given, status = b"", "no answer"
        try:
            with RawConnection(self._address) as connection:
                connection.send(request)
                head = connection.read_head()
                status = CUT
                if head.status != 200:
                    given = connection.read_exactly(int(head.headers.get("content-length", "0")))
                    self._journal.fail("slow reader", "stream", begun, str(head.status), error_text(given))
                    return
                while piece := connection.read_chunk():
                    given += piece
                    self._stop.wait(0.05)
        except (OSError, AssertionError, ValueError) as fault:
            self._journal.fail("slow reader", "stream", begun, status, str(fault)[:80])
        else:
            self._check("slow reader", "stream", given, stream_to(name, 10, payload))

    def _leaving(self) -> None:
        """Sends a request that takes a while, whole or in part, and goes."""
        name, _ = self._journal.begin("slow")
        request = request_bytes("POST", "/predictions/slow", body_of("sleep", name, 50, self._payload()))
        with ExitStack() as stack:
            connection = stack.enter_context(RawConnection(self._address))
            with suppress(OSError):
                connection.send(request if self._rng.random() < 0.7 else request[: len(request) // 2])
            self._stop.wait(self._rng.random() * 0.05)
            if self._rng.random() < 0.3:
                # The end comes as a reset.
                connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self._journal.end("leaving", "slow", LEFT)

    def _bad(self) -> None:
        """Sends what has to be refused, whatever else happens."""
        wrong = [
            (404, request_bytes("POST", "/predictions/nobody", b"x")),
            (404, request_bytes("GET", "/no/such/route")),
            (
                400,
                b"POST /predictions/echo HTTP/1.1\r\nHost: x\r\n"
                b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
            ),
            (413, b"POST /predictions/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\n\r\n"),
        ]
        expected, request = self._rng.choice(wrong)
        self._journal.begin("none")
        with RawConnection(self._address) as connection:
            connection.send(request)
            status = connection.read_head().status
        self._journal.end("bad", "none", f"refused {status}")
        if status != expected:
            self._journal.breach(f"bad request: {status} (expected: {expected}): {request[:60]!r}")
