"""The private server of a drill: free ports on loopback and a temporary folder that goes with it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote, urlencode

import psutil

from ts._cli.drill.client import OpenRequest, Reply, call, until
from ts._cli.drill.sample import Sample
from ts._cli.errors import CommandError
from ts._cli.launch import prepare
from ts._cli.runfolder import RunFolder, temp_root
from ts._cli.start import MAIN_CLASS, console_tail
from ts._cli.state import ServerState, read_state

DEFAULT_REQUEST_BYTES = 6_553_500
QUEUE_SIZE = 100
START_SECONDS = 60.0
DRAIN_SECONDS = 600
_END_SECONDS = 10.0


class PrivateServer:
    """As a context manager: starts the server; ends it, its workers and its files, whatever happened."""

    def __init__(self, archive: Path, sample: Sample, environment: Mapping[str, str]) -> None:
        self._archive = archive
        self.sample = sample
        self.request_bytes = max(DEFAULT_REQUEST_BYTES, 2 * len(sample.body))
        self._folder = Path(tempfile.mkdtemp(prefix="mariner-drill-", dir=temp_root()))
        self.temp = self._folder / "temp"
        self._state_file = self._folder / "state.json"
        self._console = self._folder / "console.log"
        self._environment = self._variables(environment)
        self._process: subprocess.Popen[bytes] | None = None
        self.model = ""

    def _variables(self, environment: Mapping[str, str]) -> dict[str, str]:
        # The user's own configuration belongs to another server, and its ports are taken.
        kept = {name: value for name, value in environment.items() if name != "TS_CONFIG_FILE"}
        logs = str(self._folder / "logs")
        return {**kept, "TEMP": str(self.temp), "LOG_LOCATION": logs, "METRICS_LOCATION": logs}

    def __enter__(self) -> PrivateServer:
        try:
            self._start()
        except BaseException:
            self._clean()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._clean()

    def _settings(self) -> dict[str, object]:
        return {
            "inference_address": "http://127.0.0.1:0",
            "management_address": "http://127.0.0.1:0",
            "metrics_address": "http://127.0.0.1:0",
            "grpc_inference_port": 0,
            "grpc_management_port": 0,
            "job_queue_size": QUEUE_SIZE,
            "max_request_size": self.request_bytes,
            "drain_timeout": DRAIN_SECONDS,
        }

    def _start(self) -> None:
        self.temp.mkdir()
        settings = {name: str(value) for name, value in self._settings().items()}
        config = self._folder / "config.properties"
        config.write_text("".join(f"{name}={value}\n" for name, value in settings.items()), encoding="utf-8")
        arguments = [MAIN_CLASS, "--ts-config-file", str(config), "--model-store", str(self._archive.parent)]
        launch = prepare(arguments, RunFolder(self._folder), settings, None, False, self._environment)
        with self._console.open("wb") as console:
            self._process = launch.spawn(console, self._environment, self._folder)
        listens = until(lambda: self.state().listening or self.exit_code() is not None, START_SECONDS)
        if not listens or self.exit_code() is not None:
            launch.failed()
            said = "\n".join(f"  {line}" for line in console_tail(self._console))
            raise CommandError(f"the private server did not start\n{said}")
        launch.started()

    def _clean(self) -> None:
        family = self.family()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        for member in family:
            with suppress(psutil.Error):
                member.kill()
        psutil.wait_procs(family, timeout=_END_SECONDS)
        shutil.rmtree(self._folder, ignore_errors=True)

    def state(self) -> ServerState:
        """Returns what the server says of itself."""
        return read_state(self._state_file)

    @property
    def pid(self) -> int:
        """The server's process."""
        assert self._process is not None
        return self._process.pid

    def exit_code(self) -> int | None:
        """Returns how the server ended; None while it runs."""
        return None if self._process is None else self._process.poll()

    def terminate(self) -> None:
        """Asks the server to stop, as an operator does."""
        os.kill(self.pid, signal.SIGTERM)

    def family(self) -> list[psutil.Process]:
        """Returns all processes below the server."""
        if self._process is None:
            return []
        try:
            return list(psutil.Process(self._process.pid).children(recursive=True))
        except psutil.Error:
            return []

    def manage(self, method: str, path: str, timeout: float = 60.0, **parameters: object) -> Reply:
        """Does a management call; the parameters go into the query."""
        query = urlencode({name: str(value) for name, value in parameters.items()})
        return call(self.state().listeners["management"], method, f"{path}?{query}", timeout=timeout)

    def register(self, **parameters: object) -> Reply:
        """Registers the archive with one worker and returns at once."""
        reply = self.manage(
            "POST",
            "/models",
            600.0,
            url=self._archive.name,
            initial_workers=1,
            synchronous="false",
            **parameters,
        )
        if reply.status in (200, 202):
            self.model = str(json.loads(self.manage("GET", "/models").body)["models"][0]["modelName"])
        return reply

    @property
    def route(self) -> str:
        """Path of predictions."""
        return f"/predictions/{quote(self.model)}"

    def predict(
        self, sample: Sample | None = None, headers: Mapping[str, str] | None = None, timeout: float = 60.0
    ) -> Reply:
        """Sends the sample, or another body."""
        chosen = self.sample if sample is None else sample
        named = {**chosen.headers, **(headers or {})}
        return call(self.state().listeners["inference"], "POST", self.route, chosen.body, named, timeout)

    def open_request(self, sample: Sample | None = None, timeout: float = 60.0) -> OpenRequest:
        """Sends the sample, or another body, and does not wait for the answer."""
        chosen = self.sample if sample is None else sample
        address = self.state().listeners["inference"]
        return OpenRequest(address, self.route, chosen.body, chosen.headers, timeout)

    def describe(self) -> dict[str, Any]:
        """Returns the model's description, {} while there is none."""
        reply = self.manage("GET", f"/models/{quote(self.model)}")
        return dict(json.loads(reply.body)[0]) if reply.status == 200 else {}

    def workers(self) -> list[int]:
        """Returns the processes of the ready workers."""
        return [int(one["pid"]) for one in self.describe().get("workers", []) if one["status"] == "READY"]

    def last_failure(self) -> str:
        """Returns why the model last lost a worker or did not load."""
        return str(self.describe().get("lastFailure") or "")

    def running(self) -> int:
        """Returns the number of requests in workers."""
        text = call(self.state().listeners["metrics"], "GET", "/metrics").body.decode()
        return int(sum(float(value) for value in re.findall(r"^mariner_running\{.*\} (\S+)$", text, re.M)))

    @contextmanager
    def frozen(self) -> Iterator[int]:
        """Stops the worker for the length of the block, so that whatever is sent to it stays under way."""
        pids = self.workers()
        if not pids:
            raise RuntimeError("no worker is ready")
        os.kill(pids[0], signal.SIGSTOP)
        try:
            yield pids[0]
        finally:
            with suppress(ProcessLookupError):
                os.kill(pids[0], signal.SIGCONT)
