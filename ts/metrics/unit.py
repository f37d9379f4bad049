"""Units of metrics, and the short names that handlers give for them."""

from __future__ import annotations

import types
from collections.abc import Mapping


class Units:
    """Unit names as they appear in metric lines; `units` maps the short names to them."""

    def __init__(self) -> None:
        self.units: dict[str | None, str] = {
            "ms": "Milliseconds",
            "s": "Seconds",
            "percent": "Percent",
            "count": "Count",
            "MB": "Megabytes",
            "GB": "Gigabytes",
            "kB": "Kilobytes",
            "B": "Bytes",
            None: "unit",
            "": "unit",
        }


UNITS: Mapping[str | None, str] = types.MappingProxyType(Units().units)


def unit_name(unit: str | None) -> str:
    """Returns the full name of a unit; one that is not known stays as it is."""
    return UNITS.get(unit) or str(unit)
