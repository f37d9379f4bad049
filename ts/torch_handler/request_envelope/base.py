"""The base class of envelopes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from ts.context import Context


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
        opened = self.parse_input(data)
        return self.format_output(self._handle_fn(opened, context))

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


def split(entries: Any, lengths: list[int]) -> list[Any]:
    """Cuts the entries of a whole batch into those of each request.

    Raises:
        ValueError: the handler answered with another number of entries.
    """
    total = sum(lengths)
    if not isinstance(entries, (list, tuple)) or len(entries) != total:
        size = len(entries) if isinstance(entries, (list, tuple)) else type(entries).__name__
        raise ValueError(f"handler output: {size} (expected: a list of {total}, one entry for each instance)")
    parts, at = [], 0
    for length in lengths:
        parts.append(list(entries[at : at + length]))
        at += length
    return parts
