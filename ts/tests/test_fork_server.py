"""The process that forks workers, spoken to as the frontend does: lines on its standard files."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, unquote

import pytest

from ts.tests.frontend import ROOT


class ForkServer:
    """A fork server that has imported modules of a folder."""

    def __init__(self, folder: Path, *modules: str) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-m", "ts._worker", "--fork-server", *modules],
            env={**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}", "PYTHONSAFEPATH": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def say(self, *words: str) -> None:
        """Writes a line."""
        assert self.process.stdin is not None
        self.process.stdin.write(" ".join(quote(word) for word in words) + "\n")
        self.process.stdin.flush()

    def hear(self) -> list[str]:
        """Returns the words of the next line."""
        assert self.process.stdout is not None
        return [unquote(word) for word in self.process.stdout.readline().split()]

    def fork(self, name: str, **variables: str) -> None:
        """Asks for a worker."""
        outputs = [str(self.folder / f"{name}.{kind}") for kind in ("out", "err")]
        given = {"MARINER_WORKER": "9000", "MARINER_GENERATION": "1", "MARINER_NONCE": "a", **variables}
        self.say("fork", name, str(self.folder), *outputs, *(f"{k}={v}" for k, v in given.items()))

    def errors(self, name: str) -> str:
        """Opens a fork's error output, says so, and returns what is in it up to its end."""
        with (self.folder / f"{name}.err").open(encoding="utf-8") as pipe:
            self.say("opened", name)
            return pipe.read()


@pytest.fixture
def servers() -> Iterator[list[ForkServer]]:
    """Fork servers put here are ended after the test."""
    made: list[ForkServer] = []
    yield made
    for server in made:
        with server.process as process:
            process.kill()


def started(servers: list[ForkServer], folder: Path, *modules: str) -> ForkServer:
    server = ForkServer(folder, *modules)
    servers.append(server)
    return server


def test_a_fork_is_a_worker_whose_end_is_told(servers: list[ForkServer], tmp_path: Path) -> None:
    server = started(servers, tmp_path, "json")
    assert server.hear() == ["ready"]
    server.fork("one", MARINER_SOCKET=str(tmp_path / "no socket"))
    said, name, process = server.hear()
    assert (said, name) == ("forked", "one")
    assert int(process) != server.process.pid
    assert "worker: cannot start" in server.errors("one")
    assert server.hear() == ["ended", "one", "1"]


def test_what_a_fork_prints_is_kept_until_its_output_is_opened(
    servers: list[ForkServer], tmp_path: Path
) -> None:
    server = started(servers, tmp_path)
    assert server.hear() == ["ready"]
    server.fork("one")
    assert server.hear()[0] == "forked"
    assert server.hear() == ["ended", "one", "1"]
    lines = server.errors("one").splitlines()
    assert [line.partition(" (")[0] for line in lines] == ["worker: cannot start: MARINER_SOCKET: not set"]


def test_exit_handlers_of_a_fork_run_and_nothing_is_taken_apart(
    servers: list[ForkServer], tmp_path: Path
) -> None:
    (tmp_path / "last.py").write_text(
        "import atexit, sys\n"
        "class Shared:\n"
        "    def __del__(self):\n"
        "        print('taken apart', file=sys.stderr)\n"
        "shared = Shared()\n"
        "atexit.register(print, 'exit handler', file=sys.stderr)\n"
    )
    server = started(servers, tmp_path, "last")
    assert server.hear() == ["ready"]
    server.fork("one")
    assert server.hear()[0] == "forked"
    assert server.errors("one").splitlines()[1:] == ["exit handler"]
    assert server.hear() == ["ended", "one", "1"]


def test_modules_are_imported_once_and_can_not_disturb_the_lines(
    servers: list[ForkServer], tmp_path: Path
) -> None:
    (tmp_path / "chatty.py").write_text("import os\nprint('ended one 0')\nos.write(1, b'ready\\n')\n")
    server = started(servers, tmp_path, "chatty")
    assert server.hear() == ["ready"]
    for name in ("one", "two"):
        server.fork(name)
        assert server.hear()[:2] == ["forked", name]
        assert server.hear() == ["ended", name, "1"]
    _, errors = server.process.communicate(timeout=30)
    assert (server.process.returncode, errors.splitlines()) == (0, ["ended one 0", "ready"])


def test_a_folder_that_is_missing_fails_one_fork_only(servers: list[ForkServer], tmp_path: Path) -> None:
    server = started(servers, tmp_path)
    assert server.hear() == ["ready"]
    gone = tmp_path / "gone"
    server.say("fork", "one", str(gone), str(tmp_path / "o"), str(tmp_path / "e"))
    assert server.hear() == ["failed", "one", f"NotADirectoryError: {gone}: no folder"]
    server.fork("two")
    assert server.hear()[:2] == ["forked", "two"]


UNSAFE = [
    ("", "ModuleNotFoundError: No module named 'unsafe'"),
    ("raise ValueError('not today')", "ValueError: not today"),
    (
        "import threading\nthreading.Thread(target=threading.Event().wait, name='t', daemon=True).start()",
        "Unsafe: threads: t (expected: none is started by an import)",
    ),
    ("import torch", "Unsafe: CUDA: initialised (expected: not by an import)"),
]


@pytest.mark.parametrize(("source", "reason"), UNSAFE)
def test_what_a_fork_would_not_survive_is_refused(
    servers: list[ForkServer], tmp_path: Path, source: str, reason: str
) -> None:
    if source:
        (tmp_path / "unsafe.py").write_text(source)
    # Stands in for a torch that has taken a GPU, which there may be none of here.
    (tmp_path / "torch.py").write_text("class cuda:\n    is_initialized = staticmethod(lambda: True)\n")
    server = started(servers, tmp_path, "unsafe")
    assert server.hear() == ["refused", reason]
    assert server.process.wait(30) == 0
