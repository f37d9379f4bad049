"""Echo of 1 KB over HTTP: what the server itself costs, next to peers and to the yardstick."""

from __future__ import annotations

from collections.abc import Mapping

from bench.context import Context
from bench.load import wrk
from bench.measurement import Measurement, Recorder
from bench.servers.archive_servers import Serving, mariner, torchserve
from bench.servers.archives import echo
from bench.servers.fleet import Starter, fleet
from bench.servers.other_servers import limit, mosec

BATCHES = (1, 32)
CONNECTIONS = (1, 16, 64, 256)


def starters(batch: int) -> Mapping[str, Starter]:
    """Returns how each system is started with the echo model."""
    # TorchServe always waits for its delay, so it gets a short one; Mariner is greedy unless told otherwise.
    waiting = echo(batch, maxBatchDelay=1) if batch > 1 else echo(batch)
    return {
        "mariner": lambda: mariner(Serving(f"echo-{batch}", [echo(batch)])),
        "torchserve": lambda: torchserve(Serving(f"echo-{batch}", [waiting])),
        "mosec": lambda: mosec(batch),
        "limit": lambda: limit(batch),
    }


def measure(context: Context) -> list[Measurement]:
    """Returns rate and latency at each batch size and number of connections."""
    wrk.require_wrk()
    recorder = Recorder()
    for batch in BATCHES:
        with fleet(
            context, starters(batch), lambda server: wrk.warm_up(server, context.warm_up_seconds)
        ) as servers:
            for _ in context.each_round():
                for connections in CONNECTIONS:
                    for server in servers:
                        sample = wrk.load(server, connections, context.seconds)
                        sample.record(recorder, server.name, batch=batch, connections=connections)
                        context.say(f"  batch {batch:2} c {connections:3} {server.name:10} {sample}")
    return recorder.measurements()
