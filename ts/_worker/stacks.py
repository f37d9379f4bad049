"""Where a coroutine waits, as text."""

from __future__ import annotations

import linecache
import sys
import traceback
from types import FrameType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio

_AWAITED = ("cr_await", "gi_yieldfrom", "ag_await")
_FRAMES = ("cr_frame", "gi_frame", "ag_frame")
_DEEPEST = 8


def stack_of(task: asyncio.Task[Any]) -> str:
    """Returns the stack of a suspended task as a traceback has it, what it awaits last.

    A task that it waits for is followed, with each of several that were gathered.
    """
    return "".join(_lines(task, 0))


def _lines(task: Any, depth: int) -> list[str]:
    lines = []
    awaitable: Any = task.get_coro()
    while awaitable is not None:
        frame = _first(awaitable, _FRAMES)
        if frame is not None:
            lines += traceback.format_list([_summary(frame)])
        awaitable = _first(awaitable, _AWAITED)
    waiter: Any = getattr(task, "_fut_waiter", None)
    inner: list[Any] = [waiter] if hasattr(waiter, "get_coro") else list(getattr(waiter, "_children", ()))
    inner = [each for each in inner if hasattr(each, "get_coro") and not each.done()]
    if waiter is not None and not inner:
        lines.append(f"  waits for {waiter!r}\n")
    for each in inner if depth < _DEEPEST else ():
        lines.append(f"  waits for the task {each.get_name()}:\n")
        lines += _lines(each, depth + 1)
    return lines


def _first(awaitable: Any, names: tuple[str, ...]) -> Any:
    found = (getattr(awaitable, name, None) for name in names)
    return next((value for value in found if value is not None), None)


def _summary(frame: FrameType) -> traceback.FrameSummary:
    code = frame.f_code
    linecache.checkcache(code.co_filename)
    return traceback.FrameSummary(code.co_filename, frame.f_lineno, code.co_name)


def report(text: str) -> None:
    """Writes a text to the worker's log."""
    sys.stderr.write(text if text.endswith("\n") else f"{text}\n")
    sys.stderr.flush()
