"""What all types have in common in Flash Serve; see `ts.compat.flash.types`."""

from ts.compat.flash.types import BaseType

__all__ = ["BaseType"]
