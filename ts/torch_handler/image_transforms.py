"""The few image transformations that the vision handlers begin with, on PIL images; torchvision is not
needed.

They compute what torchvision's transforms of the same names compute for PIL images.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

Transform = Callable[[Any], Any]


class Compose:
    """Applies transforms one after the other."""

    def __init__(self, transforms: Sequence[Transform]) -> None:
        self.transforms = list(transforms)

    def __call__(self, image: Any) -> Any:
        """Returns the transformed image."""
        for transform in self.transforms:
            image = transform(image)
        return image


class ToRGB:
    """Gives an image three channels, whatever its mode: grey, with a palette or with transparency."""

    def __call__(self, image: Any) -> Any:
        """Returns the image itself if it has them already."""
        return image if image.mode == "RGB" else image.convert("RGB")


class Resize:
    """Resizes an image so that its shorter side has so many pixels."""

    def __init__(self, size: int) -> None:
        self.size = size

    def __call__(self, image: Any) -> Any:
        """Returns the resized image."""
        from PIL import Image

        width, height = image.size
        short, long = (width, height) if width <= height else (height, width)
        if short == self.size:
            return image
        long = int(self.size * long / short)
        target = (self.size, long) if width <= height else (long, self.size)
        return image.resize(target, Image.Resampling.BILINEAR)


class CenterCrop:
    """Cuts a square out of the middle; what lies outside of the image is black."""

    def __init__(self, size: int) -> None:
        self.size = size

    def __call__(self, image: Any) -> Any:
        """Returns the middle of the image."""
        width, height = image.size
        left, top = round((width - self.size) / 2.0), round((height - self.size) / 2.0)
        return image.crop((left, top, left + self.size, top + self.size))


class ToTensor:
    """Turns an image into a float tensor (channels, height, width) with values from 0 to 1."""

    def __call__(self, image: Any) -> Any:
        """Returns the tensor."""
        import numpy
        import torch

        pixels = numpy.array(image)
        if pixels.ndim == 2:
            pixels = pixels[:, :, None]
        tensor = torch.from_numpy(pixels).permute(2, 0, 1).contiguous()
        return tensor.to(torch.float32).div(255) if tensor.dtype == torch.uint8 else tensor


class Normalize:
    """Subtracts each channel's mean and divides by its deviation."""

    def __init__(self, mean: Sequence[float], std: Sequence[float]) -> None:
        self.mean = mean
        self.std = std

    def __call__(self, tensor: Any) -> Any:
        """Returns the normalised tensor."""
        mean = tensor.new_tensor(self.mean).view(-1, 1, 1)
        return (tensor - mean) / tensor.new_tensor(self.std).view(-1, 1, 1)


def imagenet(resized: int = 256, cropped: int = 224) -> Compose:
    """Returns the usual preparation for models trained on ImageNet."""
    mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    return Compose([ToRGB(), Resize(resized), CenterCrop(cropped), ToTensor(), Normalize(mean, std)])
