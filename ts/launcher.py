"""Starts and stops a server from a test or a notebook, as TorchServe's helpers of this name did."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from queue import Full, Queue
from typing import Any, TextIO

_COMMAND = (sys.executable, "-m", "ts.model_server")
_READY = "Model server started"
_QUEUE_LINES = 1000
_MODELS_URL = "http://127.0.0.1:8081/models"
_REGISTER_TIMEOUT_SECONDS = 600


@dataclass(frozen=True)
class Response:
    """An answer of the management API, with the names that users know from `requests`."""

    status_code: int
    content: bytes
    headers: Mapping[str, str]

    @property
    def ok(self) -> bool:
        """Whether the call succeeded."""
        return self.status_code < 400

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode("utf-8", errors="replace")

    def json(self) -> Any:
        """The body read as JSON; raises ValueError when it is none."""
        return json.loads(self.content)


def stop(wait: bool = True) -> None:
    """Stops the server of this folder of temporary files; with `wait`, returns only when it has ended."""
    subprocess.run([*_COMMAND, "--stop", *(["--foreground"] if wait else [])], check=False)


def _forward(output: TextIO, lines: Queue[str | None]) -> None:
    with output:
        for line in output:
            print(line.rstrip(), flush=True)
            try:
                lines.put_nowait(line)
            except Full:
                # Nobody reads; the server must not block on its output for that.
                continue
    try:
        lines.put_nowait(None)
    except Full:
        lines.get_nowait()
        lines.put_nowait(None)


def start(
    model_store: str | None = None,
    snapshot_file: str | None = None,
    no_config_snapshots: bool = False,
    plugin_folder: str | None = None,
    disable_token: bool = True,
    models: str | Iterable[str] | None = None,
    enable_model_api: bool = True,
) -> Queue[str | None]:
    """Stops a server that runs, starts one and waits until it answers.

    Returns a queue of the lines that the server prints from then on (None at the end; beyond 1000 unread
    lines are
    dropped). Raises RuntimeError with the server's output when it does not come up.
    """
    stop()
    command = [*_COMMAND, "--start"]
    values = {"--model-store": model_store, "--ts-config": snapshot_file, "--plugins-path": plugin_folder}
    for flag, value in values.items():
        command += [flag, value] if value else []
    switches = {
        "--no-config-snapshots": no_config_snapshots,
        "--disable-token-auth": disable_token,
        "--enable-model-api": enable_model_api,
    }
    command += [flag for flag, given in switches.items() if given]
    if models:
        command += ["--models", *([models] if isinstance(models, str) else models)]
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    output = process.stdout
    if output is None:
        raise RuntimeError("the server's output can't be read")
    seen = []
    for line in output:
        print(line.rstrip(), flush=True)
        seen.append(line)
        if _READY in line:
            break
    else:
        output.close()
        raise RuntimeError(f"server did not start, exit code {process.wait()}:\n{''.join(seen[-20:])}")
    lines: Queue[str | None] = Queue(maxsize=_QUEUE_LINES)
    threading.Thread(target=_forward, args=(output, lines), name="server-output", daemon=True).start()
    process.wait()
    return lines


def register_model_with_params(params: Mapping[str, str] | Iterable[tuple[str, str]]) -> Response:
    """Registers a model with the query parameters of the management API, on 127.0.0.1:8081."""
    pairs = list(params.items()) if isinstance(params, Mapping) else list(params)
    request = urllib.request.Request(
        f"{_MODELS_URL}?{urllib.parse.urlencode(pairs)}", data=b"", method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=_REGISTER_TIMEOUT_SECONDS) as answer:
            return Response(answer.status, answer.read(), dict(answer.headers))
    except urllib.error.HTTPError as error:
        with error:
            return Response(error.code, error.read(), dict(error.headers))


def register_model(model_name: str, url: str) -> Response:
    """Registers an archive with one worker and waits until it is ready."""
    return register_model_with_params(
        {"model_name": model_name, "url": url, "initial_workers": "1", "synchronous": "true"}
    )
