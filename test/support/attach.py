"""Orders to a running JVM, as `jcmd` gives them, without the cost of a second JVM."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

from support.waiting import eventually

_SECONDS = 20.0


def order(pid: int, *words: str) -> str:
    """Returns what the JVM answers to an order of `jcmd`; fails when it refuses.

    HotSpot opens a socket in its /tmp when it gets SIGQUIT and finds a file there that asks for it.
    """
    temp, inner = _as_seen_by(pid)
    path = temp / f".java_pid{inner}"
    if not path.exists():
        asking = temp / f".attach_pid{inner}"
        asking.touch()
        try:
            os.kill(pid, signal.SIGQUIT)
            eventually(path.exists, _SECONDS, f"process {pid} listens for orders")
        finally:
            asking.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_SECONDS)
        connection.connect(str(path))
        arguments = ["jcmd", " ".join(words), "", ""]
        connection.sendall(b"".join(f"{part}\0".encode() for part in ("1", *arguments)))
        answer = b"".join(iter(lambda: connection.recv(65536), b"")).decode("utf-8", "replace")
    code, _, text = answer.partition("\n")
    assert code == "0", f"{' '.join(words)}: {answer}"
    return text


def _as_seen_by(pid: int) -> tuple[Path, str]:
    """Returns the JVM's /tmp, and its process id where it lives."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    inner = next(line.split()[-1] for line in status.splitlines() if line.startswith("NSpid:"))
    return Path(f"/proc/{pid}/root/tmp"), inner
