"""ResNet-18 in plain torch. Its weights come from a seed, and stand in for trained ones."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Block(nn.Module):
    def __init__(self, given: int, made: int, stride: int) -> None:
        super().__init__()
        self.way = nn.Sequential(
            nn.Conv2d(given, made, 3, stride, 1, bias=False),
            nn.BatchNorm2d(made),
            nn.ReLU(),
            nn.Conv2d(made, made, 3, 1, 1, bias=False),
            nn.BatchNorm2d(made),
        )
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or given != made:
            self.shortcut = nn.Sequential(nn.Conv2d(given, made, 1, stride, bias=False), nn.BatchNorm2d(made))

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.way(x) + self.shortcut(x))


class ResNet18(nn.Module):
    def __init__(self, classes: int) -> None:
        super().__init__()
        blocks = [
            block
            for given, made in ((64, 64), (64, 128), (128, 256), (256, 512))
            for block in (Block(given, made, 1 if given == made else 2), Block(made, made, 1))
        ]
        self.layers = nn.Sequential(
            nn.Conv2d(3, 64, 7, 2, 3, bias=False),
            nn.BatchNorm2d(64),
            nn.ReLU(),
            nn.MaxPool2d(3, 2, 1),
            *blocks,
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(512, classes),
        )

    def forward(self, x: Tensor) -> Tensor:
        answer: Tensor = self.layers(x)
        return answer


def seeded(classes: int, seed: int = 0) -> ResNet18:
    state = torch.random.get_rng_state()
    torch.manual_seed(seed)
    model = ResNet18(classes).eval()
    torch.random.set_rng_state(state)
    return model
