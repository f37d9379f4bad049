"""A large JPEG in, the five best classes out: as one stage or as three with workers of their own."""

from __future__ import annotations

import io
from typing import Annotated, Any

import numpy as np
import torch
from nets import CPU, residual_network
from numpy.typing import NDArray
from PIL import Image
from resnet import normalized

import mariner

SIDE = CPU.pixels
Pixels = Annotated[NDArray[np.float32], mariner.Shape(3, SIDE, SIDE)]
Logits = Annotated[NDArray[np.float32], mariner.Shape(-1)]
BATCH = 8


@mariner.model(replicas=2)
class Decode:
    """Decodes a photo and reduces it to the size that the network expects."""

    def predict(self, photo: bytes) -> Pixels:
        with Image.open(io.BytesIO(photo)) as image:
            small = image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BILINEAR)
        return normalized(np.array(small)).numpy()


@mariner.model(batch=BATCH)
class Network:
    """Runs the network, once for a batch."""

    def __init__(self) -> None:
        torch.set_num_threads(1)
        self.network = residual_network("cpu")

    def predict(self, images: list[Pixels]) -> list[Logits]:
        with torch.inference_mode():
            return list(self.network(torch.from_numpy(np.stack(images))).numpy())


@mariner.model
class Best:
    """Names the five best classes with their probabilities."""

    def predict(self, logits: Logits) -> dict[str, float]:
        shares = np.exp(logits - logits.max())
        shares /= shares.sum()
        return {str(number): round(float(shares[number]), 4) for number in np.argsort(-shares)[:5]}


@mariner.model(batch=BATCH)
class Whole:
    """All three in one process."""

    def __init__(self) -> None:
        self.decode, self.network, self.best = Decode(), Network(), Best()

    def predict(self, photos: list[bytes]) -> list[dict[str, float]]:
        logits = self.network.predict([self.decode.predict(photo) for photo in photos])
        return [self.best.predict(one) for one in logits]


decode: Any = Decode
whole: Any = Whole
app = mariner.App(
    {
        "/three": decode >> Network >> Best,
        "/one": Whole,
        "/both": whole.having(name="WholeTwice", replicas=2),
    }
)
