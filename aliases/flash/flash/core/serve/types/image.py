"""A type of Flash Serve; see `ts.compat.flash.types`."""

from ts.compat.flash.types import Image

__all__ = ["Image"]
