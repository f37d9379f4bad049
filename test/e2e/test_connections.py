"""HTTP as real clients speak it: curl's manners, pipelining, old versions, torn requests."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from support.rest import RawConnection, request_bytes
from support.server import RunningServer
from support.waiting import eventually


def test_curl_d_text_reaches_the_handler(mariner_server: RunningServer) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "curl/8.0", "Accept": "*/*"}
    with RawConnection(mariner_server.inference) as connection:
        connection.send(request_bytes("POST", "/predictions/echo", b"plain words", headers))
        assert connection.read_reply().body == b"plain words"


def test_curl_t_file_waits_for_100_and_is_answered_once(mariner_server: RunningServer) -> None:
    body = b"f" * 50_000
    headers = {"Expect": "100-continue", "Content-Length": str(len(body))}
    with RawConnection(mariner_server.inference) as connection:
        connection.send(request_bytes("PUT", "/predictions/echo", b"", headers))
        assert connection.read_until(b"\r\n\r\n").startswith(b"HTTP/1.1 100 ")
        connection.send(body)
        assert connection.read_reply().body == body


def test_a_body_over_the_limit_is_refused_before_it_is_sent(mariner_server: RunningServer) -> None:
    headers = {"Expect": "100-continue", "Content-Length": "100001"}
    with RawConnection(mariner_server.inference) as connection:
        connection.send(request_bytes("PUT", "/predictions/echo", b"", headers))
        refused = connection.read_reply()
    assert refused.status == 413
    assert "max_request_size" in refused.message


def test_a_chunked_body_over_the_limit_is_refused(mariner_server: RunningServer) -> None:
    head = request_bytes("POST", "/predictions/echo", b"", {"Transfer-Encoding": "chunked"})
    with RawConnection(mariner_server.inference) as connection:
        connection.send(head + b"".join(b"2710\r\n" + b"x" * 10_000 + b"\r\n" for _ in range(11)))
        assert connection.read_reply().status == 413


def test_a_chunked_body_is_put_together(mariner_server: RunningServer) -> None:
    head = request_bytes("POST", "/predictions/echo", b"", {"Transfer-Encoding": "chunked"})
    with RawConnection(mariner_server.inference) as connection:
        for piece in (head, b"3\r\nab", b"c\r\n", b"2\r\nde\r\n0\r\n", b"\r\n"):
            connection.send(piece)
        assert connection.read_reply().body == b"abcde"


def test_pipelined_requests_are_answered_in_order(mariner_server: RunningServer) -> None:
    bodies = [f"request {number}".encode() for number in range(50)]
    with RawConnection(mariner_server.inference) as connection:
        connection.send(b"".join(request_bytes("POST", "/predictions/echo", body) for body in bodies))
        assert [connection.read_reply().body for _ in bodies] == bodies


def test_an_error_in_a_pipeline_keeps_its_place(mariner_server: RunningServer) -> None:
    with RawConnection(mariner_server.inference) as connection:
        connection.send(
            request_bytes("POST", "/predictions/echo", b"first")
            + request_bytes("POST", "/predictions/nope", b"second")
            + request_bytes("GET", "/ping")
            + request_bytes("POST", "/predictions/echo", b"last")
        )
        replies = [connection.read_reply() for _ in range(4)]
    assert [reply.status for reply in replies] == [200, 404, 200, 200]
    assert (replies[0].body, replies[3].body) == (b"first", b"last")


def test_requests_cut_at_every_byte_are_understood(mariner_server: RunningServer) -> None:
    with RawConnection(mariner_server.inference) as connection:
        for byte in request_bytes("POST", "/predictions/echo", b"slow"):
            connection.send(bytes([byte]))
        assert connection.read_reply().body == b"slow"


def test_connection_close_is_honoured(mariner_server: RunningServer) -> None:
    with RawConnection(mariner_server.inference) as connection:
        connection.send(request_bytes("POST", "/predictions/echo", b"x", {"Connection": "close"}))
        reply = connection.read_reply()
        assert (reply.body, reply.headers["connection"]) == (b"x", "close")
        assert connection.at_end()


def test_http_1_0_closes_after_the_answer(mariner_server: RunningServer) -> None:
    with RawConnection(mariner_server.inference) as connection:
        connection.send(request_bytes("POST", "/predictions/echo", b"old", version="1.0"))
        assert connection.read_reply().body == b"old"
        assert connection.at_end()


def test_http_1_0_with_keep_alive_goes_on(mariner_server: RunningServer) -> None:
    request = request_bytes("POST", "/predictions/echo", b"old", {"Connection": "keep-alive"}, version="1.0")
    with RawConnection(mariner_server.inference) as connection:
        for _ in range(2):
            connection.send(request)
            assert connection.read_reply().body == b"old"


def test_http_1_0_gets_a_stream_without_chunks(mariner_server: RunningServer) -> None:
    with RawConnection(mariner_server.inference) as connection:
        connection.send(request_bytes("POST", "/predictions/stream", b'{"pieces": 2}', version="1.0"))
        head = connection.read_head()
        assert "transfer-encoding" not in head.headers
        assert connection.read_until(b"end\n") == b"piece 0 \npiece 1 \nend\n"
        assert connection.at_end()


def test_a_given_request_id_is_kept(mariner_server: RunningServer) -> None:
    with RawConnection(mariner_server.inference) as connection:
        connection.send(request_bytes("POST", "/predictions/echo", b"x", {"X-Request-Id": "trace-7"}))
        assert connection.read_reply().headers["x-request-id"] == "trace-7"


@pytest.mark.parametrize(
    "nonsense",
    [
        b"NONSENSE\r\n\r\n",
        b"GET /ping HTTP/1.1\r\nHost: localhost\r\nbroken header\r\n\r\n",
        b"POST /predictions/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: many\r\n\r\n",
        b"POST /predictions/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /predictions/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_what_is_no_http_gets_400_and_the_end(mariner_server: RunningServer, nonsense: bytes) -> None:
    with RawConnection(mariner_server.inference) as connection:
        connection.send(nonsense)
        reply = connection.read_reply()
        assert (reply.status, reply.json()["type"]) == (400, "BadRequestException")
        assert connection.at_end()


def test_headers_over_the_limit_are_refused(mariner_server: RunningServer) -> None:
    with RawConnection(mariner_server.inference) as connection:
        connection.send(request_bytes("GET", "/ping", headers={"X-Long": "x" * 70_000}))
        reply = connection.read_reply()
        assert reply.status == 431
        assert connection.at_end()


def test_a_client_that_leaves_in_the_middle_of_its_body_costs_nothing(mariner_server: RunningServer) -> None:
    with RawConnection(mariner_server.inference) as connection:
        connection.send(
            request_bytes("POST", "/predictions/echo", b"", {"Content-Length": "50000"}) + b"half"
        )
    assert mariner_server.predict("echo", "next").body == b"next"


def test_the_access_log_has_one_line_for_each_request_and_nothing_else_grows(
    mariner_server: RunningServer,
) -> None:
    before = mariner_server.text()
    for number in range(5):
        assert mariner_server.predict(f"echo?access={number}", "x").status == 200
    lines = eventually(
        lambda: [line for line in mariner_server.log("access_log.log").splitlines() if "access=" in line][4:],
        10,
        "five access lines",
    )
    assert lines
    assert '"POST /predictions/echo?access=4 HTTP/1.1" 200 ' in lines[-1]
    added = mariner_server.text().removeprefix(before).splitlines()
    assert [line for line in added if "access=" not in line] == []


def _curl(*arguments: str) -> str:
    done = subprocess.run(
        ["curl", "-sS", "--max-time", "60", *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(
    shutil.which("curl") is None or "HTTP2" not in _curl("--version"), reason="needs curl with HTTP/2"
)
def test_http_2_is_spoken_with_clients_that_begin_with_it(
    mariner_server: RunningServer, tmp_path: Path
) -> None:
    large = tmp_path / "large"
    large.write_bytes(b"l" * 90_000)
    echo = f"{mariner_server.inference}/predictions/echo"
    show = ("-w", "|%{http_version}|%{http_code}")
    small = _curl("--http2-prior-knowledge", *show, "-H", "Content-Type: text/plain", "-d", "x", echo)
    assert small == "x|2|200"
    answer = _curl("--http2-prior-knowledge", "-H", "Content-Type: text/plain", "-T", str(large), echo)
    assert answer == "l" * 90_000
    refused = _curl("--http2-prior-knowledge", *show, f"{mariner_server.inference}/predictions/nobody")
    assert refused.endswith("|2|404")


def _frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def test_a_connection_of_http_2_serves_one_request_after_the_other(mariner_server: RunningServer) -> None:
    get_ping = b"\x82\x86\x04\x05/ping\x01\x01x"  # GET, http, /ping, x
    with RawConnection(mariner_server.inference) as connection:
        connection.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + _frame(4, 0, 0))
        for stream in (1, 3, 5):
            connection.send(_frame(1, 5, stream, get_ping))
            answer: list[tuple[int, bytes]] = []
            ended = False
            while not ended:
                head = connection.read_exactly(9)
                payload = connection.read_exactly(int.from_bytes(head[:3], "big"))
                if int.from_bytes(head[5:], "big") == stream:
                    answer.append((head[3], payload))
                    ended = bool(head[4] & 1)
            (headers, first), *data = answer
            assert (headers, first[0]) == (1, 0x88)  # status 200
            assert b"Healthy" in b"".join(payload for kind, payload in data if kind == 0)
