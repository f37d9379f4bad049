"""Trains the network on scikit-learn's handwritten digits, which come with the package.

Writes into a folder: `digits_ts.pt` (TorchScript), `digits_state.pt` (state dict), and `held-out/` with one
PNG for each image that training has not seen, named `INDEX-DIGIT.png`.
"""

from __future__ import annotations

import argparse
import io
import random
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from model import DigitNet
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

SEED = 20
EPOCHS = 24
BATCH_SIZE = 64
HELD_OUT_SHARE = 0.2
BRIGHTEST = 16


class Digits(NamedTuple):
    """Images (n, 1, 8, 8) with pixels from 0 to 1, and their digits (n)."""

    images: torch.Tensor
    labels: torch.Tensor


def load_split() -> tuple[Digits, Digits]:
    """Returns what to train on and what to hold out: always the same split, all digits in equal shares."""
    source = load_digits()
    # What a PNG can hold: 256 steps of brightness. Both halves go through the same steps.
    pixels = np.round(source.images * 255 / BRIGHTEST) / 255
    train, held_out = train_test_split(
        np.arange(len(pixels)), test_size=HELD_OUT_SHARE, random_state=SEED, stratify=source.target
    )
    images = torch.tensor(pixels, dtype=torch.float32).unsqueeze(1)
    labels = torch.tensor(source.target, dtype=torch.long)
    return Digits(images[train], labels[train]), Digits(images[held_out], labels[held_out])


def train(data: Digits, on_epoch: Callable[[int, float], None] = lambda epoch, loss: None) -> DigitNet:
    """Trains a network from scratch; the result depends on nothing but the data.

    Args:
        data: what to learn.
        on_epoch: told the number of each epoch, from 1, and its mean loss.
    """
    random.seed(SEED)
    torch.manual_seed(SEED)
    # One thread: sums in a fixed order, and faster on images this small.
    torch.set_num_threads(1)
    network = DigitNet()
    optimiser = torch.optim.Adam(network.parameters(), lr=2e-3)
    loss_of = nn.CrossEntropyLoss()
    network.train()
    for epoch in range(1, EPOCHS + 1):
        order = torch.randperm(len(data.labels))
        total = 0.0
        for rows in order.split(BATCH_SIZE):
            optimiser.zero_grad()
            loss = loss_of(network(data.images[rows]), data.labels[rows])
            loss.backward()
            optimiser.step()
            total += loss.item() * len(rows)
        on_epoch(epoch, total / len(order))
    network.eval()
    return network


def accuracy(network: nn.Module, data: Digits) -> float:
    """Returns the share of images whose digit the network finds."""
    with torch.inference_mode():
        found = network(data.images).argmax(dim=1)
    return float((found == data.labels).float().mean())


def png_of(image: torch.Tensor) -> bytes:
    """Returns an image (1, 8, 8) as PNG."""
    pixels = (image.squeeze(0).numpy() * 255).round().astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG")
    return buffer.getvalue()


def save(network: DigitNet, held_out: Digits, folder: Path) -> None:
    """Writes both forms of the network and the held-out images; older images in the folder are removed."""
    pictures = folder / "held-out"
    pictures.mkdir(parents=True, exist_ok=True)
    for old in pictures.glob("*.png"):
        old.unlink()
    for index, (image, label) in enumerate(zip(held_out.images, held_out.labels.tolist(), strict=True)):
        (pictures / f"{index:03d}-{label}.png").write_bytes(png_of(image))
    torch.save(network.state_dict(), folder / "digits_state.pt")
    with warnings.catch_warnings():
        # TorchScript is deprecated and still what many archives hold.
        warnings.simplefilter("ignore")
        scripted = torch.jit.script(network)
    scripted.save(str(folder / "digits_ts.pt"))


def main() -> None:
    parser = argparse.ArgumentParser(description="Train the digits model.")
    parser.add_argument("folder", type=Path, nargs="?", default=Path(__file__).parent / "build")
    folder: Path = parser.parse_args().folder
    data, held_out = load_split()
    network = train(data, lambda epoch, loss: print(f"epoch {epoch:2d}  loss {loss:.4f}"))
    save(network, held_out, folder)
    print(f"accuracy on {len(held_out.labels)} held-out images: {accuracy(network, held_out):.4f}")


if __name__ == "__main__":
    main()
