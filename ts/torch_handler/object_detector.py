"""Detection of objects in images."""

from __future__ import annotations

from typing import Any

from ts.torch_handler.devices import moved
from ts.torch_handler.image_transforms import Compose, ToRGB, ToTensor
from ts.torch_handler.vision_handler import VisionHandler
from ts.utils.util import map_class_to_label


class ObjectDetector(VisionHandler):
    """Answers each image with a list of `{label: box, "score": score}`, for models of torchvision's kind."""

    image_processing = Compose([ToRGB(), ToTensor()])
    threshold: float = 0.5

    def preprocess(self, data: Any) -> Any:
        """Returns the images as one tensor, or as a list of tensors when their sizes differ."""
        import torch

        images = [moved(self._tensor_of(row), self.device) for row in data]
        same = all(image.shape == images[0].shape for image in images)
        return torch.stack(images) if same else images

    def postprocess(self, data: Any) -> Any:
        """Returns the objects of each image whose score reaches the threshold."""
        return [self._objects(found) for found in data]

    def _objects(self, found: Any) -> list[dict[str, Any]]:
        boxes, labels, scores = (found[key].tolist() for key in ("boxes", "labels", "scores"))
        objects = []
        for box, label, score in zip(boxes, labels, scores, strict=False):
            if score >= self.threshold:
                entry = map_class_to_label([[box]], self.mapping, [[label]])[0]
                objects.append({**entry, "score": score})
        return objects
