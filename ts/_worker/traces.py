"""Tracebacks as whoever wrote the model wants them: without the worker's own frames, the place first."""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from pathlib import Path

from ts._worker.outcome import short_message
from ts.context import Context

_TS = Path(__file__).parents[1]
_API = _TS.parent / "mariner"
_OWN = (
    *(f"{folder}{os.sep}" for folder in (_TS / "_worker", _TS / "_wire", _API)),
    *(str(file) for file in (_TS / "utils" / "modules.py", importlib.__file__ or "importlib")),
)
_FROZEN = "<frozen importlib"
_LIBRARIES = ("site-packages", "dist-packages")
_INSTALLED = (_TS, _API, Path(os.__file__).parent)
"""Where a frame is nobody's who wrote a model: this package, and Python's own library."""


def trace_of(fault: BaseException) -> str:
    """Returns the traceback of an exception as text, without frames of the worker and of imports."""
    told = traceback.TracebackException.from_exception(fault)
    _clear(told)
    return "".join(told.format())


def print_traceback(fault: BaseException, about: str, place: str = "") -> None:
    """Writes what went wrong to stderr with the traceback of an exception, as one text.

    Args:
        fault: the exception.
        about: what went wrong.
        place: file and line of it, if known.
    """
    trace = trace_of(fault)
    if trace.startswith("Traceback") or short_message(fault) not in about:
        about = f"{about}\n{trace.rstrip()}"
    sys.stderr.write(f"{place}{about}\n")
    sys.stderr.flush()


def place_of(fault: BaseException, folder: str) -> str:
    """Returns file and line that an exception came through last, as `handler.py:3: `, of the model's files
    and of what else its author wrote, such as the script that it is made of; "" when it came through none.

    Args:
        fault: the exception.
        folder: the model's.
    """
    frames = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(fault.__traceback__)]
    if isinstance(fault, SyntaxError) and fault.filename:
        frames.append((fault.filename, fault.lineno))
    top = Path(folder)
    for filename, line in reversed(frames):
        path = Path(filename)
        if path.is_relative_to(top):
            return f"{path.relative_to(top)}:{line}: "
        if path.is_absolute() and not _is_installed(path):
            return f"{path}:{line}: "
    return ""


def _is_installed(path: Path) -> bool:
    return any(map(path.is_relative_to, _INSTALLED)) or not {*_LIBRARIES}.isdisjoint(path.parts)


def placed_message(fault: BaseException, folder: str) -> str:
    """Returns an exception in one line, after file and line if it came through the model's files."""
    return place_of(fault, folder) + short_message(fault)


def _clear(told: traceback.TracebackException) -> None:
    """Takes the frames out, also of what the exception came from."""
    pending: list[traceback.TracebackException | None] = [told]
    while pending:
        current = pending.pop()
        if current is None:
            continue
        current.stack = traceback.StackSummary.from_list(
            [frame for frame in current.stack if not frame.filename.startswith((*_OWN, _FROZEN))]
        )
        pending += (current.__cause__, current.__context__, *(getattr(current, "exceptions", None) or ()))


def print_raised(fault: BaseException, context: Context) -> None:
    """Writes to stderr what a model's handler raised, the place in the model's own files first."""
    about = f"model {context.model_name}: the handler raised {type(fault).__name__}"
    print_traceback(fault, about, place_of(fault, str(context.system_properties.get("model_dir"))))
