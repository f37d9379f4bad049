"""Numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ts.compat.flash.types.base import BadInput, BaseType


@dataclass(unsafe_hash=True)
class Number(BaseType):
    """A number; the method gets a tensor of the shape (1, 1). What a client sends is a floating-point number
    there, also without a fraction.
    """

    def deserialize(self, num: float | int) -> Any:
        """Makes a tensor of a number."""
        import torch

        try:
            return torch.as_tensor(num).reshape(1, 1)
        except (OverflowError, RuntimeError, ValueError) as fault:
            raise BadInput(f"no number of a tensor: {fault}") from fault

    def serialize(self, data: Any) -> int | float:
        """Returns the only element of a tensor, or a plain number as it is."""
        found: int | float = data if isinstance(data, (int, float)) else data.item()
        return found
