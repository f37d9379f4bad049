"""A handler that waits, as one does that asks a database: 10 ms for each request, no processor."""

from __future__ import annotations

import time
from typing import Any

SECONDS = 0.01


def handle(data: list[dict[str, Any]] | None, context: Any) -> list[Any] | None:
    """Waits once for each request of the batch."""
    if data is None:
        return None
    time.sleep(SECONDS * len(data))
    return ["done"] * len(data)
