"""Components of Flash Serve; see `ts.compat.flash`."""

from ts.compat.flash import ModelComponent

__all__ = ["ModelComponent"]
