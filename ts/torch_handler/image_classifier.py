"""Classification of images: the most probable labels of each."""

from __future__ import annotations

from typing import Any

from ts.torch_handler.image_transforms import imagenet
from ts.torch_handler.vision_handler import VisionHandler
from ts.utils.util import map_class_to_label


class ImageClassifier(VisionHandler):
    """Answers each image with `{label: probability}` of its most probable classes."""

    topk: int = 5
    image_processing = imagenet()

    def set_max_result_classes(self, topk: int) -> None:
        """Sets how many classes an answer has."""
        self.topk = topk

    def get_max_result_classes(self) -> int:
        """Returns how many classes an answer has."""
        return self.topk

    def postprocess(self, data: Any) -> Any:
        """Returns the most probable classes of each image, the first being the most probable."""
        import torch

        probabilities = torch.nn.functional.softmax(data, dim=1)
        values, classes = torch.topk(probabilities, min(self.topk, probabilities.shape[1]), dim=1)
        return map_class_to_label(values.tolist(), self.mapping, classes.tolist())
