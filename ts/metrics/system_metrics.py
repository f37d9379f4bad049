"""The metrics of the host, as metric lines on stdout."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from typing import Any

from ts.metrics.dimension import Dimension
from ts.metrics.metric import Metric

_MEGABYTE = 1024.0**2
_GIGABYTE = 1024.0**3
_CPU_WINDOW_SECONDS = 0.1
_HOST = (Dimension("Level", "Host"),)


def cpu_utilization() -> Iterable[Metric]:
    """The share of the processors' time that was used, over a short window."""
    import psutil

    yield Metric("CPUUtilization", psutil.cpu_percent(_CPU_WINDOW_SECONDS), "percent", _HOST)


def memory() -> Iterable[Metric]:
    """Memory that is used and available."""
    import psutil

    state = psutil.virtual_memory()
    yield Metric("MemoryUsed", state.used / _MEGABYTE, "MB", _HOST)
    yield Metric("MemoryAvailable", state.available / _MEGABYTE, "MB", _HOST)
    yield Metric("MemoryUtilization", state.percent, "percent", _HOST)


def disk() -> Iterable[Metric]:
    """The root file system."""
    usage = shutil.disk_usage("/")
    yield Metric("DiskUsage", usage.used / _GIGABYTE, "GB", _HOST)
    yield Metric("DiskAvailable", usage.free / _GIGABYTE, "GB", _HOST)
    yield Metric("DiskUtilization", 100.0 * usage.used / usage.total, "percent", _HOST)


SOURCES: tuple[Callable[[], Iterable[Metric]], ...] = (cpu_utilization, memory, disk)


def collect_all(*_: Any) -> None:
    """Prints every metric of the host as one line."""
    for source in SOURCES:
        for metric in source():
            print(metric)
