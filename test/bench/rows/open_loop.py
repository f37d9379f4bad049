"""Latency at a fixed rate, counted from when each request was due: a server that stalls can't hide it."""

from __future__ import annotations

from bench.context import Context
from bench.load import tools, wrk
from bench.measurement import Measurement, Recorder
from bench.rows import echo
from bench.servers.fleet import fleet

RATES = (500, 1500, 5000)
CONNECTIONS = 64
_WARM_UP_SECONDS = 1


def measure(context: Context) -> list[Measurement]:
    """Returns the latency of the echo model at each rate, and what was due and not sent."""
    wrk.require_wrk()
    recorder = Recorder()
    starters = {name: starter for name, starter in echo.starters(1).items() if name != "limit"}
    with fleet(context, starters, lambda server: wrk.warm_up(server, context.warm_up_seconds)) as servers:
        for _ in context.each_round():
            for rate in RATES:
                for server in servers:
                    found = tools.open_loop(
                        server.target, rate, CONNECTIONS, context.seconds, _WARM_UP_SECONDS
                    )
                    found.sample.record(recorder, server.name, **{"requests/s due": rate})
                    recorder.add(server.name, "never sent", found.dropped, **{"requests/s due": rate})
                    context.say(f"  due {rate}/s {server.name:10} {found.sample} never sent {found.dropped}")
    return recorder.measurements()
