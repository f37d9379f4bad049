"""A Mariner server of the demo's own: free ports, its own name, and nothing left behind."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import psutil
from display import Display

CHECKOUT = Path(__file__).resolve().parents[2]
STOP_SECONDS = 60.0


class Ports(NamedTuple):
    """TCP ports of one server on the loopback interface."""

    inference: int
    management: int
    metrics: int
    grpc_inference: int
    grpc_management: int

    @classmethod
    def free(cls) -> Ports:
        """Returns ports that nothing listens on just now."""
        with ExitStack() as stack:
            sockets = [stack.enter_context(socket.socket()) for _ in cls._fields]
            for listener in sockets:
                listener.bind(("127.0.0.1", 0))
            return cls(*(listener.getsockname()[1] for listener in sockets))

    def properties(self) -> str:
        """Returns the lines of a configuration file."""
        return (
            f"inference_address=http://127.0.0.1:{self.inference}\n"
            f"management_address=http://127.0.0.1:{self.management}\n"
            f"metrics_address=http://127.0.0.1:{self.metrics}\n"
            f"grpc_inference_port={self.grpc_inference}\n"
            f"grpc_management_port={self.grpc_management}\n"
        )


def command(*arguments: str) -> list[str]:
    """Returns a call of the `mariner` command of this interpreter's environment."""
    installed = Path(sys.executable).with_name("mariner")
    return [*([str(installed)] if installed.exists() else [sys.executable, "-m", "ts._cli.main"]), *arguments]


def environment(folder: Path) -> dict[str, str]:
    """Returns the environment of the commands: logs go to the folder; a checkout need not be installed."""
    sources = [str(CHECKOUT), str(CHECKOUT / "model-archiver"), os.environ.get("PYTHONPATH", "")]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, sources)),
        "LOG_LOCATION": str(folder / "logs"),
        "METRICS_LOCATION": str(folder / "logs"),
    }


def run_mariner(display: Display, *arguments: str, cwd: Path) -> None:
    """Shows and runs a command; raises RuntimeError when it fails."""
    display.command(["mariner", *(_short(argument, cwd) for argument in arguments)])
    code = subprocess.run(command(*arguments), cwd=cwd, env=environment(cwd), check=False).returncode
    if code != 0:
        raise RuntimeError(f"mariner {arguments[0]} failed with exit code {code}")


def _short(argument: str, folder: Path) -> str:
    return min(argument, os.path.relpath(argument, folder), key=len) if argument[:1] == os.sep else argument


class DemoServer:
    """A server that is started and stopped through the command line, as a user does it."""

    def __init__(self, display: Display, folder: Path) -> None:
        self._display = display
        self._folder = folder
        self._name = f"digits-demo-{os.getpid()}"
        self._processes: list[psutil.Process] = []
        self.ports = Ports.free()

    def start(self, store: Path, models: dict[str, str]) -> None:
        """Starts the server and returns when its models are ready."""
        config = self._folder / "config.properties"
        config.write_text(self.ports.properties(), encoding="utf-8")
        run_mariner(
            self._display,
            *("start", "--name", self._name, "--ts-config", str(config), "--model-store", str(store)),
            *("--models", *(f"{name}={archive}" for name, archive in models.items())),
            cwd=self._folder,
        )
        self._processes = self._family()

    def stop(self) -> None:
        """Stops the server if it runs, and makes sure that none of its processes is left.

        Raises:
            RuntimeError: it could not be stopped, or left processes behind.
        """
        self._processes += [process for process in self._family() if process not in self._processes]
        run_mariner(self._display, "stop", "--name", self._name, cwd=self._folder)
        _, alive = psutil.wait_procs(self._processes, timeout=STOP_SECONDS)
        if alive:
            raise RuntimeError(f"processes left behind: {', '.join(str(process.pid) for process in alive)}")
        if self._processes:
            self._display.line(f"{len(self._processes)} processes have ended, none is left")

    def _family(self) -> list[psutil.Process]:
        """Returns the server's process and all that it has started."""
        status = subprocess.run(
            command("status", "--json", "--name", self._name),
            cwd=self._folder,
            env=environment(self._folder),
            stdout=subprocess.PIPE,
            check=False,
        )
        family: list[psutil.Process] = []
        for row in json.loads(status.stdout or b"[]"):
            try:
                server = psutil.Process(row["pid"])
                family += [server, *server.children(recursive=True)]
            except psutil.NoSuchProcess:
                continue
        return family
