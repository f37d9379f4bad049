"""Segmentation of images: a class for each pixel."""

from __future__ import annotations

from typing import Any

from ts.torch_handler.image_transforms import imagenet
from ts.torch_handler.vision_handler import VisionHandler


class ImageSegmenter(VisionHandler):
    """Answers each image with `[class, probability]` for each of its pixels, row by row."""

    image_processing = imagenet()

    def postprocess(self, data: Any) -> Any:
        """Returns the most probable class of each pixel."""
        import torch

        scores = data["out"] if isinstance(data, dict) else data
        probability, classes = torch.max(torch.nn.functional.softmax(scores, dim=1), dim=1)
        return torch.stack([classes.to(probability.dtype), probability], dim=3).tolist()
