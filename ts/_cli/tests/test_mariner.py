"""`mariner start|stop|status` as processes."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
from pathlib import Path

import psutil
import pytest

from ts._cli.tests.answers import Api, answering
from ts._cli.tests.conftest import Installation

MODEL = {
    "name": "m",
    "version": "1.0",
    "location": "m.mar",
    "state": "ready",
    "workers": 1,
    "wanted": 1,
    "reason": None,
}
LISTENERS = {"inference": "http://127.0.0.1:8080", "management": "http://127.0.0.1:8081"}


def state(phase: str, *models: dict[str, object]) -> dict[str, object]:
    return {"phase": phase, "listeners": LISTENERS, "models": list(models), "problems": []}


def run_folder(installation: Installation, name: str) -> Path:
    return installation.temp / f"mariner-{os.getuid()}" / name


def test_start_returns_when_ready_and_names_the_addresses(installation: Installation) -> None:
    installation.script(states=[state("ready", MODEL)])
    done = installation.mariner(
        "start", "--model-store", str(installation.store), "--models", "m=m.mar", "--name", "a"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "http://127.0.0.1:8080" in done.stdout
    assert "mariner stop --name a" in done.stdout
    assert len(installation.servers()) == 1
    assert stat_mode(run_folder(installation, "a")) == 0o700


def test_what_the_server_warns_of_is_told_by_the_start(installation: Installation) -> None:
    log = "2026-11-30T13:00:05,308 [{}] main ai.mariner.server.Main - {}"
    worker = "2026-11-30T13:00:05,308 [WARN ] W-9000-m_1.0-stderr MODEL_LOG - a word of the model"
    lines = [log.format("WARN ", "odd"), log.format("INFO ", "usual"), log.format("WARN ", "odd"), worker]
    installation.script(states=[state("ready", MODEL)], prints=lines, stderr=["warning: no log files"])
    done = installation.mariner("start", "--model-store", str(installation.store), "--models", "m=m.mar")
    assert done.returncode == 0
    assert sorted(done.stderr.splitlines()) == [
        "mariner start: warning: no log files",
        "mariner start: warning: odd",
    ]


@pytest.mark.parametrize(
    ("vmargs", "variables", "expected"),
    [
        ("", {}, "tmp"),
        ("", {"TEMP": "own"}, "own"),
        ("-Djava.io.tmpdir=/by-vmargs", {}, "/by-vmargs"),
        ("-Djava.io.tmpdir=/by-vmargs", {"TEMP": "own"}, "own"),
        ("", {"TMPDIR": "/nonexistent"}, None),
    ],
)
def test_temp_then_vmargs_then_tmpdir_name_the_temporary_folder_of_the_jvm(
    installation: Installation, vmargs: str, variables: dict[str, str], expected: str | None
) -> None:
    (installation.root / "own").mkdir()
    (installation.work / "config.properties").write_text(f"vmargs={vmargs}\n")
    given = {name: str(installation.root / folder) for name, folder in variables.items()}
    # The run folder goes elsewhere, for the sake of the row whose TMPDIR is of no use.
    runtime = installation.root / "runtime"
    runtime.mkdir()
    assert installation.mariner("start", XDG_RUNTIME_DIR=str(runtime), **given).returncode == 0
    seen = [flag for flag in installation.calls()[0] if flag.startswith("-Djava.io.tmpdir=")]
    assert seen == ([] if expected is None else [f"-Djava.io.tmpdir={installation.root / expected}"])


def stat_mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_start_passes_every_flag_on(installation: Installation) -> None:
    config = installation.work / "c.properties"
    config.write_text("vmargs=-Xmx1g \\\n  -Dx=y\n")
    flags = ["--ncs", "--disable-token-auth", "--enable-model-api", "--allow-insecure"]
    installation.mariner(
        "start",
        "--model-store",
        str(installation.store),
        "--ts-config",
        "c.properties",
        *flags,
        "--models",
        "a",
        "b=c",
    )
    call = installation.calls()[0]
    main = call.index("ai.mariner.server.Main")
    jvm, server = call[:main], call[main + 1 :]
    assert {"-Xmx1g", "-Dx=y"} <= set(jvm)
    assert "-XX:MaxRAMPercentage=25" not in jvm
    jars = installation.site / "ts" / "frontend"
    assert jvm[jvm.index("-cp") + 1] == f"{jars / 'a.jar'}:{jars / 'b.jar'}"
    assert server[server.index("--server-home") + 1] == str(installation.site)
    assert server[server.index("--ts-config-file") + 1] == str(config)
    expected = ["--no-config-snapshot", "--disable-token-auth", "--enable-model-api", "--allow-insecure"]
    assert [arg for arg in server if arg in expected] == expected
    assert server[-3:] == ["--models", "a", "b=c"]


def test_failed_model_makes_start_fail_while_the_server_goes_on(installation: Installation) -> None:
    broken = {**MODEL, "name": "bad", "state": "failed", "workers": 0, "reason": "no handler"}
    installation.script(states=[state("ready", MODEL, broken)])
    done = installation.mariner("start")
    assert done.returncode == 1
    assert "model bad 1.0 failed: no handler" in done.stderr
    assert len(installation.servers()) == 1
    assert installation.mariner("status").returncode == 1


def test_jvm_that_dies_is_told_with_its_last_words(installation: Installation) -> None:
    installation.script(states=[{"phase": "failed"}], stderr=["port 8080 is taken"], exit=1)
    done = installation.mariner("start")
    assert done.returncode == 1
    assert "ended with exit code 1" in done.stderr
    assert "port 8080 is taken" in done.stderr
    assert installation.mariner("status").returncode == 3


def test_wait_ends_and_the_server_goes_on(installation: Installation) -> None:
    installation.script(states=[state("listening", {**MODEL, "state": "loading"})])
    done = installation.mariner("start", "--wait", "0.2")
    assert done.returncode == 1
    assert "is not ready after 0.2 s" in done.stderr
    assert installation.mariner("status").returncode == 1


def test_second_start_of_a_name_is_refused(installation: Installation) -> None:
    assert installation.mariner("start", "--name", "a").returncode == 0
    again = installation.mariner("start", "--name", "a")
    assert again.returncode == 1
    assert "server 'a' is running already" in again.stderr
    assert installation.mariner("start", "--name", "b").returncode == 0
    listed = json.loads(installation.mariner("status", "--json").stdout)
    assert [server["name"] for server in listed] == ["a", "b"]


def test_stop_ends_the_server_of_this_folder_and_leaves_nothing(installation: Installation) -> None:
    installation.mariner("start")
    installation.mariner("start", "--name", "other")
    done = installation.mariner("stop")
    assert done.returncode == 0
    assert "has stopped" in done.stdout
    assert [server["name"] for server in json.loads(installation.mariner("status", "--json").stdout)] == [
        "other"
    ]
    assert [path.name for path in run_folder(installation, "").iterdir()] == ["other"]
    without = installation.mariner("stop")
    assert without.returncode == 0
    assert "is not running (running: other" in without.stdout
    assert installation.mariner("stop", "--all").returncode == 0
    assert installation.servers() == []


def test_stop_that_takes_too_long_fails_until_forced(installation: Installation) -> None:
    installation.script(ignore_term=True)
    installation.mariner("start")
    slow = installation.mariner("stop", "--timeout", "0.2")
    assert slow.returncode == 1
    assert "did not stop within 0.2 s" in slow.stderr
    forced = installation.mariner("stop", "--timeout", "0", "--force")
    assert (forced.returncode, installation.servers()) == (0, [])


def test_pid_of_another_process_is_never_taken_for_the_server(installation: Installation) -> None:
    folder = run_folder(installation, "a")
    folder.mkdir(parents=True, mode=0o700)
    folder.parent.chmod(0o700)
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        (folder / "server.pid").write_text(json.dumps({"pid": stranger.pid, "start": "some-boot:1"}))
        assert installation.mariner("status").returncode == 3
        assert installation.mariner("stop", "--name", "a").returncode == 0
        assert stranger.poll() is None
        assert not folder.exists()
    finally:
        stranger.kill()
        stranger.wait()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": "x", "start": 1}', "null"])
def test_broken_pid_file_counts_as_not_running(installation: Installation, content: str) -> None:
    folder = run_folder(installation, "a")
    folder.mkdir(parents=True, mode=0o700)
    folder.parent.chmod(0o700)
    (folder / "server.pid").write_text(content)
    assert installation.mariner("status", "--name", "a").returncode == 3
    assert installation.mariner("start", "--name", "a").returncode == 0


def test_run_folder_that_others_can_read_is_refused(installation: Installation) -> None:
    run_folder(installation, "").mkdir(mode=0o755)
    done = installation.mariner("start")
    assert done.returncode == 1
    assert "is not private" in done.stderr


def test_status_of_a_killed_server_is_not_running(installation: Installation) -> None:
    installation.mariner("start")
    (server,) = installation.servers()
    server.kill()
    psutil.wait_procs([server], timeout=10)
    assert installation.mariner("status").returncode == 3
    assert installation.mariner("start").returncode == 0


def test_status_shows_models_in_a_table(installation: Installation) -> None:
    installation.script(states=[state("ready", MODEL)])
    installation.mariner("start", "--name", "a")
    done = installation.mariner("status")
    assert done.returncode == 0
    assert re.search(r"^a  ready  pid \d+  up ", done.stdout, re.MULTILINE)
    assert re.search(r"^  m +1\.0 +ready +1/1$", done.stdout, re.MULTILINE)
    assert "\x1b" not in done.stdout


def test_status_shows_what_the_models_do(installation: Installation) -> None:
    with answering(Api) as api:
        labels = '{model_name="m",model_version="1.0"}'
        samples = {"mariner_queue_depth": 3, "mariner_running": 2, "mariner_workers_ready": 0}
        text = "".join(f"{name}{labels} {value}.0\n" for name, value in samples.items())
        api.reply = (200, "text/plain", text.encode())
        ready = state("ready", MODEL)
        installation.script(states=[{**ready, "listeners": {**LISTENERS, "metrics": api.url}}])
        installation.mariner("start", "--name", "a")
        shown = installation.mariner("status", "--window", "0.01").stdout
        assert re.search(
            r"^  LOAD +VERSION +WAITING +RUNNING +BUSY +WAIT +RUN +ANSWERS$", shown, re.MULTILINE
        )
        assert re.search(r"^  m +1\.0 +3 +2 +- +- +- +0/s$", shown, re.MULTILINE)
        assert "LOAD" not in installation.mariner("status", "--window", "0").stdout
        (listed,) = json.loads(installation.mariner("status", "--json", "--window", "0.01").stdout)
        assert (listed["load"][0]["model"], listed["load"][0]["waiting"]) == ("m", 3)


def test_a_start_that_fails_before_the_server_leaves_no_run_folder(installation: Installation) -> None:
    done = installation.mariner("start", "--name", "a", TEMP="/nonexistent")
    assert done.returncode == 1
    assert not run_folder(installation, "a").exists()


def test_foreground_becomes_the_server_and_passes_its_exit_code_on(installation: Installation) -> None:
    installation.script(exit_on_term=7)
    process = subprocess.Popen(
        installation.command("ts._cli.main", "start", "--foreground"),
        cwd=installation.work,
        env=installation.environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "Model server started.\n"
    assert installation.mariner("status").returncode == 0
    call = installation.calls()[0]
    folder = Path(call[call.index("--run-folder") + 1])
    assert folder == Path(call[call.index("--state-file") + 1]).parent
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 7
    process.stdout.close()
    assert installation.mariner("status").returncode == 3


def test_interrupted_start_stops_the_server(installation: Installation) -> None:
    installation.script(states=[state("listening", {**MODEL, "state": "loading"})])
    process = subprocess.Popen(
        installation.command("ts._cli.main", "start"),
        cwd=installation.work,
        env=installation.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    while "loading" not in process.stdout.readline():
        pass
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "interrupted" in errors
    assert installation.servers() == []


def test_progress_in_a_pipe_is_one_plain_line_per_change(installation: Installation) -> None:
    loading = {**MODEL, "version": None, "state": "loading"}
    installation.script(states=[state("listening", loading), state("ready", MODEL)], gated=True)
    process = subprocess.Popen(
        installation.command("ts._cli.main", "start", "--name", "a"),
        cwd=installation.work,
        env=installation.environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line == "model m: loading\n":
            (installation.root / "next-0").touch()
    process.stdout.close()
    assert process.wait(10) == 0
    wanted = ["server a: listening\n", "model m: loading\n", "server a: ready\n", "model m 1.0: ready\n"]
    assert [line for line in lines if line in wanted] == wanted
    assert "\x1b" not in "".join(lines)


def shown_on_a_terminal(installation: Installation, **environment: str) -> str:
    master, slave = pty.openpty()
    process = subprocess.Popen(
        installation.command("ts._cli.main", "start"),
        cwd=installation.work,
        env={**installation.environment, **environment},
        stdin=slave,
        stdout=slave,
        stderr=slave,
    )
    os.close(slave)
    shown = b""
    while process.poll() is None or select.select([master], [], [], 0)[0]:
        if not select.select([master], [], [], 0.05)[0]:
            continue
        try:
            shown += os.read(master, 65536)
        except OSError:
            break
        if b"loading" in shown:
            (installation.root / "next-0").touch()
    os.close(master)
    assert process.wait(10) == 0
    return shown.decode()


@pytest.mark.parametrize("colourless", [False, True])
def test_progress_on_a_terminal_is_redrawn_in_place(installation: Installation, colourless: bool) -> None:
    installation.script(
        states=[state("listening", {**MODEL, "state": "loading"}), state("ready", MODEL)], gated=True
    )
    shown = shown_on_a_terminal(installation, **({"NO_COLOR": "1"} if colourless else {}))
    assert re.search(r"\x1b\[2A\r\x1b\[J", shown), "the block of two lines goes up to be redrawn"
    assert ("\x1b[33m" in shown) is not colourless


def test_progress_on_a_dumb_terminal_has_no_escapes(installation: Installation) -> None:
    installation.script(
        states=[state("listening", {**MODEL, "state": "loading"}), state("ready", MODEL)], gated=True
    )
    assert "\x1b" not in shown_on_a_terminal(installation, TERM="dumb")


@pytest.mark.parametrize("flag", ["--cpp-log-config", "--workflows"])
def test_flags_of_later_versions_are_refused(installation: Installation, flag: str) -> None:
    done = installation.mariner("start", flag, "x")
    assert done.returncode == 2
    assert f"{flag} is not supported yet" in done.stderr
    assert installation.calls() == []


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["start", "--model-store", "missing"], 1, "--model-store directory not found: missing"),
        (["start", "--ts-config", "missing"], 1, "--ts-config file not found: missing"),
        (["start", "--log-config", "missing"], 1, "--log-config file not found: missing"),
        (["start", "--name", "../x"], 2, "--name: '../x'"),
        (["start", "--name", "torchserve"], 2, "kept for the `torchserve` command"),
        (["start", "--wait", "-1"], 2, "expected: seconds, >= 0"),
        (["start", "--unknown"], 2, "unrecognized arguments: --unknown"),
        (["stop", "--name", "a", "--all"], 2, "not allowed with"),
        ([], 2, "required: COMMAND"),
    ],
)
def test_users_mistakes_have_messages(
    installation: Installation, arguments: list[str], code: int, message: str
) -> None:
    done = installation.mariner(*arguments)
    assert done.returncode == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_version_is_printed_without_heavy_imports(installation: Installation) -> None:
    done = installation.mariner("version")
    assert (done.returncode, done.stdout) == (0, "mariner 0.13.0\n")
    probe = "import sys; from ts._cli.main import main; main(['version']); print('psutil' in sys.modules)"
    imported = subprocess.run(
        [*installation.command("x")[:1], "-c", probe],
        env=installation.environment,
        capture_output=True,
        text=True,
    )
    assert imported.stdout.endswith("False\n")
