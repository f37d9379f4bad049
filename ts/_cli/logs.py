"""`mariner logs`: the log files of a server, on this machine or elsewhere."""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Protocol, TextIO
from urllib.parse import urlencode

import psutil

from ts._cli.client import Endpoint, endpoint, server_folder
from ts._cli.errors import CommandError
from ts._cli.progress import wants_colour
from ts._cli.runfolder import RunFolder

_NAMES = {"model": "model_log.log", "server": "ts_log.log", "access": "access_log.log"}
_POLL_SECONDS = 0.2
_REMOTE_POLL_SECONDS = 1.0
_MOST_LINES = 10_000
_TAIL_BYTES = 1 << 20
_STAMP = re.compile(r'(?:\{"time":")?(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[,.]\d{3})')
_LEVELS = {
    "[ERROR]": "31",
    "[FATAL]": "31",
    "[WARN ]": "33",
    '"level":"ERROR"': "31",
    '"level":"FATAL"': "31",
    '"level":"WARN"': "33",
}


@dataclass
class LogFile:
    """One log file that is read on from where it was left, also when it is replaced by a new one."""

    path: Path
    _inode: int = 0
    _position: int = 0
    _rest: bytes = b""

    def tail(self) -> list[str]:
        """Returns the last lines and goes to the end; [] when there is no such file yet."""
        try:
            with self.path.open("rb") as stream:
                facts = os.fstat(stream.fileno())
                stream.seek(max(0, facts.st_size - _TAIL_BYTES))
                content = stream.read()
                self._inode, self._position = facts.st_ino, stream.tell()
        except FileNotFoundError:
            return []
        whole, _, self._rest = content.rpartition(b"\n")
        lines = whole.decode("utf-8", "replace").split("\n") if whole else []
        return lines[1:] if facts.st_size > _TAIL_BYTES else lines

    def more(self) -> list[str]:
        """Returns the lines that were written since the last call."""
        try:
            with self.path.open("rb") as stream:
                facts = os.fstat(stream.fileno())
                if facts.st_ino != self._inode or facts.st_size < self._position:
                    self._inode, self._position, self._rest = facts.st_ino, 0, b""
                stream.seek(self._position)
                content = self._rest + stream.read()
                self._position = stream.tell()
        except FileNotFoundError:
            return []
        whole, end, self._rest = content.rpartition(b"\n")
        return whole.decode("utf-8", "replace").split("\n") if end else []


class LogSource(Protocol):
    """A log that can be read from its end, and on from there."""

    def tail(self) -> list[str]:
        """Returns the last lines."""

    def more(self) -> list[str]:
        """Returns the lines that were written since the last call."""


@dataclass
class RemoteLog:
    """One log file of a server elsewhere, read through its management listener."""

    server: Endpoint
    name: str
    lines: int
    _position: str | None = None

    def tail(self) -> list[str]:
        """Returns the last lines; [] when there is no such file yet. Raises CommandError with the server's
        reason."""
        return self._ask({"file": self.name, "lines": self.lines})

    def more(self) -> list[str]:
        """Returns the lines that were written since the last call, in several answers if they are many."""
        if self._position is None:
            return self.tail()
        found: list[str] = []
        while lines := self._ask({"file": self.name, "position": self._position}):
            found += lines
        return found

    def _ask(self, query: Mapping[str, object]) -> list[str]:
        answer = self.server.call("GET", f"/logs?{urlencode(query)}")
        if answer.status == HTTPStatus.NOT_FOUND and "is not there" in answer.message:
            return []
        if answer.status != HTTPStatus.OK:
            raise self.server.refusal(answer)
        self._position = answer.headers.get("x-log-position")
        if self._position is None:
            raise CommandError(
                f"{self.server.address} does not show logs (expected: a Mariner of 0.13 or later)"
            )
        return answer.body.decode("utf-8", "replace").split("\n")[:-1] if answer.body else []


@dataclass(frozen=True)
class Entry:
    """A line with a time, and those after it that have none (a traceback)."""

    lines: tuple[str, ...]

    @property
    def time(self) -> str:
        """The time, as texts that sort."""
        stamp = _STAMP.match(self.lines[0])
        return self.lines[0][:23] if stamp is None else stamp.group(1)


def entries(lines: Sequence[str]) -> list[Entry]:
    """Returns the lines by what they belong to."""
    groups: list[list[str]] = []
    for line in lines:
        if groups and not _STAMP.match(line):
            groups[-1].append(line)
        else:
            groups.append([line])
    return [Entry(tuple(group)) for group in groups]


def is_of_model(entry: Entry, model: str) -> bool:
    """Returns whether a worker of the model has printed it: `W-9000-NAME_VERSION-stdout`."""
    return re.search(rf'[ "]W-\d+-{re.escape(model)}(_\S*)?-(stdout|stderr)[ "]', entry.lines[0]) is not None


def log_folder(folder: RunFolder) -> Path:
    """Returns where a server of this machine writes its logs; raises CommandError when that can't be told."""
    pid = folder.pid()
    try:
        process = psutil.Process(pid)
        return Path(process.cwd(), process.environ().get("LOG_LOCATION") or "logs")
    except (psutil.Error, OSError) as error:
        raise CommandError(
            f"server {folder.name!r} (pid {pid}): its logs can't be found ({error})"
        ) from error


class _Display:
    """Prints entries, on a terminal with the colour of their level."""

    def __init__(self, stream: TextIO, model: str | None, colour: bool) -> None:
        self._stream = stream
        self._model = model
        self._colour = colour

    def wanted(self, lines: Sequence[str]) -> list[Entry]:
        """Returns the entries among the lines that were asked for."""
        model = self._model
        return [entry for entry in entries(lines) if model is None or is_of_model(entry, model)]

    def show(self, shown: Sequence[Entry]) -> None:
        """Prints entries."""
        for entry in shown:
            code = next((code for mark, code in _LEVELS.items() if mark in entry.lines[0][:70]), None)
            text = "\n".join(entry.lines)
            self._stream.write(f"\x1b[{code}m{text}\x1b[0m\n" if self._colour and code else f"{text}\n")
        self._stream.flush()


def logs(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Prints the last lines, and with `--follow` those that come, until the server has ended or Ctrl-C."""
    if options.model and options.file not in (None, "model"):
        raise CommandError(f"--file: {options.file} (expected: model, as a MODEL is named)", 2)
    display = _Display(sys.stdout, options.model, wants_colour(sys.stdout, environment))
    if options.address:
        return _remote(options, environment, display)
    folder = server_folder(options, environment)
    place = Path("logs") if folder is None else log_folder(folder)
    files = [LogFile(place / name) for name in _names(options)]
    found = any(file.path.exists() for file in files)
    if folder is None and not found:
        raise CommandError(
            f"no server of this folder runs, and there are no logs in {place.resolve()} "
            "(expected: the folder that the server was started in, or --name)"
        )
    if folder is not None and not found:
        # Where no logs can be written, they go to the console.
        files = [LogFile(folder.console)]
    _show_last(files, options.lines, display)
    if options.follow:
        _follow(files, folder, display, _POLL_SECONDS)
    return 0


def _names(options: argparse.Namespace) -> list[str]:
    kinds = [options.file] if options.file else ["model"] if options.model else ["model", "server"]
    return [_NAMES[kind] for kind in kinds]


def _remote(options: argparse.Namespace, environment: Mapping[str, str], display: _Display) -> int:
    server = endpoint(options, environment)
    # Of a model's lines there may be few among many.
    lines = _MOST_LINES if options.model else max(1, min(options.lines, _MOST_LINES))
    files = [RemoteLog(server, name, lines) for name in _names(options)]
    _show_last(files, options.lines, display)
    if options.follow:
        _follow(files, None, display, _REMOTE_POLL_SECONDS)
    return 0


def _show_last(files: Sequence[LogSource], lines: int, display: _Display) -> None:
    last = sorted((entry for file in files for entry in display.wanted(file.tail())), key=lambda e: e.time)
    display.show(last[len(last) - min(len(last), lines) :])


def _follow(files: Sequence[LogSource], folder: RunFolder | None, display: _Display, pause: float) -> None:
    """Prints what is written from now on; returns when the server has ended (none: never)."""
    while True:
        lives = folder is None or folder.pid() is not None
        display.show([entry for file in files for entry in display.wanted(file.more())])
        if not lives:
            return
        time.sleep(pause)
