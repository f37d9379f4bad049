"""A bare handler that answers the JSON it was asked with; the worker has decoded it."""

from __future__ import annotations

from typing import Any


def handle(data: list[dict[str, Any]] | None, context: Any) -> list[Any] | None:
    """Returns the documents; called once with None when the model is loaded."""
    if data is None:
        return None
    return [row["body"] for row in data]
