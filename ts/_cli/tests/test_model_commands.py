"""`mariner models|register|scale|predict|token` against an API of a few lines."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ts._cli.client import connection_to, token_in
from ts._cli.errors import CommandError
from ts._cli.main import main
from ts._cli.models import state_of
from ts._cli.predict import is_text
from ts._cli.tests.answers import Api, answering

READY = {"id": "9000", "status": "READY", "memoryUsage": 3 << 20, "pid": 7, "startTime": "now"}


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Api]:
    monkeypatch.chdir(tmp_path)
    for name in ("MARINER_TOKEN", "MARINER_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with answering(Api) as server:
        yield server


class Terminal(io.TextIOWrapper):
    """Standard output that is a terminal."""

    def __init__(self) -> None:
        self.bytes = io.BytesIO()
        super().__init__(self.bytes, encoding="utf-8", write_through=True)

    def isatty(self) -> bool:
        return True


def terminal_of(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Makes standard output a terminal; to be called in the test itself, as pytest gives it a new one."""
    made = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr("sys.stdout", made)
    return made


@pytest.mark.parametrize(
    ("arguments", "method", "path"),
    [
        (["register", "a b.mar"], "POST", "/models?url=a+b.mar&synchronous=true"),
        (
            ["register", "a.mar", "--model-name", "n", "--workers", "2", "--no-wait", "--batch-size", "4"],
            "POST",
            "/models?url=a.mar&model_name=n&initial_workers=2&batch_size=4&synchronous=false",
        ),
        (["scale", "m/1", "3"], "PUT", "/models/m%2F1?min_worker=3&max_worker=3&synchronous=true"),
        (
            ["scale", "m", "0", "--max", "2", "--version", "1.0", "--no-wait"],
            "PUT",
            "/models/m/1.0?min_worker=0&max_worker=2&synchronous=false",
        ),
        (["unregister", "m"], "DELETE", "/models/m"),
        (["unregister", "m", "--version", "2"], "DELETE", "/models/m/2"),
        (["set-default", "m", "2"], "PUT", "/models/m/2/set-default"),
    ],
)
def test_a_command_is_one_call_and_prints_its_sentence(
    api: Api, capsys: pytest.CaptureFixture[str], arguments: list[str], method: str, path: str
) -> None:
    api.reply = (200, "application/json", b'{"status": "done"}')
    assert main([*arguments, "--address", api.url]) == 0
    assert [(asked.method, asked.path) for asked in api.asked] == [(method, path)]
    assert capsys.readouterr().out == "done\n"
    assert main([*arguments, "--address", api.url, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"status": "done"}


def test_the_servers_reason_is_the_message(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    api.reply = (409, "application/json", b'{"code": 409, "message": "it is there already"}')
    assert main(["register", "a.mar", "--address", api.url]) == 1
    assert capsys.readouterr() == ("", "mariner register: it is there already\n")
    api.reply = (502, "text/html", b"<h1>Bad gateway</h1>")
    assert main(["models", "--address", api.url]) == 1
    assert capsys.readouterr().err == "mariner models: <h1>Bad gateway</h1>\n"
    api.reply = (200, "text/html", b"<h1>Hello</h1>")
    assert main(["models", "--address", api.url]) == 1
    assert "is no management API of a model server" in capsys.readouterr().err


def test_no_server_names_the_mend(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "--address", "http://127.0.0.1:9"]) == 1
    assert "no server answers at http://127.0.0.1:9 (expected: one that `mariner start` started" in (
        capsys.readouterr().err
    )
    assert main(["models", "--name", "nobody"]) == 1
    assert (
        "server nobody is not running (start it with: mariner start --name nobody" in capsys.readouterr().err
    )
    for address in ("127.0.0.1:8081", "http://127.0.0.1:8081/api", "http://me:secret@127.0.0.1"):
        assert main(["models", "--address", address]) == 2
        assert "expected: http://HOST:PORT, https://HOST:PORT or unix:/PATH" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        main(["models", "--address", "http://127.0.0.1:9", "--name", "nobody"])
    assert "argument --name: not allowed with argument --management-address" in capsys.readouterr().err


def test_the_token_is_the_files_then_the_environments(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = tmp_path / "key_file.json"
    keys.write_text(json.dumps({"management": {"key": "m"}, "inference": {"key": "i"}}), encoding="utf-8-sig")
    monkeypatch.setenv("MARINER_TOKEN", "e")
    assert main(["unregister", "x", "--address", api.url]) == 0
    assert main(["unregister", "x", "--address", api.url, "--token-file", str(keys)]) == 0
    assert main(["predict", "x", "--data", "", "--address", api.url, "--token-file", str(keys)]) == 0
    monkeypatch.setenv("MARINER_TOKEN_FILE", str(keys))
    assert main(["predict", "x", "--data", "", "--address", api.url]) == 0
    monkeypatch.delenv("MARINER_TOKEN")
    assert main(["predict", "x", "--data", "", "--address", api.url]) == 0
    sent = [asked.token for asked in api.asked]
    assert sent == ["Bearer e", "Bearer m", "Bearer i", "Bearer e", "Bearer i"]


@pytest.mark.parametrize(
    ("status", "body"),
    [(401, b'{"message": "no"}'), (400, b'{"type": "InvalidKeyException", "message": "no"}')],
)
def test_a_call_without_a_good_token_is_told_where_tokens_come_from(
    api: Api, capsys: pytest.CaptureFixture[str], status: int, body: bytes
) -> None:
    api.reply = (status, "application/json", body)
    assert main(["unregister", "x", "--address", api.url]) == 1
    assert "no (expected: --token-file names the server's key_file.json" in capsys.readouterr().err


def test_a_renewed_key_that_this_file_does_not_get_is_told(
    api: Api, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "copy.json"
    copy.write_text(json.dumps({"management": {"key": "m"}, "API": {"key": "a"}}))
    arguments = ["token", "--address", api.url, "--token-file", str(copy)]
    assert main(arguments) == 0
    assert capsys.readouterr().out == "m\n"
    assert main([*arguments, "--renew"]) == 1
    assert [asked.token for asked in api.asked] == ["Bearer a"]
    assert f"has made a new management key, but {copy} still has the former one" in capsys.readouterr().err


@pytest.mark.parametrize("content", ["", "a\nb", "{}", '{"management": 1}'])
def test_a_token_file_without_a_token_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "token"
    file.write_text(content)
    with pytest.raises(CommandError, match=r"token file .*expected"):
        token_in(file, "management")
    with pytest.raises(CommandError, match=r"can't be read: .*nowhere"):
        token_in(tmp_path / "nowhere", "management")


def test_unix_sockets_are_called_too() -> None:
    connection = connection_to("unix:/nowhere/at/all", 1.0)
    with pytest.raises(FileNotFoundError):
        connection.request("GET", "/")


@pytest.mark.parametrize(
    ("entry", "word"),
    [
        ({"minWorkers": 1, "workers": [READY]}, "ready"),
        ({"minWorkers": 2, "workers": [READY]}, "loading"),
        ({"minWorkers": 1, "workers": [{"status": "LOADING"}], "lastFailure": "x"}, "failed"),
        ({"minWorkers": 0, "workers": []}, "no workers"),
        ({"minWorkers": 1, "workers": [], "unloaded": True}, "unloaded"),
    ],
)
def test_the_state_of_a_version_is_one_word(entry: dict[str, object], word: str) -> None:
    assert state_of(entry) == word


def test_a_text_answer_is_printed_and_ends_its_line_on_a_terminal(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = terminal_of(monkeypatch)
    (tmp_path / "in.json").write_text("[1]")
    api.reply = (200, "application/json", b'{"a": "\xc3\xa9"}')
    assert main(["predict", "m", "in.json", "--version", "1", "--address", api.url]) == 0
    assert terminal.bytes.getvalue() == '{"a": "é"}\n'.encode()
    asked = api.asked[0]
    assert (asked.path, asked.content_type, asked.body) == ("/predictions/m/1", "application/json", b"[1]")


def test_a_binary_answer_goes_into_a_new_file_on_a_terminal(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = terminal_of(monkeypatch)
    api.reply = (200, "image/png", b"\x89PNG")
    for name in ("m-answer.png", "m-answer-1.png"):
        assert main(["predict", "m", "--data", "x", "--explain", "--address", api.url]) == 0
        assert (tmp_path / name).read_bytes() == b"\x89PNG"
    assert terminal.bytes.getvalue().decode().splitlines() == [
        "answer saved to m-answer.png (4 B, image/png)",
        "answer saved to m-answer-1.png (4 B, image/png)",
    ]
    assert api.asked[0].path == "/explanations/m"


def test_a_pipe_gets_the_bytes_as_they_are(api: Api, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    api.reply = (200, "image/png", b"\x89PNG")
    assert main(["predict", "m", "--data", "x", "--address", api.url]) == 0
    assert capfdbinary.readouterr().out == b"\x89PNG"
    assert main(["predict", "m", "--data", "x", "--address", api.url, "--json"]) == 0
    shown = json.loads(capfdbinary.readouterr().out)
    assert (shown["status"], shown["base64"]) == (200, "iVBORw==")


@pytest.mark.parametrize(
    ("kind", "content", "text"),
    [
        ("", b"hello", True),
        ("", "é".encode()[:1], True),
        ("", b"\xff\xfeabc", False),
        ("text/plain", b"\x00", False),
        ("image/svg+xml", b"<svg/>", False),
        ("application/octet-stream", b"plain", True),
    ],
)
def test_what_a_terminal_can_show_is_text(kind: str, content: bytes, text: bool) -> None:
    assert is_text(kind, content) is text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["m", "absent.json"], "FILE can't be read: absent.json (No such file or directory)"),
        (["m", "f", "--data", "x"], "--data: FILE is given as well (f) (expected: one of them)"),
        (["m", "--data", "x", "--header", "nonsense"], "--header: 'nonsense' (expected: NAME:VALUE)"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(
    api: Api, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert main(["predict", *arguments, "--address", api.url]) in (1, 2)
    assert capsys.readouterr().err == f"mariner predict: {message}\n"
    assert api.asked == []


def test_a_table_is_coloured_on_a_terminal_only(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = terminal_of(monkeypatch)
    entry = {
        "modelName": "m",
        "modelVersion": "1.0",
        "minWorkers": 1,
        "workers": [READY],
        "defaultVersion": True,
    }
    api.reply = (200, "application/json", json.dumps([entry]).encode())
    assert main(["describe", "m", "--address", api.url]) == 0
    assert "model m 1.0, the default version" in terminal.bytes.getvalue().decode()
    assert "\x1b[32mready" in terminal.bytes.getvalue().decode()
