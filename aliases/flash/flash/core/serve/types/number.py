"""A type of Flash Serve; see `ts.compat.flash.types`."""

from ts.compat.flash.types import Number

__all__ = ["Number"]
