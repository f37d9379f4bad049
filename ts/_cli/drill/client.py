"""The drill's HTTP clients: one that does a call, and one that keeps a request open."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")
_POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Reply:
    """An answer as the client saw it. `headers` has lower-case names; status 0: there was none."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float

    @property
    def message(self) -> str:
        """The message of an error, shortened; of anything else, its beginning."""
        try:
            text = str(json.loads(self.body)["message"])
        except (ValueError, KeyError, TypeError):
            text = self.body[:200].decode("utf-8", "replace")
        first = text.strip().splitlines()[:1]
        return first[0][:160] if first else ""

    @property
    def brief(self) -> str:
        """Status and message in one line."""
        return f"{self.status or 'no answer'}{f' ({self.message})' if self.message else ''}"


def call(
    address: str,
    method: str,
    path: str,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    timeout: float = 60.0,
) -> Reply:
    """Does a call on a connection of its own; a broken one becomes status 0 with the reason as body."""
    parts, begun = urlsplit(address), time.monotonic()
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)
    try:
        connection.request(method, path, body, dict(headers or {}))
        answer = connection.getresponse()
        content = answer.read()
        named = {name.lower(): value for name, value in answer.getheaders()}
        return Reply(answer.status, named, content, time.monotonic() - begun)
    except (OSError, http.client.HTTPException) as fault:
        return Reply(0, {}, f"{type(fault).__name__}: {fault}".encode(), time.monotonic() - begun)
    finally:
        connection.close()


class OpenRequest:
    """A request that has been sent; its answer may come or be left unread."""

    def __init__(
        self, address: str, path: str, body: bytes, headers: Mapping[str, str], timeout: float = 60.0
    ) -> None:
        parts = urlsplit(address)
        self._begun = time.monotonic()
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)
        self._connection.request("POST", path, body, dict(headers))

    @property
    def socket(self) -> socket.socket:
        """The connection's socket, readable when the answer has begun."""
        assert self._connection.sock is not None
        found: socket.socket = self._connection.sock
        return found

    def reply(self) -> Reply:
        """Waits for the answer and closes the connection."""
        try:
            answer = self._connection.getresponse()
            named = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(answer.status, named, answer.read(), time.monotonic() - self._begun)
        except (OSError, http.client.HTTPException) as fault:
            text = f"{type(fault).__name__}: {fault}".encode()
            return Reply(0, {}, text, time.monotonic() - self._begun)
        finally:
            self.leave()

    def leave(self) -> None:
        """Closes the connection, whatever is under way."""
        self._connection.close()


def until(predicate: Callable[[], T], seconds: float) -> T | None:
    """Returns the first true value of the predicate; None when there is none in time."""
    deadline = time.monotonic() + seconds
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() >= deadline:
            return None
        time.sleep(_POLL_SECONDS)
