"""Closed-loop HTTP load for models of a few hundred requests a second.

One thread serves all connections and knows of HTTP no more than it needs: a client shares the processors with
the server that it measures, and threads with a client of the standard library took six times as much of them.
"""

from __future__ import annotations

import selectors
import socket
import time
import urllib.parse

from bench.load.pace import percentile, rate
from bench.load.sample import Sample

WARM_UP_SECONDS = 0.5
# Answers for each connection that a measurement has at least, so that its slope spans several batches …
_LEAST_TURNS = 2
# … unless that takes so many times as long as was asked for.
_LONGEST = 10
_SILENCE_SECONDS = 60
_READ_BYTES = 64 * 1024
_HEAD_END = b"\r\n\r\n"
_LENGTH = b"\r\ncontent-length:"


class _Answers:
    """What all connections of one measurement have got, and when to stop."""

    def __init__(self, begin: float, seconds: float, least: int) -> None:
        self._begin = begin
        self._end = begin + seconds
        self._latest = begin + seconds * _LONGEST
        self._least = least
        self._closed = False
        self.ends: list[float] = []
        self.latencies: list[float] = []
        self.errors = 0

    def add(self, sent: float, good: bool) -> bool:
        """Takes an answer; returns whether to go on."""
        now = time.perf_counter()
        if self._closed:
            return False
        if not good:
            self.errors += 1
        elif now >= self._begin:
            self.ends.append(now)
            self.latencies.append(now - sent)
        enough = now >= self._end and len(self.ends) >= self._least
        self._closed = enough or now >= self._latest
        return not self._closed


class _Connection:
    """One connection that sends its next request after its last answer.

    Attributes:
        sent: when the last request was sent.
    """

    def __init__(self, address: tuple[str, int], request: bytes, silence: float) -> None:
        self._socket = socket.create_connection(address, silence)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._request = request
        self._received = bytearray()
        self.sent = 0.0

    def fileno(self) -> int:
        """The socket's, for the selector."""
        return self._socket.fileno()

    def ask(self) -> None:
        """Sends the request.

        Raises:
            OSError: the server has closed the connection.
        """
        self._received.clear()
        self.sent = time.perf_counter()
        self._socket.sendall(self._request)

    def receive(self) -> bool | None:
        """Reads what has come; returns whether the answer is good, None if it is not whole yet.

        Raises:
            OSError: the connection has ended, or the answer does not say how long it is.
        """
        piece = self._socket.recv(_READ_BYTES)
        if not piece:
            raise ConnectionError(f"{len(self._received)} bytes, then an end (expected: an answer)")
        received = self._received
        received += piece
        head = received.find(_HEAD_END)
        if head < 0 or len(received) < head + len(_HEAD_END) + _content_length(received[:head]):
            return None
        return received[9:12] == b"200"

    def close(self) -> None:
        """Closes the socket."""
        self._socket.close()


def _content_length(head: bytearray) -> int:
    _, found, rest = head.lower().partition(_LENGTH)
    if not found:
        raise ConnectionError(f"answer: {bytes(head[:200])!r} (expected: a Content-Length)")
    return int(rest.partition(b"\r\n")[0])


class _Clients:
    """All connections of one measurement; use as a context."""

    def __init__(self, url: str, body: bytes, content_type: str, answers: _Answers, silence: float) -> None:
        parts = urllib.parse.urlsplit(url)
        self._address = (parts.hostname or "", parts.port or 80)
        head = (
            f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self._request = head.encode("ascii") + body
        self._answers = answers
        self._silence = silence
        self._selector = selectors.DefaultSelector()

    def __enter__(self) -> _Clients:
        return self

    def __exit__(self, *exception: object) -> None:
        for key in list(self._selector.get_map().values()):
            key.data.close()
        self._selector.close()

    def run(self, connections: int) -> None:
        """Sends requests until there are enough answers, and waits for those that are under way.

        Raises:
            OSError: the server can't be reached.
        """
        for _ in range(connections):
            self._open()
        while self._selector.get_map():
            events = self._selector.select(self._silence)
            for key, _ in events:
                self._turn(key.data)
            if not events:
                for key in list(self._selector.get_map().values()):
                    self._failed(key.data)

    def _open(self) -> None:
        connection = _Connection(self._address, self._request, self._silence)
        self._selector.register(connection, selectors.EVENT_READ, connection)
        connection.ask()

    def _turn(self, connection: _Connection) -> None:
        try:
            good = connection.receive()
            if good is None:
                return
            if self._answers.add(connection.sent, good):
                connection.ask()
            else:
                self._drop(connection)
        except OSError:
            self._failed(connection)

    def _failed(self, connection: _Connection) -> None:
        self._drop(connection)
        if self._answers.add(connection.sent, False):
            self._open()

    def _drop(self, connection: _Connection) -> None:
        self._selector.unregister(connection)
        connection.close()


def load(
    url: str,
    body: bytes,
    content_type: str,
    connections: int,
    seconds: float,
    silence: float = _SILENCE_SECONDS,
) -> Sample:
    """Loads a server after half a second that does not count; goes on until each connection had two turns.

    Args:
        silence: seconds without a word from the server after which no answer counts as an error.

    Raises:
        ValueError: it gave fewer than two answers.
        OSError: it can't be reached.
    """
    answers = _Answers(time.perf_counter() + WARM_UP_SECONDS, seconds, _LEAST_TURNS * connections)
    with _Clients(url, body, content_type, answers, silence) as clients:
        clients.run(connections)
    speed = rate(answers.ends)
    latencies = [latency * 1000 for latency in answers.latencies]
    p50, p99 = (round(percentile(latencies, share), 3) for share in (0.5, 0.99))
    return Sample(speed, p50, p99, answers.errors)
