"""An order of 1 KB that goes back as it came: by type hints, and with none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import mariner


@dataclass
class Line:
    """One line of an order."""

    article: int
    title: str
    price: float
    tags: list[str] = field(default_factory=list)


@dataclass
class Order:
    """What is sent."""

    customer: str
    lines: list[Line]
    note: str | None = None


def typed(order: Order) -> Order:
    """Takes it as a dataclass."""
    return order


def untyped(order):  # type: ignore[no-untyped-def]  # that is the case
    """Takes it as what JSON has."""
    return order


app = mariner.App({"/typed": typed, "/untyped": untyped}, name="orders")


def order() -> dict[str, Any]:
    """Returns what JSON has for an order of 1 KB."""
    lines = [
        {"article": 1000 + n, "title": f"article number {n}", "price": 9.5 + n, "tags": ["new", "blue"]}
        for n in range(12)
    ]
    return {"customer": "somebody", "lines": lines, "note": None}
