"""Token ids as JSON in, a vector out."""

from __future__ import annotations

import json
from typing import Any

import torch
from nets import encoder
from real_model import RealModel


class TextEncoder(RealModel):
    """Embeds texts of a fixed number of tokens."""

    def __init__(self) -> None:
        super().__init__(encoder)

    def decode(self, body: Any) -> torch.Tensor:
        """Returns the ids of `{"ids": [...]}`, whether or not the server has decoded it."""
        return torch.tensor((json.loads(body) if isinstance(body, bytes | bytearray) else body)["ids"])

    def answers(self, outputs: torch.Tensor) -> list[Any]:
        """Returns each vector as a list of numbers."""
        return [{"vector": vector} for vector in outputs.tolist()]
