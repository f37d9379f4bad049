"""The commands as an operator runs them, in folders of their own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from support import class_data, starts
from support.places import PYTHON, ROOT
from support.server import FREE_PORTS

MODULES = {
    "mariner": "ts._cli.main",
    "torchserve": "ts.model_server",
    "archiver": "model_archiver",
    "mlserver": "ts.compat.mlserver.cli",
    "kserve": "ts._cli.kserve",
}
_STARTING = ("start", "--start", "serve", "drill")
_QUIET_JVM = "-Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dio.netty.leakDetection.level=paranoid"


def vmargs() -> str:
    """Returns what the commands pass to the JVM: little memory, and the tests' class-data archive."""
    return " ".join([_QUIET_JVM, *class_data.flags()])


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """Both outputs."""
        return self.out + self.err


class Operator:
    """Runs commands below `base`: `work` is the working directory, `store` the model store."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.work, self.store, self.temp = base / "work", base / "store", base / "temp"
        self.runtime = base / "runtime"
        for folder in (self.work, self.store, self.temp, self.runtime):
            folder.mkdir(parents=True, exist_ok=True)
        inherited = {name: os.environ[name] for name in ("PATH", "JAVA_HOME", "LANG") if name in os.environ}
        # Without a home there is no class archive, which a process in the background would write.
        self.environment = {
            **inherited,
            "PYTHONPATH": f"{ROOT}:{ROOT / 'model-archiver'}",
            "TEMP": str(self.temp),
            "TMPDIR": str(self.temp),
            "XDG_RUNTIME_DIR": str(self.runtime),
        }

    def config(self, name: str = "config.properties", **settings: object) -> Path:
        """Writes a configuration with free ports, and these settings; returns its path."""
        file = self.work / name
        given = {**FREE_PORTS, "default_workers_per_model": 1, "vmargs": vmargs(), **settings}
        file.write_text("".join(f"{key}={value}\n" for key, value in given.items()), encoding="utf-8")
        return file

    def command(self, name: str, *arguments: object) -> list[str]:
        """Returns the command line."""
        if arguments and str(arguments[0]) in _STARTING:
            starts.note()
        return [PYTHON, "-m", MODULES[name], *map(str, arguments)]

    def run(
        self, name: str, *arguments: object, cwd: Path | None = None, env: Mapping[str, str] | None = None
    ) -> Done:
        """Runs a command to its end."""
        # To files: a server in the background keeps the outputs of the command open.
        out, err = self.base / "out.txt", self.base / "err.txt"
        with out.open("wb") as stdout, err.open("wb") as stderr:
            ended = subprocess.run(
                self.command(name, *arguments),
                cwd=cwd or self.work,
                env={**self.environment, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                timeout=90,
                check=False,
            )
        return Done(ended.returncode, out.read_text("utf-8", "replace"), err.read_text("utf-8", "replace"))

    def spawn(self, name: str, *arguments: object) -> subprocess.Popen[bytes]:
        """Starts a command that stays; its output goes to `spawned.txt`."""
        with (self.base / "spawned.txt").open("wb") as output:
            return subprocess.Popen(
                self.command(name, *arguments),
                cwd=self.work,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def spawned_text(self) -> str:
        """Returns what the spawned command has printed."""
        return (self.base / "spawned.txt").read_text("utf-8", "replace")

    def processes(self) -> list[psutil.Process]:
        """Returns all processes whose temporary folder is this operator's."""
        mark, found = str(self.temp), []
        for process in psutil.process_iter():
            try:
                if process.environ().get("TEMP") == mark and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except psutil.Error:
                continue
        return found

    def clean(self) -> None:
        """Ends what a failed test has left."""
        for process in self.processes():
            try:
                process.send_signal(signal.SIGKILL)
            except psutil.NoSuchProcess:
                continue
        shutil.rmtree(self.temp, ignore_errors=True)
