"""Images in MessagePack to classes: decoding on the CPU, then a small residual network (seeded weights) in
batches.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import torch
from PIL import Image

from ts.compat.mosec import Server, ValidationError, Worker
from ts.compat.mosec.mixin import MsgpackMixin

CLASSES = 10


class Block(torch.nn.Module):
    """Adds two convolutions to what goes in."""

    def __init__(self) -> None:
        super().__init__()
        layers = [torch.nn.Conv2d(8, 8, 3, padding=1), torch.nn.ReLU(), torch.nn.Conv2d(8, 8, 3, padding=1)]
        self.way = torch.nn.Sequential(*layers)

    def forward(self, data: torch.Tensor) -> torch.Tensor:
        return torch.relu(data + self.way(data))


def network() -> torch.nn.Module:
    torch.manual_seed(7)
    head = [torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(8, CLASSES)]
    return torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), Block(), Block(), *head).eval()


def decoded(image: bytes) -> np.ndarray[Any, Any]:
    picture = Image.open(BytesIO(image)).convert("RGB").resize((32, 32))
    return np.asarray(picture, dtype=np.float32).transpose(2, 0, 1) / 255


class Decode(MsgpackMixin, Worker):
    """`{"image": bytes}` to an array."""

    def forward(self, data: dict[str, bytes]) -> np.ndarray[Any, Any]:
        try:
            return decoded(data["image"])
        except (KeyError, OSError) as fault:
            raise ValidationError(f"image: {fault} (expected: the bytes of one)") from fault


class Classify(MsgpackMixin, Worker):
    """Arrays to the number of a class."""

    def __init__(self) -> None:
        self.model = network()
        self.example = [np.zeros((3, 32, 32), dtype=np.float32)]

    @torch.inference_mode()
    def forward(self, data: list[np.ndarray[Any, Any]]) -> list[dict[str, int]]:
        numbers = self.model(torch.from_numpy(np.stack(data))).argmax(1).tolist()
        return [{"class": number} for number in numbers]


def make_server() -> Server:
    server = Server()
    server.append_worker(Decode, num=2)
    server.append_worker(Classify, max_batch_size=16, max_wait_time=5)
    return server


if __name__ == "__main__":
    make_server().run()
