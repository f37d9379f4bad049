"""What type hints cost: 1 KB of JSON through a typed model, one without hints, and a bare handler."""

from __future__ import annotations

from bench.context import Context
from bench.load import wrk
from bench.measurement import Measurement, Recorder
from bench.places import HANDLERS, fresh_folder
from bench.servers.archive_servers import Serving, mariner
from bench.servers.archives import Archive, as_json
from bench.servers.fleet import fleet
from bench.servers.process import Running
from mariner.source import load_script

CONNECTIONS = (1, 16, 64)
WAYS = {"bare handler": "/predictions/bare", "no hints": "/untyped", "dataclasses": "/typed"}
_HEADERS = {"Content-Type": "application/json"}


def measure(context: Context) -> list[Measurement]:
    """Returns rates and latencies by who takes the request."""
    wrk.require_wrk()
    recorder = Recorder()
    script = load_script(HANDLERS / "typed_app.py")
    folder = script.app.plan().write(fresh_folder("typed-app"))
    body = fresh_folder("typed-body") / "order.json"
    body.write_text(as_json(script.order()), encoding="utf-8")

    def warm_up(server: Running) -> None:
        for path in WAYS.values():
            wrk.load_file(server, 16, context.warm_up_seconds, body, path, _HEADERS)

    serving = Serving("typed", [Archive("bare", "json_echo.py")], config={"load_apps": str(folder)})
    with fleet(context, {"mariner": lambda: mariner(serving)}, warm_up) as servers:
        for _ in context.each_round():
            for connections in CONNECTIONS:
                for server in servers:
                    for way, path in WAYS.items():
                        sample = wrk.load_file(server, connections, context.seconds, body, path, _HEADERS)
                        sample.record(recorder, server.name, way=way, connections=connections)
                        context.say(f"  {way}, {connections:2} connections {sample}")
    return recorder.measurements()
