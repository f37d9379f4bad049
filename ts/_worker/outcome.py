"""Exceptions to error codes. Both the worker's runs and its loading use this one table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ts._wire.messages import ErrorCode
from ts._worker.outputs import OutputTypeError
from ts.service import AnswerMismatch, OperationUnsupported, RequestCancelled
from ts.utils.util import PredictionException

_MAX_TEXT = 8 * 1024
_OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "not enough memory", "STATUS_ALLOC_FAILED")
_STICKY = (
    "device-side assert",
    "illegal memory access",
    "launch failure",
    "launch timed out",
    "uncorrectable ECC error",
    "CUDA error",
    "HIP error",
)
_ONE_CALL_ONLY = ("invalid device ordinal", "no kernel image is available", "invalid configuration argument")
"""CUDA errors of a wrong call: the context goes on working, and a new process would fail the same way."""

QUIET = frozenset(
    {
        ErrorCode.PREDICTION_EXCEPTION,
        ErrorCode.CANCELLED,
        ErrorCode.UNSUPPORTED,
        ErrorCode.OUTPUT_COUNT,
    }
)
"""Failures that are no news to whoever wrote the handler: their tracebacks are not logged."""


class Failure(NamedTuple):
    """Why an item has no answer. `spent`: the process must not be used again."""

    code: ErrorCode
    message: str
    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    spent: bool = False


class WrongOutput(Exception):
    """The handler's answer does not have the shape of the batch."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


def failure_of(fault: BaseException) -> Failure:
    """Names the failure that an exception of a handler means."""
    spent = any(_is_sticky(cause) for cause in _chain(fault))
    if isinstance(fault, PredictionException):
        status = _status(getattr(fault, "error_code", 500))
        message = _clip(str(getattr(fault, "message", fault)))
        return Failure(ErrorCode.PREDICTION_EXCEPTION, message, status, spent=spent)
    if isinstance(fault, RequestCancelled):
        return Failure(ErrorCode.CANCELLED, "cancelled: nobody waits for the request any more")
    if spent:
        return Failure(ErrorCode.DEVICE_LOST, _clip(_text(fault)), spent=True)
    if is_out_of_memory(fault):
        return Failure(ErrorCode.OUT_OF_MEMORY, _clip(_text(fault)))
    if isinstance(fault, OutputTypeError):
        return Failure(ErrorCode.OUTPUT_TYPE, _clip(str(fault)))
    if isinstance(fault, AnswerMismatch):
        return Failure(ErrorCode.OUTPUT_COUNT, _clip(f"output: {fault}"))
    if isinstance(fault, OperationUnsupported):
        return Failure(ErrorCode.UNSUPPORTED, _clip(str(fault)))
    text = _clip(_text(fault))
    headers = (("exception", _class_name(fault)), ("detail", text))
    return Failure(ErrorCode.HANDLER_EXCEPTION, text, headers=headers)


def is_out_of_memory(fault: BaseException) -> bool:
    """Tells whether host or device memory ran out."""
    if isinstance(fault, MemoryError) or type(fault).__name__ == "OutOfMemoryError":
        return True
    return isinstance(fault, (RuntimeError, OSError)) and any(sign in str(fault) for sign in _OUT_OF_MEMORY)


def _is_sticky(fault: BaseException) -> bool:
    if not isinstance(fault, RuntimeError):
        return False
    text = str(fault)
    if not any(sign in text for sign in _STICKY):
        return False
    return not any(sign in text for sign in (*_OUT_OF_MEMORY, *_ONE_CALL_ONLY))


def _chain(fault: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    cause: BaseException | None = fault
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__


def short_message(fault: BaseException) -> str:
    """Returns class and text of an exception in one line."""
    return _clip(f"{_class_name(fault)}: {fault}" if str(fault) else _class_name(fault))


def _text(fault: BaseException) -> str:
    try:
        return str(fault) or _class_name(fault)
    except Exception:  # a broken __str__ of a handler's own class
        return _class_name(fault)


def _class_name(fault: BaseException) -> str:
    return type(fault).__name__


def _clip(text: str) -> str:
    return text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]}... ({len(text)} characters)"


def _status(code: object) -> int:
    try:
        status = int(code)  # type: ignore[call-overload]
    except (TypeError, ValueError):
        return 500
    return status if 100 <= status <= 599 else 500
