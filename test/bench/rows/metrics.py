"""What metrics cost: a scrape of the page with many models, and a value for the handler that emits it."""

from __future__ import annotations

import statistics
import subprocess
import sys
import threading
import time
import urllib.request

from bench.context import Context
from bench.load import wrk
from bench.measurement import Measurement, Recorder
from bench.places import ROOT
from bench.rows.groups import grouped
from bench.servers.archive_servers import mariner
from bench.servers.process import Running

SIZES = (1, 200)
SCRAPES = 20
CONNECTIONS = 16
LOAD_SECONDS = 10
_EMIT = """
import sys, time
from ts.metrics.metric_cache_yaml_impl import MetricsCacheYamlImpl
from ts.metrics.metric_type_enum import MetricTypes
from ts.metrics.outlet import OUTLET

cache = MetricsCacheYamlImpl.of_environment({})
cache.model_name, cache.request_ids = "m", {0: "62a5ae84-1c3b-4b8e-a1de-6e4e0b7b6a3c"}
named = cache.add_metric_to_cache("Named", "count", ["ModelName", "Level"], MetricTypes.COUNTER)
calls = {
    "add_counter": lambda: cache.add_counter("Cats", 1),
    "add_time": lambda: cache.add_time("Step", 1.5),
    "add_or_update": lambda: named.add_or_update(1, ["m", "Model"]),
}
for name, call in calls.items():
    best = float("inf")
    for _ in range(50):
        OUTLET.hold()  # as a worker does while its handler works
        begun = time.process_time()
        for _ in range(1000):
            call()
        best = min(best, time.process_time() - begun)
        OUTLET.release()
    print(name, best * 1000, file=sys.stderr)
"""


def measure(context: Context) -> list[Measurement]:
    """Returns milliseconds of a scrape by number of models, and microseconds of a value by call."""
    wrk.require_wrk()
    recorder = Recorder()
    if not context.wants("mariner"):
        return recorder.measurements()
    for _ in context.each_round():
        _emit(context, recorder)
        for count in (size for size in SIZES if size <= context.most_models):
            _scrape(context, recorder, count)
    return recorder.measurements()


def _emit(context: Context, recorder: Recorder) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _EMIT],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=True,
    )
    for line in done.stderr.splitlines():
        name, micros = line.split()
        recorder.add("mariner", "µs a value", round(float(micros), 2), call=name)
        context.say(f"  {name:14} {float(micros):6.2f} µs a value")


def _scrape(context: Context, recorder: Recorder, count: int) -> None:
    server = context.attempt("mariner", lambda: mariner(grouped(count)))
    if server is None:
        return
    try:
        address = f"{server.metrics}/metrics"
        for _ in range(SCRAPES):
            size = len(_read(address))
        millis = []
        for _ in range(SCRAPES):
            begun = time.perf_counter()
            _read(address)
            millis.append((time.perf_counter() - begun) * 1000)
        if count == max(SIZES):
            _dent(context, recorder, server)
    finally:
        server.stop()
    recorder.add("mariner", "ms a scrape", round(statistics.median(millis), 2), models=count)
    recorder.add("mariner", "KiB of the page", round(size / 1024, 1), models=count)
    context.say(f"  {count:4} models {statistics.median(millis):7.2f} ms a scrape of {size} bytes")


def _dent(context: Context, recorder: Recorder, server: Running) -> None:
    """What clients notice of somebody who scrapes once a second, as monitoring does at its most eager."""
    wrk.load(server, CONNECTIONS, context.warm_up_seconds)
    for scraped in ("no", "yes"):
        over = threading.Event()
        scraper = threading.Thread(target=_scrape_until, args=(over, f"{server.metrics}/metrics"))
        if scraped == "yes":
            scraper.start()
        sample = wrk.load(server, CONNECTIONS, LOAD_SECONDS)
        over.set()
        if scraped == "yes":
            scraper.join()
        recorder.add("mariner", "p99 ms", sample.p99_ms, models=max(SIZES), scraped=scraped)
        context.say(f"  {max(SIZES)} models, scraped: {scraped:3} {sample}")


def _scrape_until(over: threading.Event, address: str) -> None:
    while not over.wait(1):
        _read(address)


def _read(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=30) as answer:
        return bytes(answer.read())
