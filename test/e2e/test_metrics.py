"""What models and the server measure, as Prometheus reads it."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families
from support import rest
from support.metric_names import FIXED
from support.packing import pack
from support.server import RunningServer
from support.waiting import eventually

MAX_SERIES = 20


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    running = RunningServer(
        tmp_path_factory.mktemp("metrics") / "server",
        models=["two=two.mar", "one=one.mar", "many=many.mar"],
        config={"max_metric_series": MAX_SERIES, "metrics_mode": "log", "metric_time_interval": 1},
    )
    pack(running.store, "two", "measuring", config={"minWorkers": 2, "maxWorkers": 2})
    for name in ("one", "many", "gone"):
        pack(running.store, name, "measuring", config={"minWorkers": 1})
    with running:
        yield running


def page(server: RunningServer) -> dict[str, Metric]:
    """Reads the page, each family once."""
    text = rest.call(server.metrics, "GET", "/metrics").text
    families = list(text_string_to_metric_families(text))
    names = [family.name for family in families]
    assert len(names) == len(set(names))
    return {family.name: family for family in families}


def value(server: RunningServer, series: str, **labels: str) -> float | None:
    """Returns the value of the only series that has these labels."""
    found = [
        sample.value
        for family in page(server).values()
        for sample in family.samples
        # The parser calls every counter as OpenMetrics would.
        if sample.name in (series, f"{series}_total") and labels.items() <= sample.labels.items()
    ]
    assert len(found) < 2
    return found[0] if found else None


def shown(server: RunningServer, expected: float, series: str, **labels: str) -> None:
    """Waits until a series has a value: it travels beside the answer."""
    eventually(
        lambda: value(server, series, **labels) == expected,
        what=f"{series} {labels} = {expected}, now {value(server, series, **labels)}",
    )


def emit(server: RunningServer, model: str, *calls: list[Any]) -> rest.Reply:
    """Has a model emit metrics."""
    reply = server.predict(model, json.dumps(calls))
    assert reply.status == 200, reply.text
    return reply


def test_counters_gauges_and_histograms_of_a_handler_stand_on_the_page(server: RunningServer) -> None:
    emit(
        server,
        "one",
        ["add_counter", "Cats", 2],
        ["add_counter", "Cats", 1.5, 0],
        ["add_time", "Step", 12.5],
        ["add_time", "Step", 11],
        ["add_size", "Image", 3, None, "kB"],
        ["add_percent", "Load", 40],
        ["add_error", "Faults", 1],
        ["add_metric", "Width", 0.3, "px", {"side": 'the "left"'}, "histogram"],
        ["add_metric", "Width", 30, "px", {"side": 'the "left"'}, "histogram"],
        ["named", 2, "cold"],
    )
    shown(server, 3.5, "Cats", ModelName="one", Level="Model")
    shown(server, 11, "Step", ModelName="one")
    shown(server, 3, "Image", ModelName="one")
    shown(server, 40, "Load", ModelName="one")
    shown(server, 1, "Faults", ModelName="one", Level="Error")
    shown(server, 1, "Width_bucket", side='the "left"', le="0.5")
    shown(server, 2, "Width_bucket", side='the "left"', le="+Inf")
    shown(server, 30.3, "Width_sum", side='the "left"')
    shown(server, 1, "Named_count", Kind="cold", ModelName="one")
    families = page(server)
    assert [families[name].type for name in ("Cats", "Step", "Width", "Named")] == [
        "counter",
        "gauge",
        "histogram",
        "histogram",
    ]


def test_metrics_of_several_workers_add_up_and_go_on_when_one_is_replaced(server: RunningServer) -> None:
    pids = set()

    def count() -> bool:
        pids.add(emit(server, "two", ["add_counter", "Seen", 1]).text)
        seen.append(1)
        return len(pids) == 2

    seen: list[int] = []
    eventually(count, what="answers of both workers")
    shown(server, len(seen), "Seen", ModelName="two")
    os.kill(int(min(pids)), signal.SIGKILL)
    eventually(lambda: len(server.workers("two")) == 2 and _both_ready(server), what="both workers again")
    eventually(lambda: (value(server, "Loads", ModelName="two") or 0) == 3, what="three loads")
    for _ in range(4):
        emit(server, "two", ["add_counter", "Seen", 1])
    shown(server, len(seen) + 4, "Seen", ModelName="two")


def _both_ready(server: RunningServer) -> bool:
    return all(worker["status"] == "READY" for worker in server.workers("two"))


def test_a_model_has_no_more_series_than_it_may_and_what_is_refused_is_counted(server: RunningServer) -> None:
    calls = [["add_metric", "Users", 1, "count", {"user": str(i)}, "counter"] for i in range(MAX_SERIES + 9)]
    emit(server, "many", *calls)
    # One series is that of its load.
    shown(server, 10, "mariner_metrics_refused_total", model_name="many", reason="series")
    assert len(page(server)["Users"].samples) == MAX_SERIES - 1
    assert server.text().count("max_metric_series") == 1


def test_lines_that_a_handler_prints_itself_count_as_well(server: RunningServer) -> None:
    emit(server, "one", ["print", "[METRICS]Old.Count:7|#Level:Model|#hostname:h,12"])
    shown(server, 7, "Old", ModelName="one", Hostname="h")
    assert "Old.Count" not in server.log("model_log.log")
    eventually(
        lambda: "Old.Count:7|#Level:Model|#hostname:h,timestamp:12" in server.log("model_metrics.log"),
        what="the line in the log of metrics",
    )


def test_a_removed_model_leaves_no_series(server: RunningServer) -> None:
    server.manage("POST", "/models", url="gone.mar", initial_workers=1, synchronous="true")
    emit(server, "gone", ["add_counter", "Ghosts", 1])
    shown(server, 1, "Ghosts", ModelName="gone")
    server.manage("DELETE", "/models/gone")
    eventually(
        lambda: '"gone"' not in rest.call(server.metrics, "GET", "/metrics").text, what="no series of it"
    )


_NO_BASE_UNITS = (
    "milliseconds|microseconds|minutes|hours|kilobytes|megabytes|gigabytes|percent|ms|us|kb|mb|gb"
)
_TYPE_WORDS = "counter|gauge|histogram|summary"


def _complaints(name: str, kind: str, text: str) -> set[str]:
    """Returns what `promtool check metrics` would say of a family."""
    words = set(name.lower().split("_"))
    found = {
        "no help text": not text.strip(),
        "a counter ends with _total": (kind == "counter") != name.endswith("_total"),
        "only histograms have _bucket, _count, _sum": kind != "histogram"
        and re.search("_(bucket|count|sum)$", name) is not None,
        "colons are for recording rules": ":" in name,
        "names are written in snake_case": re.search("[a-z][A-Z]|[A-Z]{2}", name) is not None,
        "the name has a type in it": bool(words & set(_TYPE_WORDS.split("|"))),
        "the unit is no base unit": bool(words & set(_NO_BASE_UNITS.split("|"))),
    }
    return {complaint for complaint, holds in found.items() if holds}


def test_a_checker_of_metrics_complains_of_fixed_names_only(server: RunningServer) -> None:
    text = rest.call(server.metrics, "GET", "/metrics").text
    helps = dict(re.findall(r"^# HELP (\S+) (.*)$", text, re.MULTILINE))
    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
    assert helps.keys() == kinds.keys()
    assert page(server).keys() >= {"mariner_queue_seconds", "mariner_log_lines_dropped"}
    ours = {name for name, told in helps.items() if not told.startswith("Emitted by models")}
    assert ours & FIXED
    complaints = {
        name: found for name in ours - FIXED if (found := _complaints(name, kinds[name], helps[name]))
    }
    assert complaints == {}


def test_the_system_is_measured_and_logged(server: RunningServer) -> None:
    emit(server, "one")
    names = ["CPUUtilization", "MemoryUsed", "MemoryAvailable", "MemoryUtilization"]
    names += ["DiskUsage", "DiskAvailable", "DiskUtilization"]
    eventually(lambda: set(names) <= page(server).keys(), what="what the server measures of the system")
    assert 0 <= (value(server, "CPUUtilization", Level="Host") or 0) <= 100
    assert (value(server, "MemoryUsed", Level="Host") or 0) > 100
    eventually(
        lambda: re.search(
            r"^[\dT:,-]+ - MemoryUsed\.Megabytes:\d+\.\d+\|#Level:Host\|#hostname:[^,]+,timestamp:\d+$",
            server.log("ts_metrics.log"),
            re.MULTILINE,
        ),
        what="the line in the log",
    )
    eventually(
        lambda: re.search(
            r"^[\dT:,-]+ - PredictionTime\.ms:\d+\.\d+\|#ModelName:\w+,Level:Model\|#hostname:",
            server.log("model_metrics.log"),
            re.MULTILINE,
        ),
        what="the time of a prediction in the log",
    )
    assert (value(server, "PredictionTime", Level="Model", ModelName="one") or 0) > 0
