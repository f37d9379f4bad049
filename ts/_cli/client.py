"""The commands' side of the HTTP APIs: which server is meant, with which key, and one call to it."""

from __future__ import annotations

import argparse
import http
import http.client
import json
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil

from ts._cli.arguments import KEY_FILE, TOKEN_FILE_VARIABLE, TOKEN_VARIABLE
from ts._cli.errors import CommandError
from ts._cli.runfolder import RunFolder, checked_name, default_name, run_folders, runs_root
from ts._cli.state import ServerState, read_state
from ts._cli.textfile import read_text
from ts._cli.trust import Trust, mend, trust

DEFAULT_ADDRESSES = {"management": "http://127.0.0.1:8081", "inference": "http://127.0.0.1:8080"}
# Where a server that listens everywhere is reached from its own machine.
_LOCAL_HOSTS = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "0:0:0:0:0:0:0:0": "[::1]"}
_SECONDS = 30.0
# TorchServe's name for a call without a good token, which it answers with 400.
_NO_KEY = "InvalidKeyException"


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str, timeout: float | None) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        """Connects to the socket."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def connection_to(
    address: str, timeout: float | None, trusted: Trust | None = None
) -> http.client.HTTPConnection:
    """Returns a connection, not yet open, to `http://HOST:PORT`, `https://HOST:PORT` or `unix:/PATH`; a
    timeout of None waits without limit. `trusted` counts for `https`."""
    if address.startswith("unix:"):
        return _UnixConnection(address.removeprefix("unix:"), timeout)
    parts = urlsplit(address)
    if parts.scheme == "https":
        return (trusted or Trust()).connection(parts.hostname or "", parts.port, timeout)
    return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)


@dataclass(frozen=True)
class Answer:
    """An answer of a server. `headers` has lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        """The body read as JSON; None when it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def message(self) -> str:
        """What an error says, else the beginning of the body."""
        document = self.document
        text = document.get("message") if isinstance(document, dict) else None
        return str(text) if text else self.body[:500].decode("utf-8", "replace").strip()


@dataclass(frozen=True)
class Endpoint:
    """One listener of a server. `token` is sent when there is one; `others` are the names of servers that
    run, for the words when this one does not answer. `trusted` counts for `https`."""

    address: str
    token: str | None = field(default=None, repr=False)
    others: tuple[str, ...] = ()
    trusted: Trust = field(default_factory=Trust)

    def connection(self, timeout: float | None) -> http.client.HTTPConnection:
        """Returns a connection, not yet open; a timeout of None waits without limit."""
        return connection_to(self.address, timeout, self.trusted)

    def headers(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """Returns the headers of a call."""
        own = {} if self.token is None else {"Authorization": f"Bearer {self.token}"}
        return {**own, **(more or {})}

    def call(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = _SECONDS,
    ) -> Answer:
        """Does a call; returns the answer whatever its status. Raises CommandError when there is none."""
        connection = self.connection(timeout)
        try:
            connection.request(method, path, body, self.headers(headers))
            response = connection.getresponse()
            named = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, named, response.read())
        except (OSError, http.client.HTTPException) as fault:
            raise self.unreachable(fault, timeout) from fault
        finally:
            connection.close()

    def document(
        self, method: str, path: str, body: bytes | None = None, timeout: float | None = _SECONDS
    ) -> Any:
        """Does a call; returns its JSON document. Raises CommandError with the server's reason for any status
        but 2xx."""
        answer = self.call(method, path, body, timeout=timeout)
        if not 200 <= answer.status < 300:
            raise self.refusal(answer)
        return answer.document

    def refusal(self, answer: Answer) -> CommandError:
        """Returns the error for an answer that is no success."""
        reason = answer.message or f"{self.address} answered with status {answer.status}"
        document = answer.document
        kind = document.get("type") if isinstance(document, dict) else None
        if answer.status == http.HTTPStatus.UNAUTHORIZED or kind == _NO_KEY:
            reason += (
                f" (expected: --token-file names the server's {KEY_FILE} or a file with the key, "
                f"or {TOKEN_VARIABLE} holds it)"
            )
        return CommandError(reason)

    def unreachable(self, fault: Exception, timeout: float | None) -> CommandError:
        """Returns the error for a call that came to nothing."""
        if isinstance(fault, TimeoutError) and timeout is not None:
            return CommandError(f"no answer from {self.address} within {timeout:g} s")
        if isinstance(fault, ConnectionRefusedError | FileNotFoundError):
            running = f"; these run: {', '.join(self.others)}" if self.others else ""
            return CommandError(
                f"no server answers at {self.address} (expected: one that `mariner start` started, "
                f"or one named with --name or its address{running})"
            )
        hint = f" ({words})" if (words := mend(fault)) else ""
        return CommandError(f"no answer from {self.address} ({fault or type(fault).__name__}){hint}")


def endpoint(
    options: argparse.Namespace, environment: Mapping[str, str], kind: str = "management"
) -> Endpoint:
    """Returns the listener that was named, else that of the server of this folder, else the usual one.

    Raises CommandError when the named server does not run, or the address or the token file is wrong.
    """
    folder = None if options.address else server_folder(options, environment)
    if options.address:
        address, pinned = str(options.address).rstrip("/"), None
    else:
        state = ServerState() if folder is None else read_state(folder.state_file)
        address, pinned = local(state.listeners.get(kind, DEFAULT_ADDRESSES[kind])), state.certificate
    check_address(address, f"--{kind}-address")
    others = tuple(other.name for other in run_folders(runs_root(environment)) if other.pid() is not None)
    token = _token(options.token_file, kind, folder, environment)
    return Endpoint(address, token, others, trust(options, environment, pinned))


def server_folder(options: argparse.Namespace, environment: Mapping[str, str]) -> RunFolder | None:
    """Returns the run folder of the server that `--name` or the current folder means; None when that one does
    not run. Raises CommandError when it was named."""
    name = checked_name(options.name) if options.name else default_name(Path.cwd())
    folder = RunFolder(runs_root(environment) / name)
    if folder.pid() is not None:
        return folder
    if options.name:
        raise CommandError(
            f"server {name} is not running (start it with: mariner start --name {name}; "
            "`mariner status` shows those that run)"
        )
    return None


def check_address(address: str, flag: str) -> None:
    """Raises CommandError when an address is none that can be called, or says more than host and port."""
    parts = urlsplit(address)
    try:
        more = parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc
        known = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and not more
    except ValueError:
        known = False
    if not known and not address.startswith("unix:/"):
        raise CommandError(
            f"{flag}: {address} (expected: http://HOST:PORT, https://HOST:PORT or unix:/PATH)", 2
        )


def local(address: str) -> str:
    """Returns the address at which a listener is reached from its own machine."""
    parts = urlsplit(address)
    host = _LOCAL_HOSTS.get(parts.hostname or "")
    return address if host is None else f"{parts.scheme}://{host}:{parts.port}"


def _token(
    file: str | None, kind: str, folder: RunFolder | None, environment: Mapping[str, str]
) -> str | None:
    """The key from the file, else from the environment, else from the file that it names, else (a server of
    this machine that has tokens) from the key file of the server itself."""
    if file is not None:
        return token_in(Path(file), kind)
    if environment.get(TOKEN_VARIABLE):
        return environment[TOKEN_VARIABLE]
    if environment.get(TOKEN_FILE_VARIABLE):
        return token_in(Path(environment[TOKEN_FILE_VARIABLE]), kind)
    own = None if folder is None else key_file(folder)
    return None if own is None else token_in(own, kind)


def key_file(folder: RunFolder) -> Path | None:
    """Returns the key file of a server that runs on this machine; None when it has none that can be read."""
    try:
        pid = folder.pid()
        path = None if pid is None else Path(psutil.Process(pid).cwd(), KEY_FILE)
    except (psutil.Error, OSError):
        return None
    return path if path is not None and os.access(path, os.R_OK) else None


def token_in(file: Path, kind: str) -> str:
    """Returns the key of that kind (`management`, `inference`, `API`) of a key file, or the text of another
    file; raises CommandError when there is none."""
    text = read_text(file, "token file").strip()
    try:
        keys = json.loads(text)
    except ValueError:
        keys = None
    if not isinstance(keys, dict):
        if not text or "\n" in text:
            raise CommandError(f"token file {file}: no token (expected: a key file, or one line)")
        return text
    entry = keys.get(kind)
    key = entry.get("key") if isinstance(entry, dict) else None
    if isinstance(key, list) and key:
        key = key[0]
    if not isinstance(key, str):
        raise CommandError(f"token file {file}: no {kind} key (expected: a key file, or the token itself)")
    return key
