"""Clients that predict without a pause, over both APIs, and remember what became of each request."""

from __future__ import annotations

import http.client
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from urllib.parse import urlsplit

import grpc
from faults import order
from support import rpc
from support.server import RunningServer
from support.waiting import eventually

ANSWERED, REFUSED, CLOSED = "answered", "refused", "closed"
"""What a client may see of a server that ends: an answer, a refusal that says why, or no listener."""


class Load(AbstractContextManager["Load"]):
    """Runs the clients within the block; all of them ask the model for its batch size."""

    def __init__(self, server: RunningServer, model: str, clients: int = 2) -> None:
        self._model = model
        self._address = urlsplit(server.inference)
        self._grpc_address = server.grpc_inference
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._closing = False
        self.outcomes: Counter[str] = Counter()
        self.texts: set[bytes] = set()
        ways: list[Callable[[], None]] = [self._fresh, self._kept, self._over_grpc]
        self._threads = [threading.Thread(target=way, daemon=True) for way in ways for _ in range(clients)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(30)
        assert not any(thread.is_alive() for thread in self._threads), "a client hangs"

    @property
    def answered(self) -> int:
        """Answers so far."""
        return self.outcomes[ANSWERED]

    def listeners_may_close(self) -> None:
        """From now on a connection may end before it is accepted."""
        self._closing = True

    def await_more(self, answers: int) -> None:
        """Waits until so many answers have come in all."""
        eventually(lambda: self.answered >= answers, 30, f"{answers} answers")

    def unexpected(self, *allowed: str) -> dict[str, int]:
        """Returns the outcomes that are neither answers nor allowed."""
        return {what: n for what, n in self.outcomes.items() if what not in (ANSWERED, *allowed)}

    def _note(self, what: str) -> None:
        with self._lock:
            self.outcomes[what] += 1
        if what == CLOSED:
            self._stop.wait(0.01)

    def _connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self._address.hostname or "", self._address.port, timeout=30)

    def _ask(self, connection: http.client.HTTPConnection, reused: bool) -> bool:
        """Does one request; returns whether the connection may be used again."""
        try:
            connection.request("POST", f"/predictions/{self._model}", order("answer"))
            answer = connection.getresponse()
            body = answer.read()
        except ConnectionRefusedError:
            self._note(CLOSED)
            return False
        except (OSError, http.client.HTTPException) as fault:
            # A client can't know that an idle connection is being closed, nor the kernel that a listener
            # will not accept the connection that it has made for it.
            self._note(CLOSED if reused or self._closing else f"{type(fault).__name__}: {fault}")
            return False
        if answer.status == 200:
            self.texts.add(body)
            self._note(ANSWERED)
        else:
            self._note(REFUSED if answer.status == 503 else f"{answer.status} {body!r}")
        return not answer.will_close

    def _fresh(self) -> None:
        while not self._stop.is_set():
            connection = self._connection()
            self._ask(connection, False)
            connection.close()

    def _kept(self) -> None:
        connection, reused = self._connection(), False
        while not self._stop.is_set():
            reused = self._ask(connection, reused)
            if not reused:
                connection.close()
                connection = self._connection()
        connection.close()

    def _over_grpc(self) -> None:
        request = rpc.prediction(self._model, order("answer").encode())
        with rpc.inference(self._grpc_address) as stub:
            while not self._stop.is_set():
                try:
                    answer = stub.Predictions(request, timeout=30)
                except grpc.RpcError as fault:
                    closed = fault.code() is grpc.StatusCode.UNAVAILABLE
                    shut = closed and "shutting down" in (fault.details() or "")
                    self._note(REFUSED if shut else CLOSED if closed else f"{fault.code()} {fault.details()}")
                else:
                    self.texts.add(answer.prediction)
                    self._note(ANSWERED)
