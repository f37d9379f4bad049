"""One script for Mosec on both servers: stages, arrays in MessagePack and between stages, events."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from bench.context import Context
from bench.load import wrk
from bench.load.sample import Sample
from bench.measurement import Measurement, Recorder
from bench.places import fresh_folder
from bench.servers.fleet import fleet
from bench.servers.other_servers import mosec_script
from bench.servers.process import Running

CONNECTIONS = (1, 16, 64)
FEW = 4
_NODES = (1, 2, 3)
_ARRAY_BYTES = 1 << 20


def measure(context: Context) -> list[Measurement]:
    """Returns rates and latencies by what is asked."""
    wrk.require_wrk()
    recorder = Recorder()
    body = fresh_folder("mosec-bodies") / "array.msgpack"
    body.write_bytes(msgspec.msgpack.encode({"array": bytes(_ARRAY_BYTES)}))

    def warm_up(server: Running) -> None:
        paths = tuple(f"/through/{nodes}" for nodes in _NODES)
        wrk.load(server, 16, context.warm_up_seconds, paths=paths)
        # Large bodies are few a second, so that Java needs longer to compile their way.
        wrk.load_file(server, FEW, 2 * context.warm_up_seconds, body, "/array", {})
        wrk.load(server, FEW, context.warm_up_seconds, paths=("/between", "/events"))

    starters = {
        "mosec": lambda: mosec_script("mosec_stages", False),
        "mariner": lambda: mosec_script("mosec_stages", True),
    }
    with fleet(context, starters, warm_up) as servers:
        for _ in context.each_round():
            for server in servers:
                for what, connections, sample in _samples(server, body, context.seconds):
                    sample.record(recorder, server.name, what=what, connections=connections)
                    context.say(f"  {what}, {connections:2} connections {sample}")
    return recorder.measurements()


def _samples(server: Running, body: Path, seconds: int) -> Iterator[tuple[str, int, Sample]]:
    for connections in CONNECTIONS:
        for nodes in _NODES:
            sample = wrk.load(server, connections, seconds, paths=(f"/through/{nodes}",))
            yield f"{nodes} stages", connections, sample
    yield "1 MB msgpack", FEW, wrk.load_file(server, FEW, seconds, body, "/array", {})
    yield "10 MB between stages", FEW, wrk.load(server, FEW, seconds, paths=("/between",))
    yield "100 events", FEW, wrk.load(server, FEW, seconds, paths=("/events",))
