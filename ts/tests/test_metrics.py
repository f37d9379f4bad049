"""Metrics of handlers."""

from __future__ import annotations

import json
import logging
import os
import re
import threading
import uuid
from pathlib import Path
from typing import Any

import pytest

from ts.context import Context
from ts.metrics.dimension import Dimension
from ts.metrics.metric import Metric
from ts.metrics.metric_cache_errors import (
    GeneralMetricsCacheError,
    MetricsCacheIOError,
    MetricsCacheKeyError,
    MetricsCachePyYamlError,
    MetricsCacheTypeError,
    MetricsCacheValueError,
)
from ts.metrics.metric_cache_yaml_impl import MetricsCacheYamlImpl
from ts.metrics.metric_encoder import MetricEncoder
from ts.metrics.metric_type_enum import MetricTypes
from ts.metrics.metrics_store import MetricsStore
from ts.metrics.outlet import OUTLET
from ts.service import emit_metrics

Output = pytest.CaptureFixture[str]


@pytest.fixture
def metrics() -> MetricsCacheYamlImpl:
    context = Context("m")
    context.request_ids = {0: "a", 1: "b"}
    cache = MetricsCacheYamlImpl.of_environment({})
    cache.model_name, cache.context = "m", context
    return cache


def line(capsys: Output) -> str:
    """The only line printed, without host and time."""
    (text,) = capsys.readouterr().out.splitlines()
    return re.sub(r"#hostname:[^,]+,\d+", "#hostname:H,T", text)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (
            lambda m: m.add_time("T", 1.5),
            "T.Milliseconds:1.5|#ModelName:m,Level:Model|#type:GAUGE|#hostname:H,T,a,b",
        ),
        (
            lambda m: m.add_time("T", 2, 1, "s"),
            "T.Seconds:2|#ModelName:m,Level:Model|#type:GAUGE|#hostname:H,T,b",
        ),
        (
            lambda m: m.add_size("S", 3, unit="kB"),
            "S.Kilobytes:3|#ModelName:m,Level:Model|#type:GAUGE|#hostname:H,T,a,b",
        ),
        (
            lambda m: m.add_percent("P", 4, 0),
            "P.Percent:4|#ModelName:m,Level:Model|#type:GAUGE|#hostname:H,T,a",
        ),
        (
            lambda m: m.add_counter("C", 5, 0),
            "C.Count:5|#ModelName:m,Level:Model|#type:COUNTER|#hostname:H,T,a",
        ),
        (lambda m: m.add_error("E", 1), "E.unit:1|#Level:Error|#type:COUNTER|#hostname:H,T"),
        (
            lambda m: m.add_metric("X", 6, "furlongs", 0, [Dimension("k", "v")], MetricTypes.HISTOGRAM),
            "X.furlongs:6|#k:v,ModelName:m,Level:Model|#type:HISTOGRAM|#hostname:H,T,a",
        ),
    ],
)
def test_each_metric_is_a_line(
    metrics: MetricsCacheYamlImpl, capsys: Output, call: Any, expected: str
) -> None:
    call(metrics)
    assert line(capsys) == f"[METRICS]{expected}"


def test_outside_of_requests_the_level_is_error_and_later_metrics_are_not_affected(
    metrics: MetricsCacheYamlImpl, capsys: Output
) -> None:
    metrics.context.request_ids = None
    metrics.add_counter("C", 1)
    assert line(capsys) == "[METRICS]C.Count:1|#Level:Error|#type:COUNTER|#hostname:H,T"
    metrics.context.request_ids = {0: "a"}
    metrics.add_counter("C", 1)
    assert "#ModelName:m,Level:Model" in line(capsys)


def test_the_callers_dimensions_are_not_changed(metrics: MetricsCacheYamlImpl, capsys: Output) -> None:
    mine = [Dimension("k", "v")]
    metrics.add_counter("C", 1, dimensions=mine)
    assert mine == [Dimension("k", "v")]
    assert "#k:v,ModelName:m,Level:Model" in line(capsys)


def test_a_named_metric_is_emitted_with_its_dimensions(metrics: MetricsCacheYamlImpl, capsys: Output) -> None:
    metric = metrics.add_metric_to_cache("Loads", "count", ["ModelName", "Kind"], MetricTypes.COUNTER)
    assert metrics.get_metric("Loads") is metric
    metric.add_or_update(2, ["m", "cold"], "rid")
    assert line(capsys) == "[METRICS]Loads.Count:2|#ModelName:m,Kind:cold|#type:COUNTER|#hostname:H,T,rid"


@pytest.mark.parametrize(("value", "dimensions"), [(-1, ["x"]), ("many", ["x"]), (1, []), (1, ["x", "y"])])
def test_a_wrong_value_is_logged_and_not_emitted(
    metrics: MetricsCacheYamlImpl,
    capsys: Output,
    caplog: pytest.LogCaptureFixture,
    value: Any,
    dimensions: list[str],
) -> None:
    metric = metrics.add_metric_to_cache("C", "count", ["d"])
    with caplog.at_level(logging.ERROR):
        metric.add_or_update(value, dimensions)
    assert capsys.readouterr().out == ""
    assert "expected" in caplog.text


def test_errors_of_the_cache_say_what_is_wrong(metrics: MetricsCacheYamlImpl) -> None:
    with pytest.raises(MetricsCacheKeyError, match="Absent of type GAUGE"):
        metrics.get_metric("Absent", MetricTypes.GAUGE)
    with pytest.raises(MetricsCacheTypeError, match="'counter'"):
        metrics.add_metric_to_cache("X", "count", [], "counter")  # type: ignore[arg-type]
    with pytest.raises(MetricsCacheValueError, match="expected: a name"):
        metrics.add_metric_to_cache("", "count")
    with pytest.raises(MetricsCacheValueError, match="'h'"):
        metrics.add_time("T", 1, unit="h")
    with pytest.raises(MetricsCacheValueError, match="'TB'"):
        metrics.add_size("T", 1, unit="TB")


def test_metrics_of_the_configuration_are_known_from_the_start(tmp_path: Path) -> None:
    path = tmp_path / "metrics.yaml"
    path.write_text("model_metrics:\n  gauge:\n  - {name: G, unit: ms, dimensions: [ModelName]}\n")
    cache = MetricsCacheYamlImpl.of_environment({"MARINER_METRICS_CONFIG": str(path)})
    assert cache.get_metric("G", MetricTypes.GAUGE).dimension_names == ["ModelName"]
    assert cache.get_metric("HandlerTime", MetricTypes.GAUGE).unit == "Milliseconds"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("a: [", MetricsCachePyYamlError),
        ("[1]", GeneralMetricsCacheError),
        ("ts_metrics: {}", MetricsCacheKeyError),
        ("model_metrics:", MetricsCacheValueError),
        ("model_metrics: {gauge: [{name: G, unit: ms}]}", MetricsCacheKeyError),
        ("model_metrics: {dial: [{name: G, unit: ms, dimensions: []}]}", MetricsCacheKeyError),
    ],
)
def test_a_wrong_configuration_is_refused(tmp_path: Path, text: str, error: type[Exception]) -> None:
    path = tmp_path / "metrics.yaml"
    path.write_text(text)
    with pytest.raises(error):
        MetricsCacheYamlImpl(path).initialize_cache()


def test_the_older_store_collects_and_emits(capsys: Output) -> None:
    store = MetricsStore({0: "a"}, "m")
    store.add_counter("C", 1, 0)
    store.add_counter("C", 2, 0)
    store.add_time("T", 5, 0, "s", [Dimension("k", "v")])
    store.add_size("S", 1)
    store.add_percent("P", 50)
    store.add_metric("X", 1, "u")
    store.add_error("E", "words")
    emit_metrics(store.store)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("[METRICS]C.Count:3|#ModelName:m,Level:Model|#hostname:")
    assert lines[1].startswith("[METRICS]T.Seconds:5|#k:v,ModelName:m,Level:Model|#hostname:")
    assert lines[1].endswith(",a")
    assert [text.split(":")[0] for text in lines[2:]] == [
        "[METRICS]S.Megabytes",
        "[METRICS]P.Percent",
        "[METRICS]X.u",
        "[METRICS]E.unit",
    ]
    with pytest.raises(ValueError, match="'h'"):
        store.add_time("T", 1, unit="h")


def test_the_older_store_takes_request_ids_as_stand_in_contexts_give_them(capsys: Output) -> None:
    single = uuid.uuid4()
    for request_ids in (single, str(single)):
        store = MetricsStore(request_ids, "name")
        store.add_time("HandlerTime", 1.5, None, "ms")
        store.add_counter("C", 1)
        assert str(store.store[0]).endswith(f",{single}")
        key = f"C-count-{single}-ModelName:name-Level:Model"
        assert store.cache[key] is store.store[1]
    outside = MetricsStore(None, "name")
    outside.add_time("T", 1)
    assert list(outside.cache) == ["T-ms-None-Level:Error"]
    with pytest.raises(ValueError, match="expected: a list of Dimension"):
        outside.add_time("T", 1, dimensions=Dimension("k", "v"))  # type: ignore[arg-type]


def test_the_cache_takes_request_ids_without_a_context(tmp_path: Path, capsys: Output) -> None:
    path = tmp_path / "metrics.yaml"
    path.write_text("model_metrics:\n  gauge:\n  - {name: G, unit: ms, dimensions: [ModelName, Level]}\n")
    cache = MetricsCacheYamlImpl(path)
    assert cache.cache_keys() == []
    cache.initialize_cache()
    assert cache.cache_keys() == ["gauge:G"]
    single = uuid.uuid4()
    cache.model_name = "m"
    for request_ids in (single, {0: str(single)}):
        cache.set_request_ids(request_ids)
        cache.add_time("G", 2)
        assert line(capsys).startswith("[METRICS]G.Milliseconds:2|#ModelName:m,Level:Model|#type:GAUGE|")
    cache.get_metric("G", MetricTypes.GAUGE).emit_metrics("rid", 7, "a:b")
    assert line(capsys) == "[METRICS]G.Milliseconds:7|#a:b|#type:GAUGE|#hostname:H,T,rid"


def test_a_metric_named_anew_replaces_the_other_and_says_so(
    metrics: MetricsCacheYamlImpl, caplog: pytest.LogCaptureFixture
) -> None:
    first = metrics.add_metric_to_cache("C", "count", ["a"])
    assert metrics.add_metric_to_cache("C", "count", ["a"]) is first
    assert caplog.text == ""
    second = metrics.add_metric_to_cache("C", "count", ["a", "b"])
    assert metrics.get_metric("C") is second
    assert "metric C of type counter is replaced" in caplog.text


def test_errors_of_the_cache_are_caught_as_the_built_in_ones(tmp_path: Path) -> None:
    import yaml

    kinds = {
        MetricsCacheIOError: OSError,
        MetricsCacheKeyError: KeyError,
        MetricsCacheTypeError: TypeError,
        MetricsCacheValueError: ValueError,
        MetricsCachePyYamlError: yaml.YAMLError,
    }
    for kind, built_in in kinds.items():
        assert issubclass(kind, built_in)
        assert str(kind("what: 'value'")) == "what: 'value'"
    with pytest.raises(MetricsCacheTypeError):
        MetricsCacheYamlImpl(None)  # type: ignore[arg-type]
    with pytest.raises(OSError, match="absent"):
        MetricsCacheYamlImpl(tmp_path / "absent.yaml")


def test_metrics_have_json() -> None:
    metric = Metric("M", 1, "ms", [Dimension("k", "v")], "rid")
    told = json.loads(json.dumps(metric, cls=MetricEncoder))
    assert isinstance(told.pop("Timestamp"), int)
    assert told.pop("HostName")
    assert told == {
        "MetricName": "M",
        "Value": 1,
        "Unit": "Milliseconds",
        "Dimensions": [{"Name": "k", "Value": "v"}],
        "RequestId": "rid",
    }


def test_the_hosts_metrics_are_lines(capsys: Output) -> None:
    from ts.metrics.system_metrics import collect_all

    collect_all()
    names = [text.split(".")[0] for text in capsys.readouterr().out.splitlines()]
    assert names[:4] == ["CPUUtilization", "MemoryUsed", "MemoryAvailable", "MemoryUtilization"]
    assert set(names[4:]) == {"DiskUsage", "DiskAvailable", "DiskUtilization"}


def test_the_memory_of_processes_is_told(capsys: Output) -> None:
    from ts.metrics.process_memory_metric import check_process_mem_usage

    check_process_mem_usage([str(os.getpid()), "x"])
    mine, other = capsys.readouterr().out.splitlines()
    assert int(mine.split(":")[1]) > 1_000_000
    assert other == "x:0"


def test_what_a_run_emits_is_written_when_it_has_ended_in_order(
    metrics: MetricsCacheYamlImpl, capsys: Output
) -> None:
    OUTLET.hold()
    try:
        metrics.add_counter("First", 1)
        metrics.add_time("Second", 2)
        assert capsys.readouterr().out == ""
        beside = threading.Thread(target=metrics.add_counter, args=("Beside", 1))
        beside.start()
        beside.join()
        assert capsys.readouterr().out.startswith("[METRICS]Beside.Count:1|")
    finally:
        OUTLET.release()
    lines = capsys.readouterr().out.splitlines()
    assert [text.split(".")[0] for text in lines] == ["[METRICS]First", "[METRICS]Second"]
    metrics.add_counter("After", 1)
    assert line(capsys).startswith("[METRICS]After.Count:1|")
