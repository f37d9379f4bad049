"""Many requests in one worker: handlers that wait for others, and tokens for those who join late."""

from __future__ import annotations

import http.client
import statistics
import time
from collections.abc import Generator

from bench.context import Context
from bench.load import wrk
from bench.measurement import Measurement, Recorder
from bench.servers.archive_servers import Serving, mariner
from bench.servers.archives import Archive
from bench.servers.fleet import fleet
from bench.servers.process import Running

CONNECTIONS = 64
WAIT_SECONDS = 0.01
JOINERS = 20
"""How many join within one round, one after the other."""

_AWAITING = "/predictions/awaiting"
_TURNS = "/predictions/turns"


def serving() -> Serving:
    """Returns both models with a worker each."""
    awaiting = Archive(
        "awaiting", "awaiting.py", {"asyncCommunication": "true", "asyncConcurrency": CONNECTIONS}
    )
    turns = Archive("turns", "turns.py", {"continuousBatching": "true", "batchSize": 8})
    return Serving("concurrent", [awaiting, turns])


def measure(context: Context) -> list[Measurement]:
    """Returns the rate of what waits beside what its waiting allows, and the time to a joiner's first token
    beside two turns.
    """
    wrk.require_wrk()
    recorder = Recorder()

    def warm_up(server: Running) -> None:
        wrk.load(server, CONNECTIONS, 2 * context.warm_up_seconds, paths=(_AWAITING,))

    with fleet(context, {"mariner": lambda: mariner(serving())}, warm_up) as servers:
        for _ in context.each_round():
            for server in servers:
                sample = wrk.load(server, CONNECTIONS, context.seconds, paths=(_AWAITING,))
                sample.record(recorder, server.name, model="awaiting", connections=CONNECTIONS)
                recorder.add(
                    "waiting alone", "requests/s", CONNECTIONS / WAIT_SECONDS, model="awaiting",
                    connections=CONNECTIONS,
                )  # fmt: skip
                first, turn = _joining(server)
                recorder.add(server.name, "first token ms", round(first * 1000, 2), model="turns")
                recorder.add("two turns", "first token ms", round(2 * turn * 1000, 2), model="turns")
                context.say(
                    f"  awaiting {sample}, first token {first * 1000:.1f} ms, a turn {turn * 1000:.1f} ms"
                )
    return recorder.measurements()


def _joining(server: Running) -> tuple[float, float]:
    """Returns the median seconds to the first token of one that joins, and those of a turn meanwhile."""
    stream = _stream(server, 1_000_000)
    next(stream)
    firsts = []
    times = []
    try:
        for _ in range(JOINERS):
            begun = time.perf_counter()
            joiner = _stream(server, 2)
            next(joiner)
            firsts.append(time.perf_counter() - begun)
            for _ in joiner:
                pass
            # What came meanwhile is read at once; the two after that are a turn apart.
            ready = time.perf_counter()
            while True:
                next(stream)
                now = time.perf_counter()
                if now - ready > 0.001:
                    break
                ready = now
            next(stream)
            times.append(time.perf_counter() - now)
    finally:
        stream.close()
    return statistics.median(firsts), statistics.median(times)


def _stream(server: Running, tokens: int) -> Generator[bytes, None, None]:
    """Asks for so many tokens and yields them as they come; leaves when it is closed."""
    connection = http.client.HTTPConnection("127.0.0.1", int(server.url.rsplit(":", 1)[1]), timeout=30)
    try:
        connection.request("POST", _TURNS, str(tokens).encode())
        answer = connection.getresponse()
        if answer.status != 200:
            raise RuntimeError(f"{_TURNS}: {answer.status} (expected: 200 and tokens)")
        while token := answer.readline():
            yield token
    finally:
        connection.close()
