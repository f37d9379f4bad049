"""Signals that end the command, taken where they do no harm."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class Interrupted(BaseException):
    """The user or the system wants the command to end."""

    def __init__(self, signal_number: int) -> None:
        super().__init__(signal_number)
        self.signal_number = signal_number


class Interruption:
    """A context where a signal raises :class:`Interrupted`: at once, or after :meth:`defer` in :meth:`check`.

    Deferring is for code with something to clear away: an exception amid ``zipfile`` or ``tempfile`` would
    leave their objects half made. Outside the main thread, which alone gets signals, nothing changes.
    """

    def __init__(self) -> None:
        self._former: dict[int, Any] = {}
        self._received: int | None = None
        self._deferred = False

    def defer(self) -> None:
        """From now on a signal waits for the next :meth:`check`."""
        self._deferred = True

    def check(self) -> None:
        """Raises :class:`Interrupted` if a signal has come."""
        if self._received is not None:
            raise Interrupted(self._received)

    def __enter__(self) -> Interruption:
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                handler = signal.getsignal(number)
                # What nohup has switched off stays off; what was not set from Python can't be put back.
                if handler not in (signal.SIG_IGN, None):
                    self._former[number] = handler
                    signal.signal(number, self._receive)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._former.items():
            signal.signal(number, handler)

    def _receive(self, number: int, _frame: FrameType | None) -> None:
        first = self._received is None
        self._received = number if first else self._received
        if first and not self._deferred:
            raise Interrupted(number)
