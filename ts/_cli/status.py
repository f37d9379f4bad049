"""`mariner status`: which servers run, where they listen, and how their models are."""

from __future__ import annotations

import argparse
import base64
import dataclasses
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psutil

from ts._cli.client import Endpoint, local
from ts._cli.load import ModelLoad, loads
from ts._cli.progress import painted, wants_colour
from ts._cli.runfolder import RunFolder, checked_name, run_folders, runs_root
from ts._cli.state import ServerState, read_state
from ts._cli.table import aligned
from ts._cli.trust import trust

READY, NOT_READY, NOT_RUNNING = 0, 1, 3


@dataclass(frozen=True)
class RunningServer:
    """A living server as the table shows it."""

    name: str
    pid: int
    uptime_seconds: float
    state: ServerState
    load: Sequence[ModelLoad] | None = None

    def as_json(self) -> dict[str, Any]:
        """The server's row for `--json`."""
        row = {"name": self.name, "pid": self.pid, "uptime_seconds": round(self.uptime_seconds, 1)}
        load = None if self.load is None else [dataclasses.asdict(entry) for entry in self.load]
        state = dataclasses.asdict(self.state)
        if self.state.certificate is not None:
            state["certificate"] = base64.b64encode(self.state.certificate).decode("ascii")
        return {**row, "ready": self.state.healthy, **state, "load": load}


def running_servers(folders: Sequence[RunFolder]) -> list[RunningServer]:
    """Returns the servers among the folders that live."""
    servers = []
    for folder in folders:
        pid = folder.pid()
        if pid is None:
            continue
        try:
            uptime = max(0.0, time.time() - psutil.Process(pid).create_time())
        except psutil.Error:
            continue
        servers.append(RunningServer(folder.name, pid, uptime, read_state(folder.state_file)))
    return servers


def status(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Prints all servers of the user, or the one of that name or address; returns 0 ready, 1 running but not
    ready, 3 not running."""
    if options.address:
        from ts._cli.elsewhere import status_of

        return status_of(options, environment)
    root = runs_root(environment)
    folders = [RunFolder(root / checked_name(options.name))] if options.name else run_folders(root)
    servers = _with_loads(running_servers(folders), options, environment)
    if options.json:
        print(json.dumps([server.as_json() for server in servers], indent=2))
    elif servers:
        colour = wants_colour(sys.stdout, os.environ)
        print("\n".join(line for server in servers for line in _described(server, colour)))
    else:
        print(f"server {options.name} is not running" if options.name else "no server is running")
    if not servers:
        return NOT_RUNNING
    return READY if all(server.state.healthy for server in servers) else NOT_READY


def _with_loads(
    servers: Sequence[RunningServer], options: argparse.Namespace, environment: Mapping[str, str]
) -> list[RunningServer]:
    """The servers with what their models do; nothing is read when the window is 0."""
    if options.window == 0:
        return list(servers)
    endpoints = [_metrics(server.state, options, environment) for server in servers]
    found = loads(endpoints, options.window)
    return [dataclasses.replace(server, load=load) for server, load in zip(servers, found, strict=True)]


def _metrics(
    state: ServerState, options: argparse.Namespace, environment: Mapping[str, str]
) -> Endpoint | None:
    address = state.listeners.get("metrics") if state.listening else None
    if address is None:
        return None
    return Endpoint(local(address), trusted=trust(options, environment, state.certificate))


def readable_time(seconds: float) -> str:
    """Returns a length of time with its two leading units: `3 s`, `2 min 5 s`, `4 h 12 min`, `9 d 1 h`."""
    whole = int(seconds)
    units = [("d", whole // 86400), ("h", whole // 3600 % 24), ("min", whole // 60 % 60), ("s", whole % 60)]
    while len(units) > 1 and units[0][1] == 0:
        units.pop(0)
    return " ".join(f"{count} {unit}" for unit, count in units[:2])


def readable_size(size: int) -> str:
    """Returns a number of bytes in the unit that suits it: `312 MiB`, `1.4 GiB`."""
    if size < 1 << 20:
        return f"{size / (1 << 10):.0f} KiB"
    return f"{size / (1 << 20):.0f} MiB" if size < 1 << 30 else f"{size / (1 << 30):.1f} GiB"


def _described(server: RunningServer, colour: bool) -> list[str]:
    phase = painted(server.state.phase, server.state.phase, colour)
    lines = [f"{server.name}  {phase}  pid {server.pid}  up {readable_time(server.uptime_seconds)}"]
    listeners = {kind.replace("_", " "): address for kind, address in server.state.listeners.items()}
    width = max((len(kind) for kind in listeners), default=0)
    lines += [f"  {kind:<{width}}  {address}" for kind, address in listeners.items()]
    models = server.state.models
    rows = [("MODEL", "VERSION", "STATE", "WORKERS", "")] if models else []
    for model in models:
        workers = f"{model.workers}/{model.wanted}"
        rows.append((model.name, model.version or "-", model.state, workers, model.short_reason))
    lines += [f"  {line}" for line in aligned(rows, colour, state_column=2)]
    lines += [f"  {line}" for line in aligned(_load_rows(server.load or ()))]
    lines += [f"  problem: {problem}" for problem in server.state.problems]
    return lines


def _load_rows(load: Sequence[ModelLoad]) -> list[tuple[str, ...]]:
    """What each model does at the moment, below a head; nothing where there are no models."""
    if not load:
        return []
    rows: list[tuple[str, ...]] = [
        ("LOAD", "VERSION", "WAITING", "RUNNING", "BUSY", "WAIT", "RUN", "ANSWERS", "")
    ]
    for entry in load:
        busy = "-" if entry.busy is None else f"{entry.busy * 100:.0f} %"
        times = (_readable_ms(entry.wait_ms), _readable_ms(entry.run_ms))
        rate = f"{entry.answers_per_second:g}/s"
        mark = "the others wait for it" if entry.narrowest else ""
        counts = (str(entry.waiting), str(entry.running))
        rows.append((entry.model, entry.version, *counts, busy, *times, rate, mark))
    return rows


def _readable_ms(milliseconds: float | None) -> str:
    return "-" if milliseconds is None else f"{milliseconds:.3g} ms"
