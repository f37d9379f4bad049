"""The drop-in command `torchserve` as a process: messages, exit codes, pid file."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import psutil
import pytest

from ts._cli.tests.conftest import Installation

NOT_RUNNING = "TorchServe is not currently running.\n"


def pid_file(installation: Installation) -> Path:
    return installation.temp / ".model_server.pid"


def start(installation: Installation, *flags: str) -> subprocess.CompletedProcess[str]:
    return installation.torchserve("--model-store", str(installation.store), *flags)


def test_no_flag_means_start_and_returns_when_the_listeners_answer(installation: Installation) -> None:
    installation.script(states=[{"phase": "starting"}, {"phase": "listening"}])
    done = start(installation)
    assert done.returncode == 0
    assert "Model server started." in done.stdout
    (server,) = installation.servers()
    assert pid_file(installation).read_text() == str(server.pid)


def test_arguments_are_those_of_the_java_command(installation: Installation) -> None:
    log = installation.work / "log 4j.xml"
    log.write_text("<Configuration/>")
    config = installation.work / "c.properties"
    config.write_text("vmargs=-Dlog4j.configurationFile=old -Xms64m\nmodel_store=$$STORE$$\n")
    temp = installation.root / "own-temp"
    temp.mkdir()
    flags = [
        "--start",
        "--ts-config",
        str(config),
        "--log-config",
        str(log),
        "--dt",
        "--enable-model-api",
        "--ncs",
    ]
    done = installation.torchserve(*flags, "--models", "all", STORE=str(installation.store), TEMP=str(temp))
    assert "Warning: TorchServe is using non-default JVM parameters" in done.stdout
    call = installation.calls()[0]
    main = call.index("org.pytorch.serve.ModelServer")
    assert f"-Dlog4j.configurationFile={log.as_uri()}" in call[:main]
    assert "-Dlog4j.configurationFile=old" not in call
    assert f"-Djava.io.tmpdir={temp}" in call[:main]
    assert "-Xms64m" in call[:main]
    server = call[main + 1 :]
    assert server[server.index("--model-store") + 1] == str(installation.store)
    expected = ["--no-config-snapshot", "--disable-token-auth", "--enable-model-api"]
    assert [flag for flag in server if flag in expected] == expected
    assert server[-2:] == ["--models", "all"]


def test_environment_names_the_config_before_the_flag(installation: Installation) -> None:
    (installation.work / "flag.properties").write_text("")
    named = installation.work / "env.properties"
    named.write_text(f"model_store={installation.store}\n")
    done = installation.torchserve("--ts-config", "flag.properties", TS_CONFIG_FILE=str(named))
    assert done.returncode == 0
    assert str(named) in installation.calls()[0]


def test_second_start_is_refused(installation: Installation) -> None:
    start(installation)
    again = start(installation)
    assert again.returncode == 1
    assert again.stdout == (
        "TorchServe is already running, please use torchserve --stop to stop TorchServe.\n"
    )


def test_stop_waits_in_the_foreground_and_removes_the_key_file(installation: Installation) -> None:
    start(installation)
    key = installation.work / "key_file.json"
    key.write_text("{}")
    done = installation.torchserve("--stop", "--foreground")
    assert (done.returncode, done.stdout) == (0, "TorchServe has stopped.\n")
    assert installation.servers() == []
    assert not key.exists()
    assert not pid_file(installation).exists()
    assert installation.torchserve("--stop").stdout == NOT_RUNNING


def test_stop_without_a_server_is_no_failure(installation: Installation) -> None:
    done = installation.torchserve("--stop")
    assert (done.returncode, done.stdout) == (0, NOT_RUNNING)


def test_stop_of_a_dead_server_clears_its_pid_file(installation: Installation) -> None:
    start(installation)
    servers = installation.servers()
    servers[0].kill()
    psutil.wait_procs(servers, timeout=10)
    done = installation.torchserve("--stop")
    assert (done.returncode, done.stdout) == (0, "TorchServe already stopped.\n")
    assert not pid_file(installation).exists()


def test_reused_pid_is_left_alone(installation: Installation) -> None:
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        pid_file(installation).write_text(str(stranger.pid))
        assert installation.torchserve("--stop").returncode == 0
        assert stranger.poll() is None
        pid_file(installation).write_text(str(stranger.pid))
        assert start(installation).returncode == 0
    finally:
        stranger.kill()
        stranger.wait()


def test_pid_file_that_is_a_link_is_replaced_not_followed(installation: Installation) -> None:
    precious = installation.root / "precious"
    precious.write_text("kept")
    pid_file(installation).symlink_to(precious)
    assert start(installation).returncode == 0
    assert precious.read_text() == "kept"
    assert not pid_file(installation).is_symlink()


def test_jvm_that_dies_makes_the_start_fail(installation: Installation) -> None:
    installation.script(states=[], stderr=["Invalid configuration: x"], exit=1)
    done = start(installation)
    assert done.returncode == 1
    assert "Invalid configuration: x" in done.stderr
    assert "TorchServe ended with exit code 1 while it started." in done.stderr
    assert not pid_file(installation).exists()


def test_foreground_passes_the_exit_code_on(installation: Installation) -> None:
    installation.script(states=[], exit=5)
    assert start(installation, "--foreground").returncode == 5


def test_foreground_is_the_server_itself(installation: Installation) -> None:
    process = subprocess.Popen(
        installation.command("ts.model_server", "--model-store", str(installation.store), "--foreground"),
        cwd=installation.work,
        env=installation.environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "Model server started.\n"
    assert pid_file(installation).read_text() == str(process.pid)
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait(10) == 0
    process.stdout.close()


def test_version_comes_without_a_server(installation: Installation) -> None:
    done = installation.torchserve("--version")
    assert (done.returncode, done.stdout) == (0, "TorchServe Version is 0.13.0\n")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ([], 1, "Missing mandatory parameter --model-store"),
        (["--model-store", "missing"], 1, "--model-store directory not found: missing"),
        (["--ts-config", "missing"], 1, "--ts-config file not found: missing"),
        (["--model-store", ".", "--log-config", "missing"], 1, "--log-config file not found: missing"),
        (["--start", "--stop"], 2, "not allowed with argument"),
        (["--unknown"], 2, "unrecognized arguments: --unknown"),
        (["--cpp-log-config", "x"], 2, "--cpp-log-config is not supported yet"),
        (
            ["--model-store", ".", "--workflow-store", "missing"],
            1,
            "--workflow-store directory not found: missing",
        ),
    ],
)
def test_users_mistakes_have_messages(
    installation: Installation, arguments: list[str], code: int, message: str
) -> None:
    done = installation.torchserve(*arguments)
    assert done.returncode == code
    assert message in done.stderr
    assert installation.calls() == []


def test_temp_that_is_no_folder_is_refused(installation: Installation) -> None:
    done = installation.torchserve("--model-store", str(installation.store), TEMP="/nonexistent")
    assert done.returncode == 1
    assert "/nonexistent" in done.stderr


def test_missing_java_names_the_mend(installation: Installation) -> None:
    (installation.root / "bin" / "java").unlink()
    done = installation.torchserve(
        "--model-store", str(installation.store), PATH="", JAVA_HOME="/nonexistent"
    )
    assert done.returncode == 1
    assert "apt-get install openjdk-17-jre-headless" in done.stderr
    assert "/nonexistent/bin/java can't be run" in done.stderr


@pytest.mark.parametrize("name", ["torchserve", "torchserve-nightly"])
def test_installed_torchserve_is_refused(installation: Installation, name: str) -> None:
    info = installation.site / f"{name.replace('-', '_')}-0.12.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.12.0\n")
    (info / "RECORD").write_text("ts/__init__.py,,\n")
    for done in (start(installation), installation.mariner("start")):
        assert done.returncode == 1
        assert f"pip uninstall --yes {name}" in done.stderr
    assert installation.calls() == []


def test_launcher_starts_and_returns_the_lines(installation: Installation) -> None:
    script = (
        "import ts.launcher as l, sys\n"
        f"q = l.start(model_store={str(installation.store)!r}, models='all', no_config_snapshots=True)\n"
        "l.stop()\n"
        "print('end', q.get(timeout=20))\n"
    )
    done = subprocess.run(
        [installation.command("x")[0], "-c", script],
        cwd=installation.work,
        env=installation.environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "end None"
    assert "--disable-token-auth" in installation.calls()[0]
