"""Boxes in pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ts.compat.flash.types.base import BaseType

_SIDES = 4


@dataclass(unsafe_hash=True)
class BBox(BaseType):
    """A box, `[x1, y1, x2, y2]`; the method gets a tensor of four numbers."""

    def deserialize(self, box: tuple[float, float, float, float]) -> Any:
        """Makes a tensor of four numbers.

        Raises:
            TypeError: they are no sequence.
            ValueError: it is not four numbers.
        """
        import torch

        if isinstance(box, dict):
            raise TypeError(f"BBox: {box!r} (expected: {_SIDES} numbers)")
        return _checked(torch.tensor(box, dtype=torch.float32))

    def serialize(self, box: Any) -> list[float]:
        """Returns the four numbers of a tensor; one dimension more, of one box, does no harm.

        Raises:
            TypeError: they are no real numbers.
            ValueError: it is not four numbers.
        """
        import torch

        found: list[float] = _checked(torch.as_tensor(box).squeeze()).tolist()
        return found


def _checked(tensor: Any) -> Any:
    if tuple(tensor.shape) != (_SIDES,):
        raise ValueError(f"BBox: the shape {tuple(tensor.shape)} (expected: {_SIDES} numbers)")
    if str(tensor.dtype) == "torch.bool" or tensor.is_complex():
        raise TypeError(f"BBox: {tensor.dtype} (expected: real numbers)")
    return tensor
