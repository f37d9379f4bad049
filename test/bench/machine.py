"""Facts of the machine that stand beside every result."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def facts(device: str = "cpu") -> dict[str, str]:
    """Returns processor, cores, memory, kernel and the versions of Java, Python, torch and wrk."""
    found = {
        "processor": _processor(),
        "cores": str(os.cpu_count() or 1),
        "memory": _memory(),
        "kernel": f"{platform.system()} {platform.release().split('-')[0]}",
        "java": _first_line(["java", "-version"]),
        "python": platform.python_version(),
        "torch": _package("torch"),
        "wrk": _first_line(["wrk", "-v"]).split(" [")[0],
    }
    if device == "cuda":
        found["gpu"] = _first_line(["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"])
    return found


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _memory() -> str:
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return f"{pages / 2**30:.0f} GiB"


def _first_line(command: list[str]) -> str:
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True)
    except OSError:
        return "none"
    lines = (done.stdout or done.stderr).strip().splitlines()
    return lines[0] if lines else "unknown"


def _package(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"
