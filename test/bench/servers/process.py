"""A started server: waiting until it answers, its memory, its end."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from bench.places import BUILD

START_LIMIT_SECONDS = 180.0
_STOP_LIMIT_SECONDS = 30.0
_POLL_SECONDS = 0.01


def free_ports(count: int) -> list[int]:
    """Returns ports that nobody listens on now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()


@dataclass(frozen=True)
class Probe:
    """A request that a server must answer with 200 before it counts as ready."""

    url: str
    body: bytes
    content_type: str = "application/octet-stream"

    def answers(self) -> bool:
        """Returns whether it does."""
        headers = {"Content-Type": self.content_type}
        request = urllib.request.Request(self.url, self.body, headers, method="POST")
        try:
            # The certificates are made for the run; nobody has signed them.
            unchecked = ssl._create_unverified_context()
            with urllib.request.urlopen(request, timeout=10, context=unchecked) as reply:
                return bool(reply.status == 200)
        except (urllib.error.URLError, OSError):
            return False


@dataclass(frozen=True)
class Listening:
    """A port that must accept connections before a server counts as ready."""

    port: int

    def answers(self) -> bool:
        """Returns whether it does."""
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True


@dataclass
class Running:
    """A started server.

    Attributes:
        name: what the tables call it.
        url: address of its REST inference, without a path.
        path: where its model answers, after the address.
        grpc: host and port of its gRPC inference; empty if there is none.
        management: address of its management; empty if there is none.
        metrics: address of its metrics; empty if there is none.
        process: the process to be stopped with everything below it.
        ready_seconds: time from its start to the last of the first answers.
    """

    name: str
    process: subprocess.Popen[bytes]
    ready_seconds: float
    url: str = ""
    path: str = ""
    grpc: str = ""
    management: str = ""
    metrics: str = ""
    stop_command: Sequence[str] = field(default=())

    @property
    def target(self) -> str:
        """Where the model answers."""
        return self.url + self.path

    def family(self) -> list[psutil.Process]:
        """Returns the process and everything below it."""
        try:
            root = psutil.Process(self.process.pid)
            return [root, *root.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def memory_mb(self) -> float:
        """Returns the memory of the whole tree in MiB; pages that processes share count once."""
        return sum(_share(one) for one in self.family()) / 2**20

    def workers_mb(self) -> float:
        """Returns the memory of Mariner's worker processes in MiB; pages that they share count once."""
        return sum(_share(one) for one in self.family() if _is_worker(one)) / 2**20

    def frontend_mb(self) -> float:
        """Returns the resident memory of the frontend in MiB: of the JVM, or of the root without one."""
        family = self.family()
        frontends = [one for one in family if _name(one) == "java"] or family[:1]
        return sum(_resident(one) for one in frontends) / 2**20

    def stop(self) -> None:
        """Ends the server and waits until it is gone."""
        if self.stop_command:
            subprocess.run(self.stop_command, check=False, capture_output=True)
        family = self.family()
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(_STOP_LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        _gone, left = psutil.wait_procs(family, timeout=5)
        for one in left:
            try:
                one.kill()
            except psutil.NoSuchProcess:
                pass
        try:
            # Workers that came up while the server ended belong to nobody; they are in its group still.
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0


def _share(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0


def _is_worker(process: psutil.Process) -> bool:
    try:
        return "ts._worker" in process.cmdline()
    except psutil.Error:
        return False


def _name(process: psutil.Process) -> str:
    try:
        return str(process.name())
    except psutil.NoSuchProcess:
        return ""


def launch(
    name: str,
    command: Sequence[str],
    folder: Path,
    env: Mapping[str, str],
    probes: Sequence[Probe | Listening],
    limit_seconds: float = START_LIMIT_SECONDS,
) -> Running:
    """Starts a command and waits until all probes were answered, one after the other.

    The console goes to a file: what a server leaves behind would hold a pipe open.

    Raises:
        RuntimeError: the process ended, or did not answer in time; the message names its log.
    """
    log = folder / "console.log"
    began = time.monotonic()
    with log.open("wb") as out:
        process = subprocess.Popen(
            list(command),
            cwd=folder,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    running = Running(name, process, 0.0)
    try:
        for probe in probes:
            _await(running, probe.answers, began + limit_seconds, log)
    except BaseException:
        running.stop()
        raise
    running.ready_seconds = time.monotonic() - began
    return running


def _await(running: Running, answers: Callable[[], bool], deadline: float, log: Path) -> None:
    while not answers():
        code = running.process.poll()
        if code not in (None, 0):
            raise RuntimeError(
                f"{running.name} ended with {code} (expected: a server); see {log.relative_to(BUILD)}"
            )
        if time.monotonic() > deadline:
            raise RuntimeError(f"{running.name} did not answer in time; see {log.relative_to(BUILD)}")
        time.sleep(_POLL_SECONDS)
