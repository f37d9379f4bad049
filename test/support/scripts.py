"""A script that serves, as its user starts it: `python SCRIPT --port …`."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from support import rest, starts
from support.places import PYTHON, ROOT
from support.waiting import eventually

START_SECONDS = 90.0
STOP_SECONDS = 45.0


def free_port() -> int:
    """Returns a port at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class RunningScript:
    """A process that serves at `address`; `base` is its working directory and holds its temporary files.
    Modules are found at `path`, first. `place` says where to serve; `{port}` in it stands for the port.
    """

    def __init__(
        self,
        script: Path,
        base: Path,
        arguments: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        health: str = "/",
        python: str = PYTHON,
        path: Sequence[str] = (str(ROOT),),
        place: Sequence[str] = ("--port", "{port}", "--address", "127.0.0.1"),
    ) -> None:
        base.mkdir(parents=True, exist_ok=True)
        self.base, self.output = base, base / "script.out"
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.health = health
        self._place = [word.format(port=self.port) for word in place]
        self._command = [python, str(script), *arguments]
        joined = os.pathsep.join([*path, *filter(None, [os.environ.get("PYTHONPATH")])])
        own = {"PYTHONPATH": joined, "TMPDIR": str(base), "XDG_RUNTIME_DIR": str(base)}
        self._environment = {**os.environ, **own, **(environment or {})}
        self.process: subprocess.Popen[bytes] | None = None

    def spawn(self, *more: str) -> subprocess.Popen[bytes]:
        """Starts it and waits for nothing."""
        starts.note()
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [*self._command, *more], cwd=self.base, env=self._environment, stdin=subprocess.DEVNULL,
                stdout=output, stderr=subprocess.STDOUT,
            )  # fmt: skip
        return self.process

    def __enter__(self) -> RunningScript:
        process = self.spawn(*self._place)

        def is_up() -> bool:
            assert process.poll() is None, self.text()
            try:
                return rest.call(self.address, "GET", self.health).status == 200
            except OSError:
                return False

        try:
            eventually(is_up, seconds=START_SECONDS)
        except BaseException:
            process.kill()
            print(self.text())
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise

    def text(self) -> str:
        """Returns what it has printed."""
        return self.output.read_text(encoding="utf-8", errors="replace")
