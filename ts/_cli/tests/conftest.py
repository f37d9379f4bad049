"""A copy of the commands with a scripted `java`, in which nothing of the machine's own servers or caches
is seen."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

PACKAGE = Path(__file__).resolve().parents[2]
SCRIPTED_JAVA = Path(__file__).with_name("scripted_java.py")


@dataclass(frozen=True)
class Installation:
    """A site folder with the commands, a `java` on PATH, a model store, and folders for everything that is
    written."""

    root: Path
    environment: dict[str, str]

    @property
    def store(self) -> Path:
        return self.root / "store"

    @property
    def work(self) -> Path:
        return self.root / "work"

    @property
    def site(self) -> Path:
        return self.root / "site"

    @property
    def temp(self) -> Path:
        return self.root / "tmp"

    def script(self, **behaviour: object) -> None:
        """Says how the scripted JVM behaves; see scripted_java.py."""
        (self.root / "behaviour.json").write_text(json.dumps(behaviour))

    def calls(self) -> list[list[str]]:
        """The command lines with which a server was started."""
        log = self.root / "calls.jsonl"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    def command(self, module: str, *arguments: str) -> list[str]:
        return [sys.executable, "-m", module, *arguments]

    def mariner(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return self._run("ts._cli.main", arguments, environment)

    def torchserve(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return self._run("ts.model_server", arguments, environment)

    def _run(
        self, module: str, arguments: tuple[str, ...], environment: dict[str, str]
    ) -> subprocess.CompletedProcess[str]:
        # To files: a background server inherits torchserve's output, and a pipe would stay open with it.
        out, err = self.root / "out.txt", self.root / "err.txt"
        with out.open("wb") as stdout, err.open("wb") as stderr:
            done = subprocess.run(
                self.command(module, *arguments),
                cwd=self.work,
                env={**self.environment, **environment},
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                timeout=60,
                check=False,
            )
        return subprocess.CompletedProcess(done.args, done.returncode, out.read_text(), err.read_text())

    def servers(self) -> list[psutil.Process]:
        """The scripted JVMs of this installation that still serve."""
        return [process for process in self.processes() if "--state-file" in process.info["cmdline"]]

    def processes(self) -> list[psutil.Process]:
        """All processes that run with anything of this installation."""
        return [
            process
            for process in psutil.process_iter(["cmdline"])
            if process.pid != os.getpid() and str(self.root) in " ".join(process.info["cmdline"] or [])
        ]


def write_java(folder: Path, version: str = "17.0.9") -> Path:
    """Puts a scripted `java` into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    java = folder / "java"
    java.write_text(f'#!/bin/sh\nJAVA_UNDER_TEST={version} exec {sys.executable} {SCRIPTED_JAVA} "$@"\n')
    java.chmod(java.stat().st_mode | stat.S_IXUSR)
    return java


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    site = tmp_path / "site"
    shutil.copytree(
        PACKAGE / "_cli", site / "ts" / "_cli", ignore=shutil.ignore_patterns("tests", "__pycache__")
    )
    for module in ("__init__.py", "version.py", "model_server.py", "arg_parser.py", "launcher.py"):
        shutil.copy(PACKAGE / module, site / "ts" / module)
    (site / "ts" / "frontend").mkdir()
    for jar in ("b.jar", "a.jar"):
        (site / "ts" / "frontend" / jar).write_bytes(b"jar")
    for folder in ("store", "work", "tmp", "home"):
        (tmp_path / folder).mkdir()
    write_java(tmp_path / "bin")
    environment = {
        "PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin",
        "PYTHONPATH": str(site),
        "HOME": str(tmp_path / "home"),
        "TMPDIR": str(tmp_path / "tmp"),
        "BEHAVIOUR": str(tmp_path / "behaviour.json"),
        "CALLS": str(tmp_path / "calls.jsonl"),
        "TERM": "xterm",
    }
    made = Installation(tmp_path, environment)
    made.script()
    yield made
    left = made.processes()
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(left, timeout=10)
