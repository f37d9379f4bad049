"""Applications: an echo through one, two and three stages, each with a worker."""

from __future__ import annotations

from pathlib import Path

from bench.context import Context
from bench.load import wrk
from bench.measurement import Measurement, Recorder
from bench.places import HERE, fresh_folder
from bench.servers.archive_servers import Serving, mariner
from bench.servers.archives import echo
from bench.servers.fleet import fleet
from bench.servers.process import Running
from mariner.plan import Node, Plan, Route, Stage

NODES = (1, 2, 3)
CONNECTIONS = (1, 16, 64)
_PATHS = {nodes: f"/through/{nodes}" for nodes in NODES}


def application() -> Path:
    """Writes an application with a route through each number of stages, and returns its folder."""
    source = (HERE / "handlers" / "echo.py").read_text(encoding="utf-8")
    names = [f"stage{number}" for number in range(max(NODES))]
    routes = [
        Route(
            _PATHS[count],
            [Node(name, name, names[i - 1 : i] if i else ()) for i, name in enumerate(names[:count])],
        )
        for count in NODES
    ]
    options = {"batchSize": 32, "jobQueueSize": 1000}
    return Plan("bench", [Stage(name, source, options) for name in names], routes).write(
        fresh_folder("application")
    )


def measure(context: Context) -> list[Measurement]:
    """Returns rates and latencies by the number of stages."""
    wrk.require_wrk()
    recorder = Recorder()
    folder = application()

    def warm_up(server: Running) -> None:
        wrk.load(server, 16, context.warm_up_seconds, paths=tuple(_PATHS.values()))

    starters = {"mariner": lambda: mariner(Serving("apps", [echo()], config={"load_apps": str(folder)}))}
    with fleet(context, starters, warm_up) as servers:
        for _ in context.each_round():
            for connections in CONNECTIONS:
                for server in servers:
                    for nodes, path in _PATHS.items():
                        sample = wrk.load(server, connections, context.seconds, paths=(path,))
                        sample.record(recorder, server.name, nodes=nodes, connections=connections)
                        context.say(f"  {nodes} stages, {connections:2} connections {sample}")
    return recorder.measurements()
