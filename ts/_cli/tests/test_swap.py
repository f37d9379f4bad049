"""`mariner swap` against a management API of a few lines."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from ts._cli.main import main

DONE = {
    "model": "m",
    "from": "1.0",
    "to": "2.0",
    "workers": 2,
    "oldKept": False,
    "steps": [{"step": "load", "seconds": 1.5}, {"step": "flip", "seconds": 0.0}],
}


class Api(HTTPServer):
    """Answers every call alike and remembers what was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.reply: tuple[int, object] = (200, DONE)
        self.asked: list[tuple[str, str | None]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Api

    def do_POST(self) -> None:
        self.server.asked.append((self.path, self.headers.get("Authorization")))
        status, document = self.server.reply
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def api() -> Iterator[Api]:
    server = Api()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_steps_are_plain_lines_in_a_pipe(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["swap", "a b", "new.mar", "--keep-old", "--management-address", api.url]) == 0
    assert api.asked == [("/models/a%20b/swap?url=new.mar&keep_old=true", None)]
    assert capsys.readouterr().out == (
        "+ load    1.500 s\n+ flip    0.000 s\nmodel m: version 2.0 has taken the place of 1.0, 2 workers\n"
    )


def test_a_terminal_shows_colours_and_leaves_no_waiting_line(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr("sys.stdout", terminal)
    assert main(["swap", "m", "2.0", "--registered", "--management-address", api.url]) == 0
    assert api.asked == [("/models/m/swap?model_version=2.0", None)]
    waiting, _, steps = terminal.getvalue().rpartition("\r\x1b[K")
    assert "\n" not in waiting
    assert steps.startswith("\x1b[32m+\x1b[0m load    1.500 s\n")


@pytest.mark.parametrize("text", ["secret\n", '{"management": {"key": "secret"}}'])
def test_the_token_comes_from_a_file(api: Api, tmp_path: Path, text: str) -> None:
    file = tmp_path / "key_file.json"
    file.write_text(text)
    assert main(["swap", "m", "x.mar", "--management-address", api.url, "--token-file", str(file)]) == 0
    assert api.asked[0][1] == "Bearer secret"


def test_the_reason_of_a_swap_that_was_undone_is_told(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    api.reply = (500, {"code": 500, "message": "undone at step load: no such layer"})
    assert main(["swap", "m", "x.mar", "--management-address", api.url]) == 1
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", "mariner swap: undone at step load: no such layer\n")
