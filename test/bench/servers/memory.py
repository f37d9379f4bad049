"""The highest memory of a frontend while a block runs."""

from __future__ import annotations

import threading
from types import TracebackType

from bench.servers.process import Running

_PERIOD_SECONDS = 0.05


class PeakMemory:
    """Samples the resident memory of a server's frontend; use as a context, then ask `mb`."""

    def __init__(self, server: Running) -> None:
        self._server = server
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self.mb = server.frontend_mb()

    def _sample(self) -> None:
        while not self._done.wait(_PERIOD_SECONDS):
            self.mb = max(self.mb, self._server.frontend_mb())

    def __enter__(self) -> PeakMemory:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()
