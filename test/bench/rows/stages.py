"""Photos: decoding, network and classes as three stages with workers of their own, and the same in one."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from bench.context import Context
from bench.load import closed_loop
from bench.load.sample import Sample
from bench.measurement import Measurement, Recorder
from bench.places import HANDLERS, fresh_folder
from bench.rows.models import MODELS, body
from bench.servers.archive_servers import Serving, mariner
from bench.servers.archives import echo
from bench.servers.fleet import fleet
from bench.servers.process import Probe, Running

CONNECTIONS = (1, 4, 16)
LAYOUTS = {
    "1 stage, 1 worker": "/one",
    "1 stage, 2 workers": "/both",
    "3 stages, 2 + 1 + 1 workers": "/three",
}
_PHOTO = next(model for model in MODELS if model.name == "photo")
_WARM_UP_CONNECTIONS = 8
_LONGEST_START_SECONDS = 300
_POLL_SECONDS = 0.5


def application() -> Path:
    """Writes the application, and returns its folder."""
    from mariner.app import app_of
    from mariner.source import load_script

    sys.path.insert(0, str(HANDLERS))
    try:
        app = app_of(load_script(HANDLERS / "photo_stages.py"), "app")
    finally:
        sys.path.remove(str(HANDLERS))
    return app.plan().write(fresh_folder("stages"))


def _await(route: Probe) -> None:
    """Waits until a route answers: a server has its stages' workers started, but not awaited."""
    end = time.monotonic() + _LONGEST_START_SECONDS
    while not route.answers():
        if time.monotonic() > end:
            raise RuntimeError(f"{route.url}: no answer within {_LONGEST_START_SECONDS} s (expected: 200)")
        time.sleep(_POLL_SECONDS)


def measure(context: Context) -> list[Measurement]:
    """Returns rates and latencies by layout and connections."""
    recorder = Recorder()
    folder = application()
    photo = body(_PHOTO, "cpu")

    def load(server: Running, path: str, connections: int, seconds: float) -> Sample:
        return closed_loop.load(f"{server.url}{path}", photo, _PHOTO.content_type, connections, seconds)

    def warm_up(server: Running) -> None:
        for path in LAYOUTS.values():
            _await(Probe(f"{server.url}{path}", photo, _PHOTO.content_type))
            load(server, path, _WARM_UP_CONNECTIONS, context.warm_up_seconds / len(LAYOUTS))

    starters = {"mariner": lambda: mariner(Serving("stages", [echo()], config={"load_apps": str(folder)}))}
    with fleet(context, starters, warm_up) as servers:
        for _ in context.each_round():
            for connections in CONNECTIONS:
                for server in servers:
                    for layout, path in LAYOUTS.items():
                        sample = load(server, path, connections, context.seconds)
                        sample.record(recorder, server.name, layout=layout, connections=connections)
                        context.say(f"  {layout}, {connections:2} connections {sample}")
    return recorder.measurements()
