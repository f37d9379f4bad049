"""Rates and percentiles, and the load generator against a real server."""

from __future__ import annotations

import itertools
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bench.load import closed_loop
from bench.load.pace import percentile, rate


def test_the_rate_of_even_bunches_is_exact() -> None:
    bunches = [second * 0.5 for second in range(6) for _ in range(8)]
    assert rate(bunches) == pytest.approx(16.0)


def test_the_rate_of_single_answers_is_their_number_over_time() -> None:
    assert rate([0.1, 0.2, 0.3, 0.4]) == pytest.approx(10.0)


@pytest.mark.parametrize("ends", [[], [1.0], [1.0, 1.0]])
def test_too_few_answers_have_no_rate(ends: list[float]) -> None:
    with pytest.raises(ValueError, match="expected"):
        rate(ends)


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = [float(value) for value in range(100, 0, -1)]
    assert (percentile(values, 0.5), percentile(values, 0.99)) == (50.0, 99.0)
    assert percentile([7.0], 0.99) == 7.0


class _Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    leaving = itertools.count()
    released = threading.Event()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if body == b"hang":
            self.released.wait(10)
        if body == b"hang" or (body == b"leave" and next(self.leaving) % 2):
            self.close_connection = True
            return
        self.send_response(503 if body == b"bad" else 200)
        self.send_header("Content-Length", "6")
        self.end_headers()
        for piece in (b"ans", b"wer"):
            self.wfile.write(piece)
            self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answering) as server:
        _Answering.released.clear()
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        _Answering.released.set()
        server.shutdown()
        thread.join()


def test_a_load_counts_answers_of_all_connections(url: str) -> None:
    sample = closed_loop.load(url, b"good", "text/plain", 4, 0.2)
    assert sample.errors == 0
    assert sample.rate > 0
    assert 0 < sample.p50_ms <= sample.p99_ms


def test_a_load_that_is_only_refused_has_no_rate(url: str) -> None:
    with pytest.raises(ValueError, match="answers"):
        closed_loop.load(url, b"bad", "text/plain", 2, 0.1)


def test_a_connection_that_ends_is_an_error_and_another_takes_its_place(url: str) -> None:
    sample = closed_loop.load(url, b"leave", "text/plain", 2, 0.2)
    assert sample.errors > 0
    assert sample.rate > 0


def test_a_server_that_is_not_there_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with pytest.raises(ConnectionRefusedError):
        closed_loop.load(f"http://127.0.0.1:{port}/", b"good", "text/plain", 1, 0.1)


def test_a_server_that_never_answers_does_not_hold_the_load_up(url: str) -> None:
    with pytest.raises(ValueError, match="0 answers"):
        closed_loop.load(url, b"hang", "text/plain", 2, 0.1, silence=0.2)
