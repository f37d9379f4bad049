"""Small models without torch that share a process, next to a process for each: start and memory."""

from __future__ import annotations

from bench.context import Context
from bench.measurement import Measurement, Recorder
from bench.places import BUILD
from bench.rows.startup import prime, small, with_cache
from bench.servers.archive_servers import Serving, mariner

SIZES = (1, 20, 200)
OWN_SIZES = (1, 20)
"""Two hundred processes need more memory than many a machine has; twenty show what one costs."""


def grouped(count: int) -> Serving:
    """Returns so many echo models in one process."""
    own = small(count)
    return Serving(f"group-{count}", own.archives, probe=own.probe, config={"default_worker_group": "bench"})


def measure(context: Context) -> list[Measurement]:
    """Returns the seconds until every model has answered once, and the memory of the workers then."""
    recorder = Recorder()
    if context.wants("mariner"):
        prime(small(1))
    for _ in context.each_round():
        for count in (size for size in SIZES if size <= context.most_models):
            _start(context, recorder, "mariner, group", grouped(count), count)
        for count in OWN_SIZES:
            _start(context, recorder, "mariner", small(count), count)
    return recorder.measurements()


def _start(context: Context, recorder: Recorder, system: str, serving: Serving, count: int) -> None:
    server = context.attempt("mariner", lambda: mariner(with_cache(serving, BUILD / "cache")))
    if server is None:
        return
    try:
        seconds, workers = server.ready_seconds, server.workers_mb()
    finally:
        server.stop()
    recorder.add(system, "s to the first answers", round(seconds, 3), models=count)
    recorder.add(system, "workers MiB", round(workers, 1), models=count)
    context.say(f"  {count:4} models {system:16} {seconds:6.2f} s {workers:6.0f} MiB")
