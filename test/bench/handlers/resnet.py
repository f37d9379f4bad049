"""JPEG in, the five best classes out."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import torch
from nets import residual_network
from PIL import Image
from real_model import RealModel

_MEAN = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
_DEVIATION = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)


def normalized(pixels: Any) -> torch.Tensor:
    """Returns an image of shape (height, width, 3) as the network expects it, of shape (3, height, width)."""
    return (torch.from_numpy(pixels).permute(2, 0, 1).float() / 255 - _MEAN) / _DEVIATION


class ImageClassifier(RealModel):
    """Decodes and normalizes on the CPU, classifies on the device."""

    def __init__(self) -> None:
        super().__init__(residual_network)

    def decode(self, body: Any) -> torch.Tensor:
        """Returns the normalized pixels of a JPEG."""
        with Image.open(io.BytesIO(body)) as image:
            return normalized(np.array(image.convert("RGB")))

    def answers(self, outputs: torch.Tensor) -> list[Any]:
        """Returns the five best classes of each row with their probabilities."""
        values, classes = torch.softmax(outputs, dim=1).topk(5)
        return [
            {str(number): value for number, value in zip(best, row, strict=True)}
            for best, row in zip(classes.tolist(), values.tolist(), strict=True)
        ]
