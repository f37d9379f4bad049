"""A type of Flash Serve; see `ts.compat.flash.types`."""

from ts.compat.flash.types import BBox

__all__ = ["BBox"]
