"""A type of Flash Serve; see `ts.compat.flash.types`."""

from ts.compat.flash.types import Table

__all__ = ["Table"]
