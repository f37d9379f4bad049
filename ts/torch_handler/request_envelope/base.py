"""The base class of envelopes."""

from __future__ import annotations

import inspect
import itertools
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from ts.context import Context
from ts.service import AnswerMismatch


class BaseEnvelope(ABC):
    """Wraps an entry point: opens the requests before it, and closes its answers after it.

    Args:
        handle_fn: the entry point, called with data and context.

    Attributes:
        context: the context of the batch that is being served.
    """

    def __init__(self, handle_fn: Callable[[Any, Context], Any]) -> None:
        self._handle_fn = handle_fn
        self.context: Any = None

    def handle(self, data: Any, context: Context) -> Any:
        """Serves a batch."""
        self.context = context
        if data is None:
            return self._handle_fn(None, context)
        answer = self._handle_fn(self.parse_input(data), context)
        return self._closed_later(answer) if inspect.isawaitable(answer) else self._close(answer)

    async def _closed_later(self, answer: Awaitable[Any]) -> Any:
        return self._close(await answer)

    def _close(self, answer: Any) -> Any:
        if inspect.isgenerator(answer) or inspect.isasyncgen(answer):
            raise AnswerMismatch(f"a generator (expected: whole answers, with {type(self).__name__})")
        return None if answer is None else self.format_output(answer)

    @abstractmethod
    def parse_input(self, data: list[dict[str, Any]]) -> Any:
        """Returns the handler's data for a batch of requests."""

    @abstractmethod
    def format_output(self, data: Any) -> Any:
        """Returns one answer for each request, from what the handler answered."""


def body_of(row: dict[str, Any]) -> Any:
    """Returns a request's `data`, or else its `body`."""
    data = row.get("data")
    return row.get("body") if data is None else data


def split(entries: Any, lengths: Sequence[int]) -> list[Any]:
    """Cuts the entries of a whole batch into those of each request.

    A single request gets what there is, at most one entry for each of its instances, as TorchServe had it.
    In a larger batch no one could tell whose entry is missing.

    Raises:
        AnswerMismatch: the handler answered with another number of entries, or with no list.
    """
    total = sum(lengths)
    if not isinstance(entries, (list, tuple)) and hasattr(entries, "tolist"):
        entries = entries.tolist()
    if not isinstance(entries, (list, tuple)):
        raise AnswerMismatch(f"{type(entries).__name__} (expected: a list of {total}, one for each instance)")
    if len(lengths) == 1:
        return [list(entries[:total])]
    if len(entries) != total:
        raise AnswerMismatch(
            f"a list of {len(entries)} (expected: {total}, one for each instance of {len(lengths)} requests)"
        )
    ends = itertools.accumulate(lengths)
    return [list(entries[end - length : end]) for end, length in zip(ends, lengths, strict=True)]
