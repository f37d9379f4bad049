"""Which thread prepares the next batch while one runs."""

from __future__ import annotations

import threading

_thread = threading.local()


def look_ahead_from_here() -> None:
    """Makes the calling thread, from now on, the one that prepares the next batch."""
    _thread.looks_ahead = True


def looks_ahead() -> bool:
    """Tells whether the calling thread is the one that prepares the next batch."""
    return getattr(_thread, "looks_ahead", False)
