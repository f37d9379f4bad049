"""Speaks KServe's first protocol: instances in, predictions and explanations out."""

from __future__ import annotations

from typing import Any


def handle(data: Any, context: Any) -> list[dict[str, Any]]:
    """Answers with sums; asked to explain, with how many numbers there were."""
    rows = [row["body"]["instances"] for row in data or []]
    if rows and context.get_request_header(0, "explain") == "True":
        return [{"explanations": [len(one) for one in row]} for row in rows]
    return [{"predictions": [sum(one) for one in row]} for row in rows]
