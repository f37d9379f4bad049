"""Endpoints, models and connections of Flash Serve; see `ts.compat.flash`."""

from ts.compat.flash import Endpoint, Servable
from ts.compat.flash.ports import Connection, Parameter

__all__ = ["Connection", "Endpoint", "Parameter", "Servable"]
