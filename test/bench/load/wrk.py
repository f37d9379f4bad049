"""Closed-loop HTTP load by wrk on one thread: a connection sends its next request after its last answer."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from bench.context import NotAvailableError
from bench.load.sample import Sample
from bench.places import HERE
from bench.servers.process import Running


def require_wrk() -> None:
    """Raises NotAvailableError when wrk is missing."""
    if shutil.which("wrk") is None:
        raise NotAvailableError("wrk is missing (expected: the load generator, `apt-get install wrk`)")


def load(
    server: Running, connections: int, seconds: int, body_bytes: int = 1024, paths: tuple[str, ...] = ()
) -> Sample:
    """Loads a server and returns what came of it.

    Args:
        server: what to load.
        connections: how many there are.
        seconds: how long.
        body_bytes: size of each body.
        paths: paths that take turns instead of the server's own.
    """
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s"]
    command += ["-s", str(HERE / "load" / "post.lua"), server.url + (server.path or "/")]
    command += ["--", str(body_bytes), *(paths or (server.path,))]
    return _sample(command)


def load_file(
    server: Running,
    connections: int,
    seconds: int,
    body: Path,
    path: str,
    headers: Mapping[str, str],
    paths: tuple[str, ...] = (),
) -> Sample:
    """Loads a path, or paths in turn, with the bytes of a file, under headers of its own."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s"]
    command += ["-s", str(HERE / "load" / "file.lua"), server.url + path]
    command += ["--", str(body), *(f"{name}={value}" for name, value in headers.items()), *paths]
    return _sample(command)


def _sample(command: list[str]) -> Sample:
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    line = next(row for row in out.splitlines() if row.startswith("RESULT"))
    requests, micros, p50, p99, p999, errors = (int(field) for field in line.split()[1:])
    return Sample(requests / (micros / 1e6), p50 / 1000, p99 / 1000, errors, p999 / 1000)


def warm_up(server: Running, seconds: int = 4) -> None:
    """Lets just-in-time compilers finish, whose threads would be measured with the servers."""
    load(server, 16, seconds)
    load(server, 64, seconds)
