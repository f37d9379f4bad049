"""The death of the process that started the worker ends the worker, even from inside native code."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading

_PR_SET_PDEATHSIG = 1
_WATCH_INTERVAL_SECONDS = 1.0


def lead_own_group() -> None:
    """Makes this process the leader of a group of its own, so that the frontend can end what a handler has
    started and left behind. A terminal's Ctrl-C no longer reaches it either.
    """
    try:
        os.setpgid(0, 0)
    except PermissionError:
        # The leader of a session leads its group already.
        return


def die_with_parent() -> None:
    """Arranges that this process is killed when its parent dies; ends it at once when the parent is gone
    already.
    """
    parent = os.getppid()
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
            error = ctypes.get_errno()
            raise OSError(error, f"prctl(PR_SET_PDEATHSIG): {os.strerror(error)}")
        if os.getppid() != parent:
            os._exit(1)
    else:
        threading.Thread(target=_watch, args=(parent,), name="parent-watch", daemon=True).start()


def _watch(parent: int) -> None:
    pause = threading.Event()
    while os.getppid() == parent:
        pause.wait(_WATCH_INTERVAL_SECONDS)
    os._exit(1)
