"""Results with known figures, for the tests of what is made of them."""

from __future__ import annotations

from bench.measurement import Recorder, Results


def echo_results(mariner: float = 300.0, mosec: float = 100.0, errors: int = 0) -> Results:
    recorder = Recorder()
    for drift in (-1.0, 0.0, 2.0):
        for system, rate in (("mariner", mariner), ("mosec", mosec)):
            for connections in (1, 16):
                recorder.add(system, "requests/s", rate + drift, batch=1, connections=connections)
                recorder.add(system, "p50 ms", 0.5, batch=1, connections=connections)
                recorder.add(system, "p99 ms", 2.5, batch=1, connections=connections)
                recorder.add(system, "errors", errors, batch=1, connections=connections)
    return Results(
        row="echo",
        measurements=tuple(recorder.measurements()),
        rounds=3,
        seconds=2,
        date="2026-01-02",
        command="test/bench/run --rows echo --rounds 3 --seconds 2",
        machine={"processor": "Abacus", "cores": "2"},
        notes=("limit is left out: no jars",),
        took_seconds=12.3,
    )
