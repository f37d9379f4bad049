"""A root that nobody may write, as hardened containers have it: what can start does, what can't says why."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import private_mounts as mounts
import pytest
from support import rest
from support.operator import Done, Operator
from support.packing import pack
from support.waiting import eventually

_REFUSAL = mounts.refusal(mounts.READ_ONLY)
COMMANDS = {"mariner": ("start",), "torchserve": ("--start", "--disable-token-auth")}
STOPS = {"mariner": ("stop",), "torchserve": ("--stop",)}
RUN_FOLDERS = {"mariner": "tight", "torchserve": "torchserve"}

pytestmark = pytest.mark.skipif(_REFUSAL is not None, reason=str(_REFUSAL))


class Container:
    """A machine on which only the named folders can be written; home, caches and the rest can't."""

    def __init__(self, operator: Operator, *writable: Path) -> None:
        self.operator = operator
        self._prefix = mounts.prefix([mounts.READ_ONLY, *map(mounts.scratch, writable)])
        home = operator.base / "home"
        home.mkdir()
        inherited = {k: v for k, v in operator.environment.items() if k not in ("TEMP", "XDG_RUNTIME_DIR")}
        self.environment = {**inherited, "HOME": str(home)}
        pack(operator.store, "echo", "echo")
        self._given = ["--model-store", operator.store, "--ts-config", operator.config()]

    def start_command(self, profile: str, *more: object) -> list[str]:
        name = ["--name", RUN_FOLDERS[profile]] if profile == "mariner" else []
        start = [*COMMANDS[profile], *name, *self._given, *more, "--models", "echo=echo.mar"]
        return self.operator.command(profile, *start)

    def stop_command(self, profile: str) -> list[str]:
        name = ["--name", RUN_FOLDERS[profile]] if profile == "mariner" else []
        return self.operator.command(profile, *STOPS[profile], *name)

    def spawn(self, command: list[str]) -> subprocess.Popen[bytes]:
        with (self.operator.base / "spawned.txt").open("wb") as output:
            return subprocess.Popen(
                [*self._prefix, *command],
                cwd=self.operator.work,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def run(self, *commands: list[str]) -> Done:
        """Runs commands one after the other on the same machine, each whatever came of the one before."""
        quoted = [" ".join(f"'{word}'" for word in command) for command in commands]
        process = self.spawn(["sh", "-c", "\n".join(f"{line}\necho code $?" for line in quoted)])
        try:
            process.wait(90)
        finally:
            process.kill()
            process.wait()
        return Done(process.returncode, self.operator.spawned_text(), "")


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A temporary folder with a path that is short enough for sockets, as `/tmp` is."""
    with tempfile.TemporaryDirectory(prefix="ro-", dir="/tmp") as folder:
        yield Path(folder)


@pytest.fixture
def container(operator: Operator, scratch: Path) -> Container:
    """A machine with one temporary folder."""
    made = Container(operator, scratch)
    made.environment["TMPDIR"] = str(scratch)
    return made


@pytest.mark.parametrize("profile", COMMANDS)
def test_a_temporary_folder_is_all_that_a_server_has_to_write(
    operator: Operator, container: Container, scratch: Path, profile: str
) -> None:
    process = container.spawn(container.start_command(profile, "--foreground"))
    try:
        eventually(lambda: "Model server started." in operator.spawned_text(), 60, "the server listens")
        temp = Path(f"/proc/{process.pid}/root{scratch}")
        states = temp / f"mariner-{os.getuid()}" / RUN_FOLDERS[profile] / "state.json"
        state = eventually(lambda: ready(states), 30, "the model serves")
        answer = rest.call(state["listeners"]["inference"], "POST", "/predictions/echo", "tight")
        assert answer.body == b"tight"
        held = os.open(temp, os.O_RDONLY)
        process.terminate()
        assert process.wait(30) == 0
        left = {path.name for path in Path(f"/proc/self/fd/{held}").rglob("*")}
        os.close(held)
        assert left <= {".model_server.pid"}
    finally:
        process.kill()
        process.wait()
    text = operator.spawned_text()
    assert "warning: no log files, only the console" in text
    assert "sockets go the JVM's own, slower way" in text
    assert "Exception in thread" not in text
    assert "Traceback" not in text


def ready(states: Path) -> dict[str, dict[str, str]] | None:
    try:
        state = dict(json.loads(states.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    return state if state["phase"] == "ready" else None


@pytest.mark.parametrize("profile", COMMANDS)
def test_the_commands_start_and_stop_it(container: Container, profile: str) -> None:
    done = container.run(container.start_command(profile), container.stop_command(profile))
    assert done.out.count("code 0\n") == 2, done.out
    assert "Traceback" not in done.out
    assert "stopped" in done.out


@pytest.mark.parametrize("profile", COMMANDS)
def test_without_any_folder_to_write_the_start_ends_with_one_line(operator: Operator, profile: str) -> None:
    container = Container(operator)
    commands = [container.start_command(profile, *more) for more in ((), ("--foreground",))]
    lines = container.run(*commands, container.stop_command(profile)).out.splitlines()
    assert [line for line in lines if line.startswith("code ")] == ["code 1"] * 3
    assert len(lines) == 6
    for line in lines[::2]:
        assert "No usable temporary directory found" in line
        assert str(operator.temp) in line
        assert "TMPDIR names another one" in line


def test_a_jvm_that_can_not_write_its_temporary_folder_names_it(operator: Operator) -> None:
    container = Container(operator, operator.runtime)
    container.environment["XDG_RUNTIME_DIR"] = str(operator.runtime)
    done = container.run(container.start_command("mariner"))
    assert "code 1\n" in done.out
    (told,) = [line for line in done.out.splitlines() if line.startswith("  error: ")]
    assert f"error: temporary folder {operator.temp}/mariner-" in told
    assert "Read-only file system (expected: a folder that can be written; TMPDIR" in told


def test_a_path_that_is_too_long_for_sockets_is_told_where_the_short_one_can_not_be_written(
    operator: Operator,
) -> None:
    long = operator.base / ("x" * 90)
    long.mkdir()
    container = Container(operator, long)
    container.environment["TMPDIR"] = str(long)
    done = container.run(container.start_command("torchserve"))
    assert "code 1\n" in done.out
    (told,) = [line for line in done.out.splitlines() if line.startswith("error: ")]
    assert "error: folder of worker sockets /tmp/mariner-" in told
    assert "Read-only file system (expected: /tmp can be written, or the path of the temporary" in told
    assert str(long) in told


def test_keys_that_can_not_be_written_down_are_told_with_the_mend(
    operator: Operator, container: Container
) -> None:
    command = container.start_command("torchserve")
    command.remove("--disable-token-auth")
    done = container.run(command)
    assert "code 1\n" in done.out
    (told,) = [line for line in done.out.splitlines() if line.startswith("error: ")]
    assert f"error: key file {operator.work}/key_file.json can't be made: Read-only file system" in told
    assert "--disable-token-auth" in told
