"""A type of Flash Serve; see `ts.compat.flash.types`."""

from ts.compat.flash.types import Repeated

__all__ = ["Repeated"]
