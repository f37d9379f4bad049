"""Answers of models that can't be sent: what is wrong with them, for the client and for the log."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from mariner.hints import FORMS, type_name
from mariner.transport import TransportError
from ts._worker.outputs import OutputTypeError
from ts.service import AnswerMismatch


class AnswerError(OutputTypeError, TypeError):
    """An answer has no form in which the client, or the next stage, can have it. The message names the model,
    what it answered, and what was expected; clients read it.
    """


class BatchError(AnswerMismatch, ValueError):
    """A model did not answer one entry for each request of its batch; the message is as that of
    `AnswerError`.
    """


def checked_batch(name: str, values: Any, count: int) -> Sequence[Any]:
    """Returns what a model answered to so many requests.

    Raises:
        BatchError: it is no list with one entry for each.
    """
    if not isinstance(values, (list, tuple)):
        kind = type_name(type(values))
        raise BatchError(f"{name}: {kind} (expected: a list with one entry for each request)")
    if len(values) != count:
        raise BatchError(f"{name}: a list of {len(values)} (expected: {count}, one entry for each request)")
    return values


def unfit(name: str, value: Any, last: bool, fault: Exception) -> AnswerError:
    """Returns the failure of an answer that could not be encoded.

    Args:
        name: of the model.
        value: its answer.
        last: whether the client would have got it, or the next stage.
        fault: what the encoding raised.
    """
    if isinstance(value, (Iterator, AsyncIterator)) and not last:
        made = stream_misplaced(name, "to another stage")
    elif isinstance(value, AsyncIterator):
        made = AnswerError(
            f"{name}: an asynchronous stream of a plain method (expected: `async def`, or the hint "
            "`-> AsyncIterator[…]`)"
        )
    elif isinstance(value, Iterator):
        made = stream_misplaced(name, "in a batch")
    elif inspect.isawaitable(value):
        kind = type_name(type(value))
        made = AnswerError(
            f"{name}: a {kind} that nobody awaits (expected: a value, or an `async def` method)"
        )
    elif isinstance(fault, TransportError):
        made = AnswerError(f"{name}: {fault}")
    else:
        made = AnswerError(f"{name}: its answer: {fault} (expected: {FORMS})")
    made.__cause__ = fault
    return made


def stream_misplaced(name: str, where: str) -> AnswerError:
    """Returns the failure of a stream where there can be none: `in a batch`, `to another stage`."""
    return AnswerError(f"{name}: a stream {where} (expected: one value)")


def unreadable(name: str, inputs: Sequence[str], fault: TransportError) -> AnswerError:
    """Returns the failure of a value that another stage gave, and that this one can't read."""
    made = AnswerError(f"{name}: what {' and '.join(inputs)} gave can't be read: {fault}")
    made.__cause__ = fault
    return made
