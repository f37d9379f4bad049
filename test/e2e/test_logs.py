"""The logs under an operator's own configuration of Log4j, as one for TorchServe looks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import class_data, rest
from support.packing import pack
from support.server import RunningServer
from support.waiting import eventually

FULL = '<PatternLayout pattern="%d{ISO8601} [%-5p] %t %c - %m%n"/>'
PLAIN = '<PatternLayout pattern="%d{ISO8601} - %m%n"/>'
FILES = {
    "access_log": PLAIN,
    "ts_log": FULL,
    "model_log": FULL,
    "ts_metrics": PLAIN,
    "model_metrics": PLAIN,
    "json_metrics": "<JSONPatternLayout/>",
    "query_metrics": "<QLogLayout/>",
}
LOGGERS = {
    "ACCESS_LOG": ("info", ["access_log"]),
    "MODEL_LOG": ("info", ["model_log"]),
    "TS_METRICS": ("all", ["ts_metrics", "json_metrics"]),
    "MODEL_METRICS": ("all", ["model_metrics", "json_metrics", "query_metrics"]),
    "org.pytorch.serve": ("debug", ["ts_log"]),
}
HOST = r"\|#hostname:[^,]+"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d,\d{3}"


def _rolling(name: str, layout: str) -> str:
    variable = "METRICS_LOCATION" if name.endswith("metrics") else "LOG_LOCATION"
    folder = "${env:" + variable + ":-logs}"
    return (
        f'<RollingFile name="{name}" fileName="{folder}/{name}.log"'
        f' filePattern="{folder}/{name}.%d{{dd-MMM}}.log.gz">'
        f"{layout}"
        '<Policies><SizeBasedTriggeringPolicy size="100 MB"/><TimeBasedTriggeringPolicy/></Policies>'
        '<DefaultRolloverStrategy max="5"/></RollingFile>'
    )


def _configuration() -> str:
    appenders = "".join(_rolling(name, layout) for name, layout in FILES.items())
    loggers = "".join(
        f'<Logger name="{name}" level="{level}">'
        + "".join(f'<AppenderRef ref="{file}"/>' for file in files)
        + "</Logger>"
        for name, (level, files) in LOGGERS.items()
    )
    return (
        '<Configuration packages="org.pytorch.serve.util.logging"><Appenders>'
        f'<Console name="STDOUT" target="SYSTEM_OUT">{FULL}</Console>'
        f"{appenders}</Appenders><Loggers>"
        '<Root level="info"><AppenderRef ref="STDOUT"/><AppenderRef ref="ts_log"/></Root>'
        f'<Logger name="io.netty" level="error"/><Logger name="org.apache" level="off"/>{loggers}'
        "</Loggers></Configuration>"
    )


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    base = tmp_path_factory.mktemp("logs")
    file = base / "log4j2.xml"
    file.write_text(_configuration(), "utf-8")
    running = RunningServer(
        base / "server",
        profile="torchserve",
        models=["talks=talks.mar"],
        arguments=["--disable-token-auth"],
        config={
            "metrics_mode": "log",
            "metric_time_interval": 1,
            "model_metrics_auto_detect": "true",
            "system_metrics_cmd": "ts/metrics/metric_collector.py --gpu 0",
        },
        environment={"LOG_LOCATION": None, "METRICS_LOCATION": None},
        jvm_flags=[*class_data.flags(), f"-Dlog4j.configurationFile={file.as_uri()}"],
    )
    pack(running.store, "talks", "measuring")
    with running:
        for name in ("talks", "nobody"):
            calls = json.dumps([["print", f"words of {name}"], ["add_counter", "Cats", 2]])
            rest.call(running.inference, "POST", f"/predictions/{name}?x=1", body=calls.encode())
        yield running


def _has(server: RunningServer, file: str, line: str) -> None:
    pattern = re.compile(f"^{line}$", re.MULTILINE)
    eventually(lambda: pattern.search(server.log(file)), 30, f"{line} in {file}: {server.log(file)[-2000:]}")


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("access_log.log", rf'{TIME} - /127\.0\.0\.1:\d+ "POST /predictions/talks\?x=1 HTTP/1\.1" 200 \d+'),
        ("access_log.log", rf'{TIME} - /127\.0\.0\.1:\d+ "POST /predictions/nobody\?x=1 HTTP/1\.1" 404 \d+'),
        ("model_log.log", rf"{TIME} \[INFO \] W-\d+-talks_1\.0-stdout MODEL_LOG - words of talks"),
        ("ts_log.log", rf"{TIME} \[INFO \] main \S+ - Inference API bind to: http://127\.0\.0\.1:\d+"),
        ("ts_log.log", rf"{TIME} \[INFO \] W-\d+-talks_1\.0-stdout MODEL_LOG - words of talks"),
        ("ts_metrics.log", rf"{TIME} - Requests2XX\.Count:1\.0\|#Level:Host{HOST},timestamp:\d+"),
        (
            "ts_metrics.log",
            rf"{TIME} - QueueTime\.Milliseconds:[\d.E-]+\|#Level:Host{HOST},timestamp:\d+",
        ),
        # With the digits of Python's numbers.
        (
            "ts_metrics.log",
            rf"{TIME} - MemoryUsed\.Megabytes:\d+\.\d{{4,}}\|#Level:Host{HOST},timestamp:\d+",
        ),
        (
            "model_metrics.log",
            rf"{TIME} - Cats\.Count:2\|#ModelName:talks,Level:Model{HOST},requestID:[0-9a-f-]+,timestamp:\d+",
        ),
        (
            "model_metrics.log",
            rf"{TIME} - PredictionTime\.ms:[\d.]+\|#ModelName:talks,Level:Model{HOST},timestamp:\d+",
        ),
    ],
)
def test_each_logger_writes_the_file_that_the_configuration_names(
    server: RunningServer, file: str, line: str
) -> None:
    _has(server, file, line)


def test_there_are_no_other_files_and_metrics_stay_out_of_the_model_log(server: RunningServer) -> None:
    assert {path.name for path in Path(server.logs).iterdir() if path.is_file()} == {
        f"{name}.log" for name in FILES
    }
    assert "[METRICS]" not in server.log("model_log.log")


def _object(name: str, value: str, dimensions: dict[str, str]) -> str:
    """Returns a pattern for a metric that is written as JSON."""
    pairs = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    shown = {
        "MetricName": name,
        "Value": value,
        "Unit": "Count",
        "Type": "COUNTER",
        "Dimensions": pairs,
        "DimensionNames": list(dimensions),
        "DimensionValues": list(dimensions.values()),
    }
    return re.escape(json.dumps(shown, indent=2).removesuffix("\n}"))


def test_metrics_are_json_where_the_configuration_says_so(server: RunningServer) -> None:
    rest_of_it = r',\n  "Timestamp": "\d+",\n(?:  "RequestId": "[0-9a-f-]+",\n)?  "HostName": "[^"]+"\n}'
    of_a_handler = _object("Cats", "2", {"ModelName": "talks", "Level": "Model"})
    of_the_server = _object("Requests2XX", "1.0", {"Level": "Host"})
    _has(server, "json_metrics.log", of_a_handler + rest_of_it)
    _has(server, "json_metrics.log", of_the_server + rest_of_it)


def test_metrics_are_entries_of_a_query_log_where_the_configuration_says_so(server: RunningServer) -> None:
    _has(
        server,
        "query_metrics.log",
        r"HostName=.+\nRequestId=[0-9a-f-]+\nStartTime=\d+\nProgram=MXNetModelServer\n"
        r"Metrics=Cats=2 Count ModelName\|talks  Level\|Model \nEOE",
    )
