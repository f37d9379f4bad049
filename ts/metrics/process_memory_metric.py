"""The memory of processes, by their ids."""

from __future__ import annotations

import sys
from collections.abc import Iterable


def get_cpu_usage(pid: str | int) -> int:
    """Returns the resident memory of a process in bytes; 0 when there is no such process."""
    import psutil

    try:
        return int(psutil.Process(int(pid)).memory_info().rss)
    except (psutil.Error, ValueError):
        return 0


def check_process_mem_usage(pids: Iterable[str] | None = None) -> None:
    """Prints `pid:bytes` for each process; without ids, a line of stdin names them, with commas."""
    if pids is None:
        pids = sys.stdin.readline().split(",")
    for pid in (p.strip() for p in pids):
        if pid:
            print(f"{pid}:{get_cpu_usage(pid)}")


if __name__ == "__main__":
    check_process_mem_usage()
