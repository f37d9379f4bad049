"""The model of the row `oip`: an image in, a thousand numbers out; costs next to nothing."""

from __future__ import annotations

from typing import Any

CLASSES = 1000


def handle(data: dict[str, Any], context: Any) -> dict[str, Any]:
    """Takes and gives named tensors."""
    x = data["x"]
    return {"y": x.reshape(len(x), -1)[:, :CLASSES] * 2}
