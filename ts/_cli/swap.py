"""`mariner swap`: replaces the default version of a model on a running server without losing a request."""

from __future__ import annotations

import argparse
import http.client
import json
import os
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from ts._cli.errors import CommandError
from ts._cli.launch import POLL_SECONDS
from ts._cli.progress import painted, wants_colour, wants_escapes
from ts._cli.runfolder import RunFolder, checked_name, default_name, runs_root
from ts._cli.state import read_state

DEFAULT_ADDRESS = "http://127.0.0.1:8081"


class _Call:
    """A management call that runs while somebody watches; `join` returns its status and JSON document."""

    def __init__(self, address: str, path: str, token: str | None, timeout: float | None) -> None:
        self._address = address
        self._path = path
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self._timeout = timeout
        self._answer: tuple[int, Any] | None = None
        self._fault: Exception | None = None
        # A daemon: Ctrl-C ends the command, not the swap.
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        parts = urlsplit(self._address)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        try:
            connection = kind(parts.hostname or "", parts.port, timeout=self._timeout)
            try:
                connection.request("POST", self._path, headers=self._headers)
                response = connection.getresponse()
                self._answer = response.status, json.loads(response.read())
            finally:
                connection.close()
        except (OSError, http.client.HTTPException, ValueError) as fault:
            self._fault = fault

    @property
    def done(self) -> bool:
        """Whether the answer is there, or none will come."""
        return not self._thread.is_alive()

    def join(self) -> tuple[int, Any]:
        """Returns the answer; raises CommandError when there is none."""
        self._thread.join()
        if isinstance(self._fault, TimeoutError):
            raise CommandError(
                f"no answer from {self._address} within {self._timeout:g} s; the swap may still go on"
            )
        if self._answer is None:
            raise CommandError(f"no answer from {self._address} ({self._fault})")
        return self._answer


def swap(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Swaps and prints the steps with their times; raises CommandError with the reason when it was undone."""
    address = _address(options, environment)
    parameters = {"model_version" if options.registered else "url": options.archive}
    if options.keep_old:
        parameters["keep_old"] = "true"
    path = f"/models/{quote(options.model, safe='')}/swap?{urlencode(parameters)}"
    call = _Call(address, path, _token(options.token_file), options.timeout)
    if wants_escapes(sys.stdout, os.environ):
        _watch(call, options.model)
    status, document = call.join()
    if status != 200:
        reason = document.get("message") if isinstance(document, dict) else None
        raise CommandError(reason or f"{address} answered with status {status}")
    colour = wants_colour(sys.stdout, os.environ)
    for step in document["steps"]:
        sign = painted("ready", "+", colour)
        print(f"{sign} {step['step']:<5} {step['seconds']:7.3f} s")
    workers, old = document["workers"], document["from"]
    kept = f"; {old} is still registered" if document["oldKept"] else ""
    new = painted("ready", document["to"], colour)
    print(
        f"model {document['model']}: version {new} has taken the place of {old}, "
        f"{workers} worker{'' if workers == 1 else 's'}{kept}"
    )
    return 0


def _watch(call: _Call, model: str) -> None:
    """Shows on a terminal how long it takes."""
    begun = time.monotonic()
    while not call.done:
        elapsed = time.monotonic() - begun
        mark = "|/-\\"[int(elapsed * 8) % 4]
        sys.stdout.write(f"\r\x1b[K{mark} model {model}: swapping {elapsed:5.1f} s")
        sys.stdout.flush()
        time.sleep(POLL_SECONDS)
    sys.stdout.write("\r\x1b[K")
    sys.stdout.flush()


def _address(options: argparse.Namespace, environment: Mapping[str, str]) -> str:
    """The address that was given, else that of the server of this folder, else the usual one."""
    if options.management_address:
        found = str(options.management_address)
    else:
        name = checked_name(options.name) if options.name else default_name(Path.cwd())
        folder = RunFolder(runs_root(environment) / name)
        if folder.pid() is None and options.name:
            raise CommandError(f"server {name} is not running")
        listeners = {} if folder.pid() is None else read_state(folder.state_file).listeners
        found = listeners.get("management", DEFAULT_ADDRESS)
    parts = urlsplit(found)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise CommandError(f"management address: {found} (expected: http://HOST:PORT or https://HOST:PORT)")
    return found.rstrip("/")


def _token(file: str | None) -> str | None:
    """The management key of a key file, or the text of another file."""
    if file is None:
        return None
    try:
        text = Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as fault:
        raise CommandError(f"token file {file} can't be read ({fault})") from fault
    try:
        keys = json.loads(text)
    except ValueError:
        return text
    key = keys.get("management", {}).get("key") if isinstance(keys, dict) else None
    if not isinstance(key, str):
        raise CommandError(
            f"token file {file}: no management key (expected: a key file, or the token itself)"
        )
    return key
