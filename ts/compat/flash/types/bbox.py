"""Boxes in pictures."""

from __future__ import annotations

from typing import Any

from ts.compat.flash.types.base import BaseType

_SIDES = 4


class BBox(BaseType):
    """A box, `[x1, y1, x2, y2]`; the method gets a tensor of four numbers."""

    def deserialize(self, box: tuple[float, float, float, float]) -> Any:
        """Makes a tensor of four numbers."""
        import torch

        return torch.tensor(box, dtype=torch.float32)

    def serialize(self, box: Any) -> list[float]:
        """Returns the four numbers of a tensor."""
        sides = list(box.flatten().tolist() if hasattr(box, "flatten") else box)
        if len(sides) != _SIDES:
            raise ValueError(f"BBox: {len(sides)} numbers (expected: {_SIDES})")
        return sides
