"""Types of inputs and outputs: how a value looks in JSON, and what a component's method gets."""

from ts.compat.flash.types.base import BaseType
from ts.compat.flash.types.bbox import BBox
from ts.compat.flash.types.image import Image
from ts.compat.flash.types.label import Label
from ts.compat.flash.types.number import Number
from ts.compat.flash.types.repeated import Repeated
from ts.compat.flash.types.table import Table
from ts.compat.flash.types.text import Text

__all__ = ["BBox", "BaseType", "Image", "Label", "Number", "Repeated", "Table", "Text"]
