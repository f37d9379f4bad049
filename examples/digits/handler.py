"""The handler of the example: PNG in, digit and probability out."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError

from ts.torch_handler.base_handler import BaseHandler
from ts.utils.util import PredictionException

SIDE_PIXELS = 8


class DigitHandler(BaseHandler):
    """Answers each PNG of a batch with its digit and how sure the model is."""

    def preprocess(self, data: Sequence[Mapping[str, Any]]) -> torch.Tensor:
        """Turns the images of a batch into one tensor.

        Raises:
            PredictionException: one of them is no image (status 400).
        """
        images = np.stack([_pixels(row.get("data") or row.get("body")) for row in data])
        return torch.from_numpy(images).unsqueeze(1).to(self.device)

    def postprocess(self, data: torch.Tensor) -> list[dict[str, Any]]:
        """Turns logits into answers, one for each image."""
        values, digits = torch.softmax(data, dim=1).max(dim=1)
        return [
            {"digit": digit, "probability": round(probability, 4)}
            for digit, probability in zip(digits.tolist(), values.tolist(), strict=True)
        ]


def _pixels(png: Any) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Decodes an image to 8x8 brightnesses from 0 (paper) to 1 (ink)."""
    try:
        with Image.open(io.BytesIO(png or b"")) as image:
            grey = image.convert("L").resize((SIDE_PIXELS, SIDE_PIXELS))
    except (UnidentifiedImageError, OSError, TypeError) as fault:
        raise PredictionException("input: not an image (expected: a PNG of a digit)", 400) from fault
    return np.asarray(grey, dtype=np.float32) / 255
