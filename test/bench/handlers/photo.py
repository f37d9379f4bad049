"""A photo as a telephone takes it in, the five best classes out: decoding is as much work as the network."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import torch
from nets import sizes
from PIL import Image
from resnet import ImageClassifier, normalized


class PhotoClassifier(ImageClassifier):
    """Decodes a large JPEG and reduces it to the size that the network expects."""

    def decode(self, body: Any) -> torch.Tensor:
        """Returns the normalized pixels of the reduced photo."""
        side = sizes(self.device).pixels
        with Image.open(io.BytesIO(body)) as image:
            return normalized(np.array(image.convert("RGB").resize((side, side), Image.Resampling.BILINEAR)))
