"""Takes tensors and gives each back doubled."""

from __future__ import annotations

from typing import Any


def handle(data: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers with `y`, twice `x`."""
    return {"y": data["x"] * 2}
