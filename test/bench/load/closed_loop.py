"""Closed-loop HTTP load for models of a few hundred requests a second: a thread for each connection."""

from __future__ import annotations

import http.client
import threading
import time
import urllib.parse

from bench.load.pace import percentile, rate
from bench.load.sample import Sample

WARM_UP_SECONDS = 0.5
# Answers for each connection that a measurement has at least, so that its slope spans several batches …
_LEAST_TURNS = 3
# … unless that takes so many times as long as was asked for.
_LONGEST = 10


class _Answers:
    """What all connections of one measurement have got, and when to stop."""

    def __init__(self, begin: float, seconds: float, least: int) -> None:
        self._begin = begin
        self._end = begin + seconds
        self._latest = begin + seconds * _LONGEST
        self._least = least
        self._lock = threading.Lock()
        self._closed = False
        self.ends: list[float] = []
        self.latencies: list[float] = []
        self.errors = 0

    def add(self, sent: float, good: bool) -> bool:
        """Takes an answer; returns whether to go on."""
        with self._lock:
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


class _Client:
    """One connection that sends its next request after its last answer."""

    def __init__(self, url: str, body: bytes, content_type: str) -> None:
        self._url = urllib.parse.urlsplit(url)
        self._body = body
        self._headers = {"Content-Type": content_type}

    def run(self, answers: _Answers) -> None:
        """Sends requests until there are enough answers."""
        connection = http.client.HTTPConnection(self._url.hostname or "", self._url.port, timeout=60)
        try:
            going = True
            while going:
                sent = time.perf_counter()
                going = answers.add(sent, self._ask(connection))
        finally:
            connection.close()

    def _ask(self, connection: http.client.HTTPConnection) -> bool:
        try:
            connection.request("POST", self._url.path, self._body, self._headers)
            reply = connection.getresponse()
            reply.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            return False
        return reply.status == 200


def load(url: str, body: bytes, content_type: str, connections: int, seconds: float) -> Sample:
    """Loads a server after half a second that does not count; goes on until each connection had three turns.

    Raises:
        ValueError: it gave fewer than two answers.
    """
    begin = time.perf_counter() + WARM_UP_SECONDS
    answers = _Answers(begin, seconds, _LEAST_TURNS * connections)
    client = _Client(url, body, content_type)
    threads = [threading.Thread(target=client.run, args=(answers,)) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    speed = rate(answers.ends)
    latencies = [latency * 1000 for latency in answers.latencies]
    p50, p99 = (round(percentile(latencies, share), 3) for share in (0.5, 0.99))
    return Sample(speed, p50, p99, answers.errors)
