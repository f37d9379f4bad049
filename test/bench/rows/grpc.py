"""Unary gRPC calls with 1 KB: TorchServe's API, and the Open Inference Protocol of MLServer."""

from __future__ import annotations

from collections.abc import Mapping

from bench.context import Context
from bench.load.tools import GrpcLoad
from bench.measurement import Measurement, Recorder
from bench.servers.archive_servers import Serving, mariner, torchserve
from bench.servers.archives import echo
from bench.servers.fleet import Starter, fleet
from bench.servers.other_servers import limit, mlserver
from bench.servers.process import Running

STREAMS = 64
_WARM_UP_SECONDS = 1


def starters() -> Mapping[str, Starter]:
    """Returns how each system is started with the echo model."""
    return {
        "mariner": lambda: mariner(Serving("grpc", [echo()])),
        "torchserve": lambda: torchserve(Serving("grpc", [echo()])),
        "mlserver": mlserver,
        "limit": lambda: limit(1),
    }


def generator(server: Running) -> GrpcLoad:
    """Returns the load generator with the API that the server speaks."""
    return GrpcLoad(server.grpc, "oip" if server.name == "mlserver" else "torchserve", STREAMS)


def measure(context: Context) -> list[Measurement]:
    """Returns rate and latency at 64 calls under way."""
    recorder = Recorder()
    half = context.warm_up_seconds
    with fleet(context, starters(), lambda server: _warm_up(server, half)) as servers:
        for _ in context.each_round():
            for server in servers:
                sample = generator(server).run(context.seconds, _WARM_UP_SECONDS)
                sample.record(recorder, server.name, streams=STREAMS)
                context.say(f"  streams {STREAMS} {server.name:10} {sample}")
    return recorder.measurements()


def _warm_up(server: Running, half: int) -> None:
    generator(server).run(half, half)
