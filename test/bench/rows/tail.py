"""Echo of 1 KB: the slowest hundredth and thousandth at low load, and the first seconds of a server."""

from __future__ import annotations

from collections.abc import Mapping

from bench.context import Context
from bench.load import wrk
from bench.load.sample import Sample
from bench.measurement import Measurement, Parameter, Recorder
from bench.servers.archive_servers import Serving, mariner
from bench.servers.archives import echo
from bench.servers.fleet import Starter, fleet
from bench.servers.other_servers import mosec

CONNECTIONS = (1, 4, 16, 64)
FIRST_SECONDS = 5
FIRST_CONNECTIONS = 16


def starters() -> Mapping[str, Starter]:
    """Returns how each system is started."""
    return {"mariner": lambda: mariner(Serving("tail", [echo()])), "mosec": lambda: mosec(1)}


def _record(recorder: Recorder, system: str, sample: Sample, **parameters: Parameter) -> None:
    sample.record(recorder, system, **parameters)
    if sample.p999_ms is not None:
        recorder.add(system, "p99.9 ms", sample.p999_ms, **parameters)


def measure(context: Context) -> list[Measurement]:
    """Returns latencies of servers that are warm, and of others that have just become ready."""
    wrk.require_wrk()
    recorder = Recorder()
    with fleet(context, starters(), lambda server: wrk.warm_up(server, context.warm_up_seconds)) as servers:
        for _ in context.each_round():
            for connections in CONNECTIONS:
                for server in servers:
                    sample = wrk.load(server, connections, context.seconds)
                    _record(recorder, server.name, sample, seconds="warm", connections=connections)
                    context.say(f"  warm  c {connections:3} {server.name:10} {sample}")
    for _ in context.each_round():
        for system, starter in starters().items():
            with fleet(context, {system: starter}, lambda _server: None) as servers:
                for server in servers:
                    sample = wrk.load(server, FIRST_CONNECTIONS, FIRST_SECONDS)
                    at: dict[str, Parameter] = {"seconds": f"first {FIRST_SECONDS}"}
                    _record(recorder, server.name, sample, **at, connections=FIRST_CONNECTIONS)
                    context.say(f"  first c {FIRST_CONNECTIONS:3} {server.name:10} {sample}")
    return recorder.measurements()
