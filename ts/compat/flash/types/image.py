"""Pictures."""

from __future__ import annotations

import binascii
import io
from base64 import b64decode, b64encode
from typing import Any

from ts.compat.flash.types.base import BadInput, BaseType


class Image(BaseType):
    """A picture, base64 in JSON; the method gets a tensor of bytes of the shape (1, height, width, channels).

    Args:
        height: to which pictures are resized, if `width` is set too.
        width: like `height`.
        extension: the format of pictures that are answered, as a file's ending.
        mode: of PIL, to which pictures are converted.
        channel_first: whether tensors are (1, channels, height, width).
    """

    def __init__(
        self,
        height: int | None = None,
        width: int | None = None,
        extension: str = "JPEG",
        mode: str = "RGB",
        channel_first: bool = False,
    ) -> None:
        self.height = height
        self.width = width
        self.extension = extension
        self.mode = mode
        self.channel_first = channel_first

    def deserialize(self, data: str) -> Any:
        """Makes a tensor of a picture in base64, whose padding may be missing."""
        import numpy as np
        import torch
        from PIL import Image as Pictures

        try:
            content = b64decode(data + "=" * (-len(data) % 4))
        except (binascii.Error, ValueError) as fault:
            raise BadInput(f"no base64: {fault}") from fault
        try:
            picture: Any = Pictures.open(io.BytesIO(content)).convert(self.mode)
        except (OSError, SyntaxError, ValueError, Pictures.DecompressionBombError) as fault:
            raise BadInput(f"{len(content)} bytes are no picture: {fault}") from fault
        if self.height and self.width:
            picture = picture.resize((self.width, self.height))
        pixels = torch.from_numpy(np.array(picture))
        if pixels.ndim == 2:
            pixels = pixels.unsqueeze(-1)
        return (pixels.permute(2, 0, 1) if self.channel_first else pixels).unsqueeze(0)

    def serialize(self, data: Any) -> str:
        """Returns a tensor of one picture in base64."""
        from PIL import Image as Pictures

        pixels = data.detach().cpu() if hasattr(data, "detach") else data
        if pixels.ndim == 4:
            if pixels.shape[0] != 1:
                raise ValueError(f"Image: {pixels.shape[0]} pictures (expected: 1)")
            pixels = pixels[0]
        if pixels.ndim not in (2, 3):
            shape = tuple(data.shape)
            raise ValueError(f"Image: a tensor of the shape {shape} (expected: (1, height, width, channels))")
        if self.channel_first and pixels.ndim == 3:
            pixels = pixels.permute(1, 2, 0) if hasattr(pixels, "permute") else pixels.transpose(1, 2, 0)
        array = (pixels.numpy() if hasattr(pixels, "numpy") else pixels).astype("uint8")
        picture = Pictures.fromarray(array[..., 0] if array.shape[-1:] == (1,) else array)
        kind = {"JPG": "JPEG", "TIF": "TIFF"}.get(self.extension.upper(), self.extension.upper())
        content = io.BytesIO()
        if kind == "JPEG" and picture.mode not in ("L", "RGB", "CMYK"):
            picture = picture.convert("RGB")
        picture.save(content, kind)
        return b64encode(content.getvalue()).decode()
