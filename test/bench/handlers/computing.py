"""A handler that computes in Python: the same few milliseconds of one processor for each request."""

from __future__ import annotations

from typing import Any

STEPS = 60_000


def handle(data: list[dict[str, Any]] | None, context: Any) -> list[Any] | None:
    """Computes once for each request of the batch."""
    if data is None:
        return None
    return [str(sum(number * number for number in range(STEPS))) for _ in data]
