"""`mariner swap` against a management API of a few lines."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
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


class Api(ThreadingHTTPServer):
    """Answers every swap alike, at once or when `gate` is opened, and remembers what was asked.

    `described` is what it says of the model meanwhile.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.gate = threading.Event()
        self.gate.set()
        self.described: object = [{"modelName": "m"}]
        self.reply: tuple[int, object] = (200, DONE)
        self.asked: list[tuple[str, str | None]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Api

    def do_POST(self) -> None:
        self.server.asked.append((self.path, self.headers.get("Authorization")))
        self.server.gate.wait(30)
        self._answer(*self.server.reply)

    def do_GET(self) -> None:
        self._answer(200, self.server.described)

    def _answer(self, status: int, document: object) -> None:
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


def under_way(*steps: dict[str, object]) -> list[dict[str, object]]:
    swap = {"to": "2.0", "step": "load", "readyWorkers": 1, "wantedWorkers": 2, "steps": list(steps)}
    return [{"modelName": "m", "swap": swap}]


class Lines(io.StringIO):
    """Opens the gate when the line of a step was written."""

    def __init__(self, gate: threading.Event, mark: str, terminal: bool) -> None:
        super().__init__()
        self._gate, self._mark, self._terminal = gate, mark, terminal

    def isatty(self) -> bool:
        return self._terminal

    def write(self, text: str) -> int:
        written = super().write(text)
        if self._mark in self.getvalue():
            self._gate.set()
        return written


def test_a_step_is_shown_when_it_is_done_and_once(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    api.gate.clear()
    api.described = under_way({"step": "load", "seconds": 1.5})
    out = Lines(api.gate, "+ load", terminal=False)
    monkeypatch.setattr("sys.stdout", out)
    # The swap ends only when the line of the step that is done has been written.
    assert main(["swap", "m", "new.mar", "--management-address", api.url, "--timeout", "20"]) == 0
    assert out.getvalue() == (
        "+ load    1.500 s\n+ flip    0.000 s\nmodel m: version 2.0 has taken the place of 1.0, 2 workers\n"
    )


def test_a_terminal_shows_what_is_being_done(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    api.gate.clear()
    api.described = under_way()
    monkeypatch.setenv("TERM", "xterm")
    out = Lines(api.gate, "load, 1 of 2 workers are ready", terminal=True)
    monkeypatch.setattr("sys.stdout", out)
    assert main(["swap", "m", "new.mar", "--management-address", api.url, "--timeout", "20"]) == 0
    last = out.getvalue().rpartition("\r\x1b[K")[2]
    assert "flip" in last
    assert "workers are ready" not in last


@pytest.mark.parametrize("described", [{"code": 404}, [], [1], [{"swap": 1}], "text"])
def test_an_answer_that_says_nothing_of_the_swap_does_not_matter(
    api: Api, capsys: pytest.CaptureFixture[str], described: object
) -> None:
    api.described = described
    assert main(["swap", "m", "new.mar", "--management-address", api.url]) == 0
    assert capsys.readouterr().out.startswith("+ load    1.500 s\n+ flip")


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
