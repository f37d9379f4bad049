"""The base class of handlers for images."""

from __future__ import annotations

import base64
import io
from typing import Any

from ts.torch_handler.base_handler import BaseHandler
from ts.torch_handler.devices import moved
from ts.torch_handler.image_transforms import imagenet


class VisionHandler(BaseHandler):
    """Decodes images into one tensor for the model.

    A request's `data` or `body` is an image file, its base64 text, or a nested list of numbers; behind an
    envelope a request may be such a value itself. Subclasses set `image_processing`: what turns a PIL image,
    in the mode that its file has, into a tensor.
    """

    image_processing: Any = imagenet()
    _ig: Any = None

    def initialize(self, context: Any) -> None:
        """Loads the model, and lifts Pillow's limit of pixels when the configuration says so."""
        super().initialize(context)
        if not context.system_properties.get("limit_max_image_pixels", True):
            from PIL import Image

            Image.MAX_IMAGE_PIXELS = None

    @property
    def ig(self) -> Any:
        """Integrated gradients of the model; needs the package captum.

        Raises:
            ModuleNotFoundError: captum is not installed.
        """
        if self._ig is None:
            try:
                from captum.attr import IntegratedGradients
            except ModuleNotFoundError as fault:
                raise ModuleNotFoundError(
                    "explanations need the package captum, which is not installed"
                ) from fault
            self._ig = IntegratedGradients(self.model)
        return self._ig

    @ig.setter
    def ig(self, value: Any) -> None:
        self._ig = value

    def preprocess(self, data: Any) -> Any:
        """Returns the batch's images as one tensor on the device."""
        import torch

        images = [self._tensor_of(row) for row in data]
        return moved(torch.stack(images), self.device)

    def _tensor_of(self, row: Any) -> Any:
        import torch

        image = _image_of(row)
        if isinstance(image, str):
            image = base64.b64decode(image)
        if isinstance(image, (bytes, bytearray, memoryview)):
            from PIL import Image

            return self.image_processing(Image.open(io.BytesIO(image)))
        if isinstance(image, (list, tuple)):
            return torch.FloatTensor(image)
        if hasattr(image, "__array__"):  # arrays and tensors of an envelope
            return torch.as_tensor(image, dtype=torch.float32)
        raise ValueError(
            f"image: {type(image).__name__} (expected: a file, base64 text or a list, as data or body)"
        )

    def get_insights(self, tensor_data: Any, _: Any, target: Any = 0) -> Any:
        """Returns each pixel's share in the model's output for a class."""
        return self.ig.attribute(tensor_data, target=target, n_steps=15).tolist()


def _image_of(row: Any) -> Any:
    if not isinstance(row, dict):
        return row
    return next((row[name] for name in ("data", "body", "b64") if row.get(name) is not None), None)
