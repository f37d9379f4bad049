"""Pictures."""

from __future__ import annotations

import binascii
import io
import warnings
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import Any

from ts.compat.flash.types.base import BadInput, BaseType

_BYTE = 255


@dataclass(unsafe_hash=True)
class Image(BaseType):
    """A picture, base64 in JSON; the method gets a tensor of its pixels.

    The tensor has the shape (1, height, width, channels), with as many channels as the picture has: three of
    a photo, four of one with transparency, and no dimension for the only channel of a grey one.

    Args:
        height: to which pictures that are received are resized, if `width` is set too.
        width: like `height`.
        extension: the format of pictures that are answered, as a file's ending.
        mode: of PIL, to which pictures that are answered are converted.
        channel_first: without effect, as in Flash Serve; the method says how it wants the channels.
    """

    height: int | None = None
    width: int | None = None
    extension: str = "JPEG"
    mode: str = "RGB"
    channel_first: bool = False

    def __post_init__(self) -> None:
        if self.channel_first:
            warnings.warn(
                "Image: channel_first has no effect (expected: `permute` in the method)", stacklevel=3
            )

    def deserialize(self, data: str) -> Any:
        """Makes a tensor of a picture in base64, whose padding may be missing."""
        import numpy as np
        import torch
        from PIL import Image as Pictures
        from PIL import UnidentifiedImageError

        if data.startswith("data:"):
            raise BadInput("a data URL (expected: what stands behind its comma, base64)")
        try:
            content = b64decode(data + "=" * (-len(data) % 4))
        except (binascii.Error, ValueError) as fault:
            raise BadInput(f"no base64: {fault}") from fault
        try:
            picture: Any = Pictures.open(io.BytesIO(content))
            if self.height and self.width:
                picture = picture.resize((self.width, self.height))
            pixels = np.array(picture)
        except UnidentifiedImageError as fault:
            raise BadInput(f"{len(content)} bytes are no picture (expected: JPEG, PNG, …)") from fault
        except (OSError, SyntaxError, ValueError, Pictures.DecompressionBombError) as fault:
            raise BadInput(f"{len(content)} bytes are no picture: {fault}") from fault
        return torch.from_numpy(pixels).unsqueeze(0)

    def serialize(self, data: Any) -> str:
        """Returns a tensor of one picture in base64.

        Raises:
            ValueError: it is no picture.
        """
        from PIL import Image as Pictures

        pixels = data.detach().cpu().numpy() if hasattr(data, "detach") else data
        if pixels.ndim == 4:
            if pixels.shape[0] != 1:
                raise ValueError(f"Image: {pixels.shape[0]} pictures (expected: 1)")
            pixels = pixels[0]
        elif pixels.ndim == 3 and pixels.shape[0] == 1:
            pixels = pixels[0]
        if pixels.ndim == 3 and pixels.shape[-1] == 1:
            pixels = pixels[..., 0]
        wrong = (
            f"Image: a tensor of {pixels.dtype} and the shape {tuple(data.shape)} "
            "(expected: bytes, (1, height, width, channels))"
        )
        if pixels.ndim not in (2, 3):
            raise ValueError(wrong)
        try:
            picture = Pictures.fromarray(_bytes(pixels))
        except TypeError as fault:
            raise ValueError(wrong) from fault
        if picture.mode != self.mode:
            picture = picture.convert(self.mode)
        kind = {"JPG": "JPEG", "TIF": "TIFF"}.get(self.extension.upper(), self.extension.upper())
        content = io.BytesIO()
        picture.save(content, kind)
        return b64encode(content.getvalue()).decode()


def _bytes(pixels: Any) -> Any:
    """Returns whole numbers as bytes, such as the classes of pixels; other arrays as they are."""
    if pixels.dtype.kind not in "iu" or pixels.dtype.itemsize == 1 or not pixels.size:
        return pixels
    low, high = int(pixels.min()), int(pixels.max())
    if low < 0 or high > _BYTE:
        raise ValueError(f"Image: pixels from {low} to {high} (expected: from 0 to {_BYTE})")
    return pixels.astype("uint8")
