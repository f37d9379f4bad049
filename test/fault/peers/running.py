"""A server under test with all its processes: started, asked, killed, until nothing is left."""

from __future__ import annotations

import http.client
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType

import psutil

from peers.environments import BUILD
from peers.kinds import Kind, Setting, environment
from peers.table import Seen

START_SECONDS = 90.0


def poll(seconds: float) -> None:
    """Waits between two looks at a real process."""
    time.sleep(seconds)


def free_block() -> int:
    """Returns the first of five ports in a row on which nobody listens now."""
    while True:
        first = 20000 + secrets.randbelow(9000)
        try:
            for port in range(first, first + 5):
                with socket.socket() as one:
                    one.bind(("127.0.0.1", port))
        except OSError:
            continue
        return first


class RunningServer:
    """A server in a folder of its own; a context manager that starts it and kills all that is left."""

    def __init__(self, kind: Kind, setting: Setting, wait: bool = True, keep: Path | None = None) -> None:
        self.kind = kind
        self.folder = keep or BUILD / "run" / f"{kind.key}-{os.getpid()}"
        if keep is None:
            shutil.rmtree(self.folder, ignore_errors=True)
        self.temp = self.folder / "tmp"
        self.temp.mkdir(parents=True, exist_ok=True)
        self.port = free_block()
        self._mark = secrets.token_hex(8)
        self._wait = wait
        self._command = kind.command(setting, self.folder, self.port)
        self._environment = environment(kind, setting, self.folder, self._mark)

    def __enter__(self) -> RunningServer:
        with (self.folder / "console.log").open("ab") as log:
            self.process = subprocess.Popen(
                self._command,
                cwd=self.folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        if self._wait and self.next_answer(START_SECONDS) is None:
            self.kill_all()
            raise RuntimeError(f"{self.kind.key} gave no answer in {START_SECONDS:.0f} s (see {self.folder})")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill_all()

    def processes(self) -> list[psutil.Process]:
        """Returns what lives of the server, whoever the parents are now."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.status() != psutil.STATUS_ZOMBIE and (
                    process.environ().get("FAULT_PEERS_MARK") == self._mark
                ):
                    found.append(process)
            except psutil.Error:
                continue
        return found

    def listener(self) -> psutil.Process:
        """Returns the process that listens for requests.

        Raises:
            RuntimeError: nobody does.
        """
        for process in self.processes():
            try:
                connections = process.net_connections("tcp")
            except psutil.Error:
                continue
            if any(c.status == psutil.CONN_LISTEN and c.laddr.port == self.port for c in connections):
                return process
        raise RuntimeError(f"{self.kind.key}: nobody listens on {self.port} (expected: a server)")

    def terminate(self) -> None:
        """Sends SIGTERM to the process that it is meant for."""
        if self.kind.signals_listener:
            self.listener().send_signal(signal.SIGTERM)
        else:
            self.process.terminate()

    def stopped(self, limit: float) -> int | None:
        """Returns the exit code of the command, null when it has not ended within the limit."""
        try:
            return self.process.wait(limit)
        except subprocess.TimeoutExpired:
            return None

    def kill_all(self) -> None:
        """Kills every process of the server and waits until none is left."""
        while left := self.processes():
            for process in left:
                try:
                    process.kill()
                except psutil.Error:
                    continue
            psutil.wait_procs(left, 5)
        self.process.wait()

    def leftovers(self) -> list[str]:
        """Returns the names in the server's temporary folder."""
        return sorted(path.name for path in self.temp.iterdir())

    def attempts(self) -> int:
        """Returns how often a worker began to load the model."""
        file = self.folder / "attempts"
        return len(file.read_text(encoding="utf-8").splitlines()) if file.exists() else 0

    def await_load(self, workers: int = 1) -> None:
        """Waits until so many workers have begun to load, or the server has ended."""
        began = time.monotonic()
        while self.attempts() < workers and self.process.poll() is None:
            if time.monotonic() - began > START_SECONDS:
                raise RuntimeError(
                    f"{self.kind.key} began no load in {START_SECONDS:.0f} s (see {self.folder})"
                )
            poll(0.05)

    def ask(self, order: str, limit: float = 10.0) -> Seen:
        """Sends an order on a new connection and returns what the client sees."""
        body, content_type = self.kind.body(order)
        return self._request("POST", self.kind.path, body, {"Content-Type": content_type}, limit)

    def ask_health(self) -> Seen:
        """Asks the health endpoint."""
        return self._request("GET", self.kind.health, None, {}, 3.0)

    def next_answer(self, limit: float) -> float | None:
        """Asks until there is an answer; returns the seconds until it had come, null when there was none."""
        began = time.monotonic()
        while (left := began + limit - time.monotonic()) > 0:
            if self.ask("echo again", min(left, 10.0)).status == 200:
                return time.monotonic() - began
            # To look through all processes costs much, so the one that was started goes first.
            if self.process.poll() is not None and not self.processes():
                return None
            poll(0.05)
        return None

    def _request(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str], limit: float
    ) -> Seen:
        began = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=limit)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read().decode(errors="replace")
            return Seen(answer.status, time.monotonic() - began, text=text)
        except ConnectionRefusedError:
            end = "refused"
        except TimeoutError:
            end = "silent"
        except (OSError, http.client.HTTPException):
            end = "closed"
        finally:
            connection.close()
        return Seen(None, time.monotonic() - began, end)
