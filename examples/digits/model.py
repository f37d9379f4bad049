"""The network of the example."""

from __future__ import annotations

import torch
from torch import nn


class DigitNet(nn.Module):
    """A small convolutional network for 8x8 images of handwritten digits: (n, 1, 8, 8) to (n, 10) logits."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.Conv2d(16, 32, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        self.classifier = nn.Sequential(
            nn.Flatten(), nn.Linear(32 * 4 * 4, 64), nn.ReLU(), nn.Dropout(0.2), nn.Linear(64, 10)
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Returns the logits of the ten digits for each image, whose pixels are from 0 to 1."""
        logits: torch.Tensor = self.classifier(self.features(images))
        return logits
