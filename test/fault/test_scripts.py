"""Scripts that serve, and what is left when a part of theirs is killed: nothing, once the rest has ended."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from support import rest
from support.places import ROOT
from support.scripts import STOP_SECONDS, RunningScript
from support.waiting import eventually

APPS = ROOT / "test" / "support" / "apps"
SLEEPER = """
import time
from pathlib import Path

import mariner


@mariner.model
def wait(text: str) -> str:
    Path(text + ".began").touch()
    end = time.monotonic() + 30
    while not Path(text).exists() and time.monotonic() < end:
        time.sleep(0.01)
    return text


@mariner.model
def shout(text: str) -> str:
    return text.upper()


app = mariner.App(wait >> shout, "/wait")
"""


def of_mosec(base: Path) -> RunningScript:
    return RunningScript(APPS / "mosec_ends.py", base)


def of_flash(base: Path) -> RunningScript:
    path = [str(ROOT / "aliases" / "flash"), str(ROOT)]
    chain = APPS / "flash_chain.py"
    return RunningScript(chain, base, health="/flashserve/alive", path=path, place=["{port}"])


def of_python_api(base: Path) -> RunningScript:
    script = base / "sleeper.py"
    script.write_text(SLEEPER, encoding="utf-8")
    return RunningScript(APPS / "serving.py", base, [str(script)], health="/ping", place=["{port}"])


KINDS: dict[str, Callable[[Path], RunningScript]] = {
    "mosec": of_mosec,
    "flash": of_flash,
    "python api": of_python_api,
}


@pytest.fixture(params=KINDS)
def script(request: pytest.FixtureRequest) -> Iterator[RunningScript]:
    """A script that runs; whatever it makes lies in its base."""
    # The names of sockets may not be long, and pytest's folders are.
    base = Path(tempfile.mkdtemp(prefix="mk-", dir="/tmp"))
    running = KINDS[request.param](base)
    running.__enter__()
    assert running.process is not None
    family = [running.process.pid, *(one.pid for one in children(running))]
    try:
        yield running
    finally:
        for pid in family:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        running.process.wait(STOP_SECONDS)
        shutil.rmtree(base)


def children(script: RunningScript) -> list[psutil.Process]:
    """Returns the frontend, which is the first, and the workers."""
    assert script.process is not None
    return psutil.Process(script.process.pid).children(recursive=True)


def left(script: RunningScript) -> list[str]:
    """Returns what it has made and not removed; the tests' own files and logs are not meant."""
    own = ("script.out", "sleeper.py", "__pycache__", "gate", "gate.began", "go", "logs")
    return sorted(
        str(path.relative_to(script.base))
        for path in script.base.rglob("*")
        if not set(path.relative_to(script.base).parts) & set(own)
    )


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def assert_nothing_left(script: RunningScript, family: list[psutil.Process]) -> None:
    _, alive = psutil.wait_procs(family, timeout=STOP_SECONDS)
    assert alive == [], script.text()
    eventually(lambda: left(script) == [], 10, "its files are gone")
    assert is_free(script.port)


def test_a_killed_script_takes_its_server_along(script: RunningScript) -> None:
    assert script.process is not None
    family = children(script)
    script.process.kill()
    script.process.wait()
    assert_nothing_left(script, family)


def test_a_killed_server_ends_its_script(script: RunningScript) -> None:
    assert script.process is not None
    family = children(script)
    assert "java" in family[0].name()
    family[0].kill()
    assert script.process.wait(STOP_SECONDS) == 1
    assert "was killed by signal 9" in script.text()
    assert_nothing_left(script, family)


@pytest.mark.parametrize("script", ["python api"], indirect=True)
def test_a_stopped_script_finishes_what_is_on_its_way(script: RunningScript) -> None:
    assert script.process is not None
    family, gate = children(script), script.base / "gate"
    with ThreadPoolExecutor(1) as clients:
        answer: Future[rest.Reply] = clients.submit(
            rest.call, script.address, "POST", "/wait", str(gate), {"Content-Type": "text/plain"}
        )
        eventually(Path(f"{gate}.began").exists)
        script.process.send_signal(signal.SIGTERM)
        eventually(lambda: rest.call(script.address, "GET", "/readyz").status == 503)
        gate.touch()
        assert (answer.result().status, answer.result().text) == (200, str(gate).upper())
    assert script.process.wait(STOP_SECONDS) == 0
    assert_nothing_left(script, family)
