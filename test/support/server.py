"""A real server in folders of its own, on free ports, that is held to leave nothing behind."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import psutil

from support import attach, class_data, rest, starts
from support.places import PYTHON, ROOT, java
from support.waiting import eventually

MAIN_CLASSES = {"mariner": "ai.mariner.server.Main", "torchserve": "org.pytorch.serve.ModelServer"}
FREE_PORTS = {
    "inference_address": "http://127.0.0.1:0",
    "management_address": "http://127.0.0.1:0",
    "metrics_address": "http://127.0.0.1:0",
    "grpc_inference_port": "0",
    "grpc_management_port": "0",
}
# A small young generation is collected often, so that Netty's detector sees leaks while the test runs.
JVM_FLAGS = (
    "-Xmx512m",
    "-Xmn16m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Dio.netty.leakDetection.level=paranoid",
)
_JAVA_TRACE = re.compile(r"^\s+at [\w.$/@<>]+\([^)]*\)|^Exception in thread", re.MULTILINE)
START_SECONDS = 100.0
STOP_SECONDS = 45.0


class RunningServer:
    """A server process: `start`, use its addresses, `stop`. As a context manager it does both.

    Folders below `base`: `store` (fill it before the start), `temp` (the server's TEMP) and `logs`. `base` is
    the working directory of the server. `prefix` is a command that becomes the one behind it (`unshare …`).
    `jvm_flags` stand for those that use the tests' class-data archive.
    """

    def __init__(
        self,
        base: Path,
        *,
        profile: str = "mariner",
        models: Sequence[str] = (),
        config: Mapping[str, Any] | None = None,
        arguments: Sequence[str] = (),
        environment: Mapping[str, str | None] | None = None,
        python: str = PYTHON,
        prefix: Sequence[str] = (),
        jvm_flags: Sequence[str] | None = None,
    ) -> None:
        self.base = base
        self.profile = profile
        self.store = base / "store"
        self.temp = base / "temp"
        self.logs = base / "logs"
        self.output = base / "server.out"
        self.state_file = base / "state.json"
        self.expects_java_traces = False
        self.leftovers_of_others: frozenset[str] = frozenset()
        for folder in (self.store, self.temp):
            folder.mkdir(parents=True, exist_ok=True)
        settings = {**FREE_PORTS, "default_workers_per_model": 1, **(config or {})}
        text = "".join(f"{key}={value}\n" for key, value in settings.items())
        (base / "config.properties").write_text(text, encoding="utf-8")
        flags = class_data.flags() if jvm_flags is None else jvm_flags
        self._command = [*prefix, *self._command_line(python, flags, models, arguments)]
        self._environment = self._variables(environment or {})
        self._process: subprocess.Popen[bytes] | None = None

    def _command_line(
        self, python: str, jvm_flags: Sequence[str], models: Sequence[str], arguments: Sequence[str]
    ) -> list[str]:
        command = [java(), *JVM_FLAGS, *jvm_flags, f"-Djava.io.tmpdir={self.temp}"]
        command += ["-cp", class_data.class_path()]
        command += [MAIN_CLASSES[self.profile], "--python", python, "--server-home", str(ROOT)]
        command += ["--model-store", str(self.store), "--state-file", str(self.state_file)]
        command += ["--ts-config-file", str(self.base / "config.properties"), *arguments]
        return [*command, "--models", *models] if models else command

    def _variables(self, changes: Mapping[str, str | None]) -> dict[str, str]:
        variables = {**os.environ, "TEMP": str(self.temp), "TMPDIR": str(self.temp)}
        for name, value in changes.items():
            if value is None:
                variables.pop(name, None)
            else:
                variables[name] = value
        return variables

    def __enter__(self) -> RunningServer:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.stop()
        else:
            self.show_output()
            self.kill()

    def spawn(self) -> RunningServer:
        """Starts the process and does not wait for anything."""
        starts.note()
        with self.output.open("wb") as output:
            self._process = subprocess.Popen(
                self._command,
                cwd=self.base,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        return self

    def start(self, phase: str = "ready") -> RunningServer:
        """Starts the server and waits for the phase."""
        self.spawn()
        try:
            self.await_state(lambda state: state.get("phase") == phase, f"phase {phase}", START_SECONDS)
        except BaseException:
            self.show_output()
            self.kill()
            raise
        return self

    def await_state(
        self, predicate: Callable[[dict[str, Any]], bool], what: str, seconds: float = 30.0
    ) -> dict[str, Any]:
        """Waits for a state; fails at once when the process ends."""

        def reached() -> dict[str, Any] | None:
            state = self.state()
            if predicate(state):
                return state
            assert self.process.poll() is None, f"ended ({self.process.returncode}): {self.text()}"
            return None

        state = eventually(reached, seconds, what)
        assert state is not None
        return state

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The server's process."""
        assert self._process is not None, "not started"
        return self._process

    def state(self) -> dict[str, Any]:
        """Returns what the state file says, {} while there is none."""
        try:
            return dict(json.loads(self.state_file.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return {}

    def _listener(self, name: str) -> str:
        return str(self.state()["listeners"][name])

    @property
    def inference(self) -> str:
        """Address of the inference listener, `http://host:port`."""
        return self._listener("inference")

    @property
    def management(self) -> str:
        """Address of the management listener."""
        return self._listener("management")

    @property
    def metrics(self) -> str:
        """Address of the metrics listener."""
        return self._listener("metrics")

    @property
    def grpc_inference(self) -> str:
        """Address of gRPC inference, `host:port`."""
        return self._listener("grpc_inference")

    @property
    def grpc_management(self) -> str:
        """Address of gRPC management."""
        return self._listener("grpc_management")

    def predict(self, model: str, body: bytes | str | Mapping[str, Any], **headers: str) -> rest.Reply:
        """Posts a prediction; a mapping goes as JSON bytes without a content type."""
        data = json.dumps(body) if isinstance(body, Mapping) else body
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return rest.call(self.inference, "POST", f"/predictions/{model}", data, named)

    def manage(self, method: str, path: str, **parameters: Any) -> rest.Reply:
        """Does a management call; the parameters go into the query."""
        query = "&".join(f"{name}={value}" for name, value in parameters.items())
        return rest.call(self.management, method, f"{path}?{query}" if query else path)

    def describe(self, model: str, version: str = "") -> dict[str, Any]:
        """Returns the describe object of one version."""
        answer = self.manage("GET", f"/models/{model}" + (f"/{version}" if version else ""))
        assert answer.status == 200, answer.text
        return dict(answer.json()[0])

    def workers(self, model: str, version: str = "") -> list[dict[str, Any]]:
        """Returns the ready workers of a version."""
        return [w for w in self.describe(model, version)["workers"] if w["status"] == "READY"]

    def text(self) -> str:
        """Returns what the server has printed so far."""
        return self.output.read_text(encoding="utf-8", errors="replace") if self.output.exists() else ""

    def log(self, name: str) -> str:
        """Returns the text of a log file, "" when there is none."""
        file = self.logs / name
        return file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""

    def show_output(self) -> None:
        """Prints the end of the server's output, for the report of a failed test."""
        print(f"--- output of the {self.profile} server\n{self.text()[-6000:]}", file=sys.stderr)

    def kill(self) -> None:
        """Ends the process and its workers at once, after a failure."""
        if self._process is None:
            return
        family = self.family()
        self._process.kill()
        self._process.wait()
        for member in family:
            try:
                member.kill()
            except psutil.NoSuchProcess:
                continue
        psutil.wait_procs(family, timeout=10)
        shutil.rmtree(self.temp, ignore_errors=True)

    def family(self) -> list[psutil.Process]:
        """Returns all processes below the server."""
        try:
            return list(psutil.Process(self.process.pid).children(recursive=True))
        except psutil.NoSuchProcess:
            return []

    def stop(self) -> None:
        """Stops the server as an operator does; fails unless it ends well and leaves nothing."""
        try:
            self._collect_garbage()
            family, listeners = self.family(), self.state().get("listeners", {})
            self.process.send_signal(signal.SIGTERM)
            try:
                code = self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                raise AssertionError(f"SIGTERM: still there after {STOP_SECONDS:g} s") from None
            assert code == 0, f"exit code {code}"
            self.assert_nothing_left(family, listeners)
            self.assert_clean_output()
        except BaseException:
            self.show_output()
            raise
        finally:
            self.kill()

    def _collect_garbage(self) -> None:
        """Makes Netty's detector look at what was not released: it reports when new buffers are made."""
        if self.process.poll() is not None or self.state().get("phase") != "ready":
            return
        attach.order(self.process.pid, "GC.run")
        for _ in range(3):
            rest.call(self.inference, "GET", "/livez")

    def assert_nothing_left(self, family: Sequence[psutil.Process], listeners: Mapping[str, str]) -> None:
        """Checks processes, temporary files and ports after the end."""
        gone, left = psutil.wait_procs(family, timeout=6)
        assert not left, f"processes left: {[p.cmdline() for p in left if p.is_running()]}"
        assert len(gone) == len(family)
        left_behind = {path.name for path in self.temp.iterdir()} - self.leftovers_of_others
        assert left_behind == set()
        for name, address in listeners.items():
            assert not _answers(address), f"{name} {address} still listens"

    def assert_clean_output(self) -> None:
        """Checks that no buffer leaked and no Java exception escaped."""
        texts = {
            "output": self.text(),
            **{file.name: self.log(file.name) for file in self.logs.glob("*.log")},
        }
        for name, text in texts.items():
            assert "LEAK:" not in text, f"{name}: {text[text.index('LEAK:') :][:3000]}"
            found = None if self.expects_java_traces else _JAVA_TRACE.search(text)
            assert found is None, f"{name} has a Java trace: {text[max(0, found.start() - 1500) :][:4000]}"


def _answers(address: str) -> bool:
    parts = urlsplit(address if "//" in address else f"//{address}")
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex((parts.hostname or "", parts.port or 0)) == 0
