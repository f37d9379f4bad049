"""What the two threads of a worker see of a model whose next batch is prepared while one runs."""

from __future__ import annotations

import threading
from typing import Any

from ts.context import Context

_thread = threading.local()


def look_ahead_from_here() -> None:
    """Shows the calling thread, from now on, the batch that is being prepared."""
    _thread.looks_ahead = True


def looks_ahead() -> bool:
    """Tells whether the calling thread is the one that prepares the next batch."""
    return getattr(_thread, "looks_ahead", False)


class _OwnOfEach:
    """An attribute that the thread that looks ahead has for itself, and all others together."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, context: ContextOfTwo, owner: type) -> Any:
        return context._place.get(self._name)

    def __set__(self, context: ContextOfTwo, value: Any) -> None:
        context._place[self._name] = value


class ContextOfTwo(Context):
    """A context that shows the thread that looks ahead its own batch, and all others the one that runs."""

    _batch: Any = _OwnOfEach()
    _outlet: Any = _OwnOfEach()
    _request_ids: Any = _OwnOfEach()
    _request_processor: Any = _OwnOfEach()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._running: dict[str, Any] = {}
        self._coming: dict[str, Any] = {}
        super().__init__(*args, **kwargs)

    @property
    def _place(self) -> dict[str, Any]:
        return self._coming if looks_ahead() else self._running

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        del state["_running"], state["_coming"]
        return state

    def __reduce__(self) -> tuple[Any, ...]:
        # What has left its threads is a context like any other.
        return Context.__new__, (Context,), self.__getstate__()
