"""What all Python tests share."""

from __future__ import annotations

import signal


def pytest_configure() -> None:
    """Lets the processes that tests start hear Ctrl-C.

    A shell without job control starts what runs in the background with SIGINT ignored, and children inherit
    that.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
