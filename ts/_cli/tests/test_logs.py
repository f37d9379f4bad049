"""What `mariner logs` shows."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

from ts._cli.client import Endpoint
from ts._cli.errors import CommandError
from ts._cli.logs import Entry, LogFile, RemoteLog, entries, is_of_model
from ts._cli.main import main
from ts._cli.tests.answers import Api, answering
from ts._cli.tests.conftest import Installation

STAMP = "2026-11-29T10:00:00,00"
MODEL = [
    f"{STAMP}1 [INFO ] W-9000-echo_1.0-stdout MODEL_LOG - one",
    f"{STAMP}3 [WARN ] W-9001-other_1.0-stderr MODEL_LOG - Traceback",
    "  a line of it",
]
SERVER = [f"{STAMP}2 [INFO ] main ai.mariner - two"]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "model_log.log").write_text("\n".join(MODEL) + "\n")
    (logs / "ts_log.log").write_text("\n".join(SERVER) + "\n")
    return logs


def test_files_are_merged_by_time_and_tracebacks_stay_whole(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["logs"]) == 0
    assert capsys.readouterr().out.splitlines() == [MODEL[0], SERVER[0], *MODEL[1:]]
    assert main(["logs", "-n", "1"]) == 0
    assert capsys.readouterr().out.splitlines() == MODEL[1:]
    assert main(["logs", "other"]) == 0
    assert capsys.readouterr().out.splitlines() == MODEL[1:]


def test_lines_in_json_are_entries_as_well(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = '{"time":"2026-11-29T10:00:00.00%d+00:00","level":"INFO","worker":"W-9000-%s_1.0-stdout"}'
    lines = [line % (1, "echo"), line % (3, "other")]
    (place / "model_log.log").write_text("\n".join(lines) + "\n")
    server = line.replace("worker", "thread") % (2, "x")
    (place / "ts_log.log").write_text(server + "\n")
    assert main(["logs"]) == 0
    assert capsys.readouterr().out.splitlines() == [lines[0], server, lines[1]]
    assert main(["logs", "other"]) == 0
    assert capsys.readouterr().out.splitlines() == lines[1:]


def test_where_there_are_no_logs_the_mend_is_named(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    assert main(["logs"]) == 1
    assert f"there are no logs in {empty / 'logs'} (expected: the folder" in capsys.readouterr().err
    assert main(["logs", "m", "--file", "access"]) == 2


@pytest.mark.parametrize(
    ("model", "mine"), [("echo", True), ("ech", False), ("echo_1.0", True), ("echo_1", False), ("ho", False)]
)
def test_a_line_is_of_the_model_whose_worker_prints_it(model: str, mine: bool) -> None:
    assert is_of_model(Entry((MODEL[0],)), model) is mine


def test_a_file_is_read_on_through_its_rotation(tmp_path: Path) -> None:
    path = tmp_path / "model_log.log"
    file = LogFile(path)
    assert (file.tail(), file.more()) == ([], [])
    path.write_text("one\ntw")
    assert file.more() == ["one"]
    with path.open("a") as stream:
        stream.write("o\nthree\n")
    assert file.more() == ["two", "three"]
    path.rename(tmp_path / "old")
    assert file.more() == []
    path.write_text("four\n")
    assert file.more() == ["four"]
    assert file.more() == []


def test_following_goes_on_until_the_server_ends(installation: Installation) -> None:
    installation.script(prints=["one"])
    assert installation.mariner("start", "--name", "a").returncode == 0
    out = installation.root / "followed.txt"
    with out.open("wb") as stdout:
        follower = subprocess.Popen(
            installation.command("ts._cli.main", "logs", "--follow", "--name", "a"),
            cwd=installation.root,
            env=installation.environment,
            stdout=stdout,
        )
    try:
        deadline = time.monotonic() + 30
        while "Model server started." not in out.read_text() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert follower.poll() is None
        # Where there are no log files, it is what the server has printed.
        assert out.read_text() == "one\nModel server started.\n"
        assert installation.mariner("stop", "--name", "a").returncode == 0
        assert follower.wait(30) == 0
    finally:
        follower.kill()
        follower.wait()


def test_a_first_line_without_a_time_is_kept() -> None:
    assert [entry.lines for entry in entries(["  cut", SERVER[0], ""])] == [("  cut",), (SERVER[0], "")]


def test_logs_of_a_server_elsewhere_come_by_its_management_listener(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = tmp_path / "key"
    key.write_text("secret-key\n")
    with answering(Api) as server:
        server.reply = (200, "text/plain", ("\n".join([*MODEL, ""])).encode())
        server.headers["X-Log-Position"] = "a-7"
        flags = ("--management-address", server.url, "--token-file", str(key))
        assert main(["logs", "other", *flags]) == 0
        assert capsys.readouterr().out.splitlines() == MODEL[1:]
        asked = server.asked[-1]
        assert (asked.path, asked.token) == ("/logs?file=model_log.log&lines=10000", "Bearer secret-key")
        server.reply = (
            400,
            "application/json",
            b'{"code": 400, "message": "Logs are shown to this machine"}',
        )
        assert main(["logs", *flags]) == 1
        assert "Logs are shown to this machine" in capsys.readouterr().err


def test_logs_elsewhere_are_read_on_from_their_position() -> None:
    with answering(Api) as server:
        log = RemoteLog(Endpoint(server.url), "model_log.log", 3)
        server.headers["X-Log-Position"] = "a-7"
        server.reply = (200, "text/plain", b"one\ntwo\n")
        assert log.tail() == ["one", "two"]
        server.reply = (200, "text/plain", b"")
        assert log.more() == []
        assert [asked.path for asked in server.asked] == [
            "/logs?file=model_log.log&lines=3",
            "/logs?file=model_log.log&position=a-7",
        ]
        del server.headers["X-Log-Position"]
        with pytest.raises(CommandError, match="does not show logs"):
            log.tail()
