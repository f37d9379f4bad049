"""A text to an image: a stand-in for a diffusion model, whose answer is a PNG."""

from __future__ import annotations

import hashlib
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from ts.compat.mosec import Server, Worker

SIDE = 64


class Paint(Worker):
    """Paints what it is told, always the same for the same text."""

    resp_mime_type = "image/png"

    def deserialize(self, data: Any) -> str:
        return bytes(data).decode()

    def forward(self, data: list[str]) -> list[Image.Image]:
        return [self.painted(text) for text in data]

    def painted(self, text: str) -> Image.Image:
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
        colours = np.random.default_rng(seed).random((SIDE, SIDE, 3))
        return Image.fromarray((colours * 255).astype(np.uint8))

    def serialize(self, data: Image.Image) -> memoryview:
        file = BytesIO()
        data.save(file, format="PNG")
        return file.getbuffer()


def make_server() -> Server:
    server = Server()
    server.append_worker(Paint, max_batch_size=4, max_wait_time=5)
    return server


if __name__ == "__main__":
    make_server().run()
