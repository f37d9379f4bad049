"""What marks the method that is served; see `ts.compat.flash`."""

from ts.compat.flash import expose

__all__ = ["expose"]
