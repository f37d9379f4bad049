"""Two networks in plain torch with fixed weights: a residual one for images, an encoder for token ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn

SEED = 20
VOCABULARY = 1000


@dataclass(frozen=True)
class Sizes:
    """How large the networks and their inputs are.

    Attributes:
        bottleneck: whether the residual blocks have three convolutions, as from ResNet-50 on.
        blocks: residual blocks in each of the four stages.
        pixels: width and height of the image.
        width: width of the encoder.
        layers: layers of the encoder.
        heads: attention heads of a layer.
        tokens: ids of a text.
    """

    bottleneck: bool
    blocks: tuple[int, int, int, int]
    pixels: int
    width: int
    layers: int
    heads: int
    tokens: int


# ResNet-18 and a small encoder for a CPU; ResNet-50 and an encoder of BERT's base size for a GPU.
CPU = Sizes(False, (2, 2, 2, 2), 96, 256, 4, 4, 64)
GPU = Sizes(True, (3, 4, 6, 3), 224, 768, 12, 12, 128)


def sizes(device: str) -> Sizes:
    """Returns the sizes for `cpu` or `cuda`."""
    return GPU if device.startswith("cuda") else CPU


def _convolution(inputs: int, outputs: int, kernel: int, stride: int = 1) -> nn.Sequential:
    padding = kernel // 2
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False), nn.BatchNorm2d(outputs)
    )


class Residual(nn.Module):  # type: ignore[misc]  # torch is not followed
    """A residual block: two convolutions, or three around a narrow one."""

    def __init__(self, inputs: int, width: int, stride: int, bottleneck: bool) -> None:
        super().__init__()
        outputs = width * 4 if bottleneck else width
        if bottleneck:
            parts: Sequence[nn.Module] = (
                _convolution(inputs, width, 1),
                nn.ReLU(),
                _convolution(width, width, 3, stride),
                nn.ReLU(),
                _convolution(width, outputs, 1),
            )
        else:
            parts = (_convolution(inputs, width, 3, stride), nn.ReLU(), _convolution(width, width, 3))
        self.body = nn.Sequential(*parts)
        same = stride == 1 and inputs == outputs
        self.shortcut: nn.Module = nn.Identity() if same else _convolution(inputs, outputs, 1, stride)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Returns the features of the next block."""
        return torch.relu(self.body(images) + self.shortcut(images))


def residual_network(device: str) -> nn.Module:
    """Returns the residual network: images of three channels in, 1000 logits out."""
    torch.manual_seed(SEED)
    chosen = sizes(device)
    parts: list[nn.Module] = [_convolution(3, 64, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    inputs = 64
    for stage, count in enumerate(chosen.blocks):
        width = 64 << stage
        for index in range(count):
            stride = 2 if stage > 0 and index == 0 else 1
            parts.append(Residual(inputs, width, stride, chosen.bottleneck))
            inputs = width * 4 if chosen.bottleneck else width
    parts += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, 1000)]
    return nn.Sequential(*parts).eval().to(device)


class Encoder(nn.Module):  # type: ignore[misc]  # torch is not followed
    """A transformer encoder with learned positions and the mean of the tokens as its answer."""

    def __init__(self, chosen: Sizes) -> None:
        super().__init__()
        self.words = nn.Embedding(VOCABULARY, chosen.width)
        self.places = nn.Parameter(torch.randn(chosen.tokens, chosen.width) * 0.02)
        layer = nn.TransformerEncoderLayer(
            chosen.width, chosen.heads, chosen.width * 4, dropout=0.0, batch_first=True
        )
        self.layers = nn.TransformerEncoder(layer, chosen.layers, enable_nested_tensor=False)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """Returns a vector for each text."""
        mean: torch.Tensor = self.layers(self.words(ids) + self.places).mean(dim=1)
        return mean


def encoder(device: str) -> nn.Module:
    """Returns the encoder: ids in, one vector a text out."""
    torch.manual_seed(SEED)
    return Encoder(sizes(device)).eval().to(device)
