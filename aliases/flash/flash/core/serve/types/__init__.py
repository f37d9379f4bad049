"""The types of Flash Serve; see `ts.compat.flash.types`."""

from ts.compat.flash.types import BaseType, BBox, Image, Label, Number, Repeated, Table, Text

__all__ = ["BBox", "BaseType", "Image", "Label", "Number", "Repeated", "Table", "Text"]
