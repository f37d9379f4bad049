"""Compositions of Flash Serve; see `ts.compat.flash`."""

from ts.compat.flash import Composition

__all__ = ["Composition"]
