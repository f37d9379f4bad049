"""HTTP clients: a plain one, and one that writes and reads exact bytes."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Reply:
    """An HTTP answer. `headers` has lower-case names; of repeated ones the last counts."""

    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8")

    def json(self) -> Any:
        """Returns the body's JSON value."""
        return json.loads(self.body)

    @property
    def message(self) -> str:
        """The message of an error's JSON."""
        return str(self.json()["message"])


def call(
    address: str,
    method: str,
    path: str,
    body: bytes | str | None = None,
    headers: Mapping[str, str] | None = None,
    timeout: float = 60.0,
) -> Reply:
    """Does one call on a connection of its own. `address` is `http://host:port`."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)
    try:
        data = body.encode() if isinstance(body, str) else body
        connection.request(method, path, data, dict(headers or {}))
        answer = connection.getresponse()
        return Reply(
            answer.status,
            answer.reason,
            {name.lower(): value for name, value in answer.getheaders()},
            answer.read(),
        )
    finally:
        connection.close()


def request_bytes(
    method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None, version: str = "1.1"
) -> bytes:
    """Returns a request as it goes over the wire; Host and Content-Length are added when absent."""
    given = {"Host": "localhost", **(headers or {})}
    if body and "Content-Length" not in given and "Transfer-Encoding" not in given:
        given["Content-Length"] = str(len(body))
    lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return f"{method} {path} HTTP/{version}\r\n{lines}\r\n".encode() + body


class RawConnection:
    """A connection on which the test decides about each byte."""

    def __init__(self, address: str, timeout: float = 30.0) -> None:
        parts = urlsplit(address)
        self.socket = socket.create_connection((parts.hostname or "", parts.port or 0), timeout=timeout)
        self._buffer = b""

    def __enter__(self) -> RawConnection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        """Sends these bytes."""
        self.socket.sendall(data)

    def read_until(self, mark: bytes) -> bytes:
        """Returns everything up to and with `mark`; fails when the connection ends before."""
        while mark not in self._buffer:
            piece = self.socket.recv(65536)
            if not piece:
                raise AssertionError(f"connection ended before {mark!r}, after {self._buffer!r}")
            self._buffer += piece
        end = self._buffer.index(mark) + len(mark)
        taken, self._buffer = self._buffer[:end], self._buffer[end:]
        return taken

    def read_exactly(self, size: int) -> bytes:
        """Returns that many bytes."""
        while len(self._buffer) < size:
            piece = self.socket.recv(65536)
            if not piece:
                raise AssertionError(f"connection ended {size - len(self._buffer)} bytes early")
            self._buffer += piece
        taken, self._buffer = self._buffer[:size], self._buffer[size:]
        return taken

    def read_head(self) -> Reply:
        """Reads a status line and headers; the body is left."""
        lines = self.read_until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        status = lines[0].split(" ", 2)
        headers = dict(line.split(": ", 1) for line in lines[1:] if line)
        return Reply(
            int(status[1]),
            status[2] if len(status) > 2 else "",
            {name.lower(): value for name, value in headers.items()},
            b"",
        )

    def read_chunk(self) -> bytes:
        """Returns the next chunk of a chunked body; empty: it was the last."""
        size = int(self.read_until(b"\r\n").split(b";")[0], 16)
        return self.read_exactly(size + 2)[:-2]

    def read_reply(self) -> Reply:
        """Reads a whole answer."""
        head = self.read_head()
        if head.headers.get("transfer-encoding") == "chunked":
            body = b"".join(iter(self.read_chunk, b""))
        else:
            body = self.read_exactly(int(head.headers.get("content-length", "0")))
        return Reply(head.status, head.reason, head.headers, body)

    def at_end(self) -> bool:
        """Waits for the server's next move; returns whether it has closed the connection."""
        if self._buffer:
            return False
        try:
            self._buffer = self.socket.recv(65536)
        except ConnectionResetError:
            return True
        return not self._buffer
