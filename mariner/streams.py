"""Answers in pieces, as a stage sends them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator
from typing import Any

from mariner.answers import AnswerError
from mariner.errors import HTTPError
from mariner.hints import FORMS

Encode = Callable[[Any], Any]


def pieces_of(name: str, first: Any, rest: Iterator[Any], encode: Encode) -> Generator[list[Any], None, None]:
    """Yields the pieces of one request's answer; a failure among them is the last one.

    Args:
        name: of the model.
        first: its first piece; None: there is none.
        rest: the others.
        encode: returns what is sent for a piece; raises HTTPError, or an error of a value that has no form.

    Raises:
        AnswerError: a piece has no form.
    """
    try:
        if first is not None:
            yield [_encoded(name, first, encode)]
        for piece in rest:
            yield [_encoded(name, piece, encode)]
    except HTTPError as fault:
        yield [_late(fault)]
    finally:
        close = getattr(rest, "close", None)
        if close is not None:
            close()


async def pieces_of_async(
    name: str, first: Any, rest: AsyncIterator[Any], encode: Encode
) -> AsyncGenerator[list[Any], None]:
    """Like `pieces_of`, of an asynchronous iterator."""
    try:
        if first is not None:
            yield [_encoded(name, first, encode)]
        async for piece in rest:
            yield [_encoded(name, piece, encode)]
    except HTTPError as fault:
        yield [_late(fault)]
    finally:
        close = getattr(rest, "aclose", None)
        if close is not None:
            await close()


def _encoded(name: str, piece: Any, encode: Encode) -> Any:
    try:
        return encode(piece)
    except (TypeError, ValueError, OverflowError, RecursionError) as fault:
        raise AnswerError(f"{name}: a piece of its stream: {fault} (expected: {FORMS})") from fault


def _late(fault: HTTPError) -> Exception:
    # The status of the answer was sent with its first piece; the frontend ends the stream with this.
    from ts.utils.util import PredictionException

    return PredictionException(fault.detail, fault.status)
