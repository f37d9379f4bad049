"""`mariner stop`: asks servers to drain and waits until they have gone."""

from __future__ import annotations

import argparse
import dataclasses
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from ts._cli.errors import CommandError
from ts._cli.launch import POLL_SECONDS
from ts._cli.progress import Progress, progress_for
from ts._cli.runfolder import RunFolder, checked_name, default_name, run_folders, runs_root
from ts._cli.state import read_state

_KILL_SECONDS = 10.0


def stop(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Stops one server or all of the user; returns 1 when one is still there in the end."""
    root = runs_root(environment)
    living = [folder for folder in run_folders(root) if folder.pid() is not None]
    if options.all:
        if not living:
            print("no server is running")
        return max([_stop_one(folder, options) for folder in living], default=0)
    name = checked_name(options.name) if options.name else default_name(Path.cwd())
    folder = RunFolder(root / name)
    if folder.pid() is None:
        others = ", ".join(other.name for other in living)
        print(
            f"server {name} is not running"
            + (f" (running: {others}; name one with --name)" if others else "")
        )
        folder.sweep()
        return 0
    return _stop_one(folder, options)


def _await_gone(folder: RunFolder, seconds: float, progress: Progress) -> bool:
    begun = time.monotonic()
    while folder.pid() is not None:
        progress.show(dataclasses.replace(read_state(folder.state_file), phase="stopping", models=()))
        if time.monotonic() - begun >= seconds:
            return False
        time.sleep(POLL_SECONDS)
    return True


def _stop_one(folder: RunFolder, options: argparse.Namespace) -> int:
    pid = folder.pid()
    folder.send(signal.SIGTERM)
    progress = progress_for(f"server {folder.name}")
    gone = _await_gone(folder, options.timeout, progress)
    killed = not gone and options.force
    if killed:
        folder.send(signal.SIGKILL)
        gone = _await_gone(folder, _KILL_SECONDS, progress)
    progress.finish()
    if not gone:
        print(
            f"mariner stop: server {folder.name!r} (pid {pid}) did not stop within {options.timeout:g} s; "
            "it may still be draining, wait for it or kill it with: mariner stop --force",
            file=sys.stderr,
        )
        return 1
    with suppress(CommandError):
        # Started again by another command at once: then the folder is that server's.
        folder.sweep()
    print(f"server {folder.name} was killed" if killed else f"server {folder.name} has stopped")
    return 0
