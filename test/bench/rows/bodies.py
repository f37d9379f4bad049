"""Echo of large bodies: what copying costs, and that the frontend's memory stays bounded."""

from __future__ import annotations

from collections.abc import Mapping

from bench.context import Context
from bench.load import wrk
from bench.measurement import Measurement, Recorder
from bench.servers.archive_servers import Serving, mariner, torchserve
from bench.servers.archives import echo
from bench.servers.fleet import Starter, fleet
from bench.servers.memory import PeakMemory
from bench.servers.other_servers import limit

MEGABYTES = (1, 10)
CONNECTIONS = 4
_LARGE = {"max_request_size": 33_554_432, "max_response_size": 33_554_432}


def starters() -> Mapping[str, Starter]:
    """Returns how each system is started, with bodies of 10 MB let in and out."""
    return {
        "mariner": lambda: mariner(Serving("bodies", [echo()], config=_LARGE)),
        "torchserve": lambda: torchserve(Serving("bodies", [echo()], config=_LARGE)),
        "limit": lambda: limit(1),
    }


def measure(context: Context) -> list[Measurement]:
    """Returns rate, megabytes a second each way, latency, and the peak of the frontend's memory."""
    wrk.require_wrk()
    recorder = Recorder()
    with fleet(context, starters(), lambda server: wrk.warm_up(server, context.warm_up_seconds)) as servers:
        for server in servers:
            for size in MEGABYTES:
                # Some 50 bodies of 10 MB pass in a second, and it takes hundreds until all is compiled.
                wrk.load(server, CONNECTIONS, context.warm_up_seconds, size * 1_000_000)
        for _ in context.each_round():
            for size in MEGABYTES:
                for server in servers:
                    with PeakMemory(server) as peak:
                        sample = wrk.load(server, CONNECTIONS, context.seconds, size * 1_000_000)
                    sample.record(recorder, server.name, MB=size)
                    recorder.add(server.name, "MB/s each way", round(sample.rate * size, 1), MB=size)
                    recorder.add(server.name, "frontend MiB, peak", round(peak.mb, 1), MB=size)
                    context.say(f"  {size:2} MB {server.name:10} {sample} frontend {peak.mb:.0f} MiB")
    return recorder.measurements()
