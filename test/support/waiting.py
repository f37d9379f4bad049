"""Waiting for what another process does, always with a deadline."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
_POLL_SECONDS = 0.02


def eventually(predicate: Callable[[], T], seconds: float = 20.0, what: str = "") -> T:
    """Returns the first true value of `predicate`; fails when there is none within the time."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise AssertionError(f"not within {seconds:g} s: {what or predicate}, last value {value!r}")
        pause.wait(_POLL_SECONDS)
