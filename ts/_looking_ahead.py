"""What the two threads of a worker see of a model whose next batch is prepared while one runs."""

from __future__ import annotations

import threading
from typing import Any

from ts.context import Batch, Context, RequestProcessor

_thread = threading.local()


def look_ahead_from_here() -> None:
    """Shows the calling thread, from now on, the batch that is being prepared."""
    _thread.looks_ahead = True


def looks_ahead() -> bool:
    """Tells whether the calling thread is the one that prepares the next batch."""
    return getattr(_thread, "looks_ahead", False)


class _Place:
    """What a context tells of one batch."""

    __slots__ = ("batch", "outlet", "request_ids", "request_processor")

    def __init__(self) -> None:
        self.batch: Batch | None = None
        self.outlet: Batch | None = None
        self.request_ids: dict[int, str] | None = None
        self.request_processor: list[RequestProcessor] | None = None


class ContextOfTwo(Context):
    """A context that shows the thread that looks ahead its own batch, and all others the one that runs."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._running = _Place()
        self._coming = _Place()
        super().__init__(*args, **kwargs)

    @property
    def _place(self) -> _Place:
        return self._coming if looks_ahead() else self._running

    @property
    def _batch(self) -> Batch | None:
        return self._place.batch

    @_batch.setter
    def _batch(self, value: Batch | None) -> None:
        self._place.batch = value

    @property
    def _outlet(self) -> Batch | None:
        return self._place.outlet

    @_outlet.setter
    def _outlet(self, value: Batch | None) -> None:
        self._place.outlet = value

    @property
    def _request_ids(self) -> dict[int, str] | None:
        return self._place.request_ids

    @_request_ids.setter
    def _request_ids(self, value: dict[int, str] | None) -> None:
        self._place.request_ids = value

    @property
    def _request_processor(self) -> list[RequestProcessor] | None:
        return self._place.request_processor

    @_request_processor.setter
    def _request_processor(self, value: list[RequestProcessor] | None) -> None:
        self._place.request_processor = value

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        del state["_running"], state["_coming"]
        return state

    def __reduce__(self) -> tuple[Any, ...]:
        # What has left its threads is a context like any other.
        return Context.__new__, (Context,), self.__getstate__()
