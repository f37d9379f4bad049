"""The names of Flash Serve; see `ts.compat.flash`."""

from ts.compat.flash import Composition, Endpoint, ModelComponent, Servable, expose

__all__ = ["Composition", "Endpoint", "ModelComponent", "Servable", "expose"]
