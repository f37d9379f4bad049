"""Cost at rest: memory when nothing happens, with 100 registered models, and with 10,000 idle connections."""

from __future__ import annotations

import resource
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from bench.context import Context
from bench.load import wrk
from bench.measurement import Measurement, Recorder
from bench.servers.archive_servers import Serving, mariner, torchserve
from bench.servers.archives import echo
from bench.servers.process import Running

IDLE_CONNECTIONS = 10_000
REGISTERED = 100
_SPARE_FILES = 500
_ECHO_CONNECTIONS = 16
_SETTLE_SECONDS = 2.0


def measure(context: Context) -> list[Measurement]:
    """Returns memory, and how the echo model answers meanwhile; each round starts the servers afresh."""
    wrk.require_wrk()
    raise_file_limit(IDLE_CONNECTIONS + _SPARE_FILES)
    recorder = Recorder()
    starters: Mapping[str, Callable[[], Running]] = {
        "mariner": lambda: mariner(Serving("rest", [echo()])),
        "torchserve": lambda: torchserve(Serving("rest", [echo()])),
    }
    reached = dict.fromkeys(starters, len(_STATES))
    for _ in context.each_round():
        for system, starter in starters.items():
            server = context.attempt(system, starter)
            if server is None:
                continue
            try:
                reached[system] = _visit(context, recorder, server, reached[system])
            finally:
                server.stop()
    return recorder.measurements()


def raise_file_limit(wanted: int) -> None:
    """Lets this process, and the servers that it starts, have so many open files.

    Raises:
        RuntimeError: the hard limit is lower.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise RuntimeError(f"open files: at most {hard} (expected: >= {wanted}; see `ulimit -Hn`)")
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _visit(context: Context, recorder: Recorder, server: Running, count: int) -> int:
    """Brings a server into the first so many states; returns how many it reached. A peer that breaks keeps
    what was measured before, and is not brought there again.
    """
    for index, state in enumerate(_STATES[:count]):
        try:
            state(context, recorder, server)
        except (OSError, RuntimeError) as failure:
            if server.name == "mariner":
                raise
            context.note(f"{server.name} failed in the row rest: {failure}")
            return index
    return count


def _started(context: Context, recorder: Recorder, server: Running) -> None:
    # Memory that a server gives back, it gives back soon; what is left then is what an idle one costs.
    time.sleep(_SETTLE_SECONDS)
    _memory(context, recorder, server, "started")
    wrk.load(server, _ECHO_CONNECTIONS, context.warm_up_seconds)
    _memory(context, recorder, server, "after load")
    _echo(context, recorder, server, "after load")


def _with_idle_connections(context: Context, recorder: Recorder, server: Running) -> None:
    with idle_connections(server, IDLE_CONNECTIONS):
        state = f"{IDLE_CONNECTIONS} idle connections"
        _memory(context, recorder, server, state)
        _echo(context, recorder, server, state)


def _with_many_models(context: Context, recorder: Recorder, server: Running) -> None:
    began = time.monotonic()
    for index in range(REGISTERED):
        register(server, f"model{index}")
    state = f"{REGISTERED} registered models"
    recorder.add(server.name, "s to register", round(time.monotonic() - began, 2), state=state)
    _memory(context, recorder, server, state)
    _echo(context, recorder, server, state)


_STATES: Sequence[Callable[[Context, Recorder, Running], None]] = (
    _started,
    _with_idle_connections,
    _with_many_models,
)


def _memory(context: Context, recorder: Recorder, server: Running, state: str) -> None:
    frontend, everything = server.frontend_mb(), server.memory_mb()
    recorder.add(server.name, "frontend MiB", round(frontend, 1), state=state)
    recorder.add(server.name, "all processes MiB", round(everything, 1), state=state)
    context.say(f"  {state:24} {server.name:10} frontend {frontend:.0f} MiB, all {everything:.0f} MiB")


def _echo(context: Context, recorder: Recorder, server: Running, state: str) -> None:
    sample = wrk.load(server, _ECHO_CONNECTIONS, context.seconds)
    sample.record(recorder, server.name, state=state)
    context.say(f"  {state:24} {server.name:10} {sample}")


@contextmanager
def idle_connections(server: Running, count: int) -> Iterator[None]:
    """Keeps so many connections open, each of which has had one answer and asks for nothing more.

    Raises:
        RuntimeError: the server ended some of them meanwhile.
    """
    host, port = server.url.removeprefix("http://").split(":")
    opened: list[socket.socket] = []
    try:
        for _ in range(count):
            one = socket.create_connection((host, int(port)), 30)
            opened.append(one)
            one.sendall(b"GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\n")
            if not one.recv(4096).startswith(b"HTTP/1.1 200"):
                raise RuntimeError(f"{server.name} refused connection {len(opened)} (expected: 200)")
            one.setblocking(False)
        yield
        ended = sum(map(_ended, opened))
        if ended:
            raise RuntimeError(f"{server.name} ended {ended} of {count} idle connections (expected: none)")
    finally:
        for one in opened:
            one.close()


def _ended(connection: socket.socket) -> bool:
    """Reads what is left of the answer; returns whether the connection has ended."""
    try:
        while connection.recv(4096):
            pass
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


def register(server: Running, name: str) -> None:
    """Registers the echo archive under another name, without workers."""
    url = f"{server.management}/models?url=echo.mar&model_name={name}&initial_workers=0"
    with urllib.request.urlopen(urllib.request.Request(url, method="POST"), timeout=60) as reply:
        reply.read()
