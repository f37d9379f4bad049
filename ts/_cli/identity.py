"""Knows a process again: pids are reused, the pair of pid and start is not."""

from __future__ import annotations

from pathlib import Path

import psutil


def _boot_id() -> str | None:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return None


def start_mark(pid: int) -> str | None:
    """Returns a text that no other process with this pid ever has; None when no such process runs.

    On Linux it is made of the boot's id and the clock ticks since then, which a change of the wall clock
    leaves alone.
    """
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        boot = _boot_id()
        if boot is None:
            return f"{process.create_time():.2f}"
        # The name in parentheses may hold spaces and parentheses itself; field 22 of the whole line is the
        # start.
        fields = (
            Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        )
        return f"{boot}:{fields[19]}"
    except (psutil.Error, OSError, IndexError, ValueError):
        return None
