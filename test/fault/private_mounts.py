"""File systems that only one server sees: it runs in a mount namespace of its own, which ends with it.

Root may do so, and so may others where the kernel gives them user namespaces. The tests look at these file
systems through `/proc/PID/root`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from support.server import RunningServer

UNSHARE = ("unshare", "--mount") if os.geteuid() == 0 else ("unshare", "--map-root-user", "--mount")


def refusal(
    commands: str = "mount -t tmpfs -o size=64k tmpfs /tmp && mount -o remount,ro /tmp",
) -> str | None:
    """Returns why this machine does not allow such mounts, None when it does."""
    if shutil.which("unshare") is None:
        return "unshare is missing (expected: util-linux)"
    tried = subprocess.run([*UNSHARE, "sh", "-ec", commands], capture_output=True, text=True, check=False)
    return f"no private mounts: {tried.stderr.strip()}" if tried.returncode else None


def prefix(commands: Sequence[str]) -> list[str]:
    """Returns a command that does these in a new mount namespace and becomes the one behind it."""
    return [*UNSHARE, "sh", "-ec", "\n".join([*commands, 'exec "$@"']), "sh"]


def disk(folder: Path, size: str) -> str:
    """Returns the shell command that puts a small disk with the same files in the place of a folder."""
    kept = folder.with_name(folder.name + "-packed")
    return (
        f"mkdir -p {folder} {kept}; cp -a {folder}/. {kept}/; "
        f"mount -t tmpfs -o size={size} tmpfs {folder}; cp -a {kept}/. {folder}/"
    )


READ_ONLY = """while read -r _ _ _ _ at _; do
    case "$at" in /proc|/proc/*|/sys|/sys/*|/dev|/dev/*) continue ;; esac
    mount -o remount,bind,ro "$(printf %b "$at")"
done < /proc/self/mountinfo"""
"""The shell command that makes all file systems read-only, as the root of a container may be."""


def scratch(folder: Path) -> str:
    """Returns the shell command that puts an empty disk in the place of a folder, as a container's `--tmpfs`
    does: nothing on it can be executed."""
    return f"mount -t tmpfs -o size=64m,noexec,nosuid,nodev tmpfs {folder}"


def inside(server: RunningServer, folder: Path) -> Path:
    """Returns the folder as the server sees it."""
    return Path(f"/proc/{server.process.pid}/root{folder}")


def fill(folder: Path) -> Path:
    """Takes all space that is left; returns the file to remove when there shall be some again."""
    filler = folder / ".filler"
    with filler.open("wb", buffering=0) as stream:
        for size in (65536, 4096, 1):
            try:
                while stream.write(b"\0" * size):
                    continue
            except OSError:
                continue
    return filler


def make_read_only(server: RunningServer, folder: Path, read_only: bool = True) -> None:
    """Takes a disk of the server the right to be written, or gives it back."""
    option = "ro" if read_only else "rw"
    enter = ["nsenter", "--target", str(server.process.pid), "--mount"]
    if os.geteuid() != 0:
        enter += ["--user", "--preserve-credentials"]
    # The kernel refuses while a file on it is open for writing.
    command = [*enter, "mount", "-o", f"remount,bind,{option}", str(folder)]
    subprocess.run(command, check=True, capture_output=True)
