"""How throughput grows: with workers, with event loops of the frontend, and with the number of models."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable, Mapping

from bench.context import Context
from bench.load import wrk
from bench.measurement import Measurement, Parameter, Recorder
from bench.servers.archive_servers import Serving, mariner, torchserve
from bench.servers.archives import Archive, echo
from bench.servers.fleet import fleet
from bench.servers.process import Running

WORKERS = (1, 2, 4, 8)
HANDLERS = ("sleeping", "computing")
LOOPS = (1, 2, 4)
MODELS = (1, 10, 50, 200)
CONNECTIONS = 64
_LOOP_WORKERS = 4


def measure(context: Context) -> list[Measurement]:
    """Returns rates and latencies of the three questions."""
    wrk.require_wrk()
    recorder = Recorder()
    for question in (_workers, _loops, _models):
        question(context, recorder)
    return recorder.measurements()


def scale(server: Running, model: str, workers: int) -> None:
    """Sets the number of workers of a model and waits until they are there."""
    url = f"{server.management}/models/{model}?min_worker={workers}&max_worker={workers}&synchronous=true"
    with urllib.request.urlopen(urllib.request.Request(url, method="PUT"), timeout=300) as reply:
        reply.read()


def _workers(context: Context, recorder: Recorder) -> None:
    archives = [Archive(name, f"{name}.py", {"maxWorkers": max(WORKERS)}) for name in HANDLERS]
    starters = {
        "mariner": lambda: mariner(Serving("workers", archives)),
        "torchserve": lambda: torchserve(Serving("workers", archives)),
    }

    def warm_up(server: Running) -> None:
        wrk.load(server, CONNECTIONS, context.warm_up_seconds)

    with fleet(context, starters, warm_up) as servers:
        for _ in context.each_round():
            for count in WORKERS:
                for server in servers:
                    for model in HANDLERS:
                        scale(server, model, count)
                        sample = wrk.load(
                            server, CONNECTIONS, context.seconds, paths=(f"/predictions/{model}",)
                        )
                        scale(server, model, 1)
                        sample.record(recorder, server.name, handler=model, workers=count)
                        context.say(f"  {model} workers {count} {server.name:10} {sample}")


def _loops(context: Context, recorder: Recorder) -> None:
    archive = echo(minWorkers=_LOOP_WORKERS, maxWorkers=_LOOP_WORKERS)

    def starter(count: int) -> Callable[[], Running]:
        return lambda: mariner(
            Serving(f"loops-{count}", [archive], config={"number_of_netty_threads": count})
        )

    _compare(context, recorder, "event loops", {count: starter(count) for count in LOOPS})


def _models(context: Context, recorder: Recorder) -> None:
    counts = [count for count in MODELS if count <= context.most_models]
    if len(counts) < len(MODELS):
        context.note(f"no more than {context.most_models} models: `--models` was given")

    def starter(count: int) -> Callable[[], Running]:
        archives = [echo(name=f"echo{index}") for index in range(count)]
        return lambda: mariner(Serving(f"models-{count}", archives))

    _compare(context, recorder, "models", {count: starter(count) for count in counts})


def _compare(
    context: Context, recorder: Recorder, what: str, starters: Mapping[int, Callable[[], Running]]
) -> None:
    """Measures echo on several servers that differ in one number; requests go to all models in turn."""
    if not context.wants("mariner"):
        return
    named = {f"mariner-{count}": starter for count, starter in starters.items()}
    with fleet(context, named, _nothing) as servers:
        paths = {
            count: tuple(f"/predictions/echo{index}" for index in range(count)) if what == "models" else ()
            for count in starters
        }
        for count, server in zip(starters, servers, strict=True):
            wrk.load(server, CONNECTIONS, context.warm_up_seconds, paths=paths[count])
        for _ in context.each_round():
            for count, server in zip(starters, servers, strict=True):
                sample = wrk.load(server, CONNECTIONS, context.seconds, paths=paths[count])
                parameters: dict[str, Parameter] = {"handler": "echo", what: count}
                sample.record(recorder, server.name, **parameters)
                context.say(f"  {what} {count:3} {server.name:10} {sample}")


def _nothing(server: Running) -> None:
    """Warms nothing up: `_compare` does it with the paths of each server."""
