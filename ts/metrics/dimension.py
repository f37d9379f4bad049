"""A metric's dimension."""

from __future__ import annotations

from typing import Any


class Dimension:
    """A name and a value that tell one series of a metric from another."""

    def __init__(self, name: str, value: Any) -> None:
        self.name = name
        self.value = value

    def __str__(self) -> str:
        return f"{self.name}:{self.value}"

    def __repr__(self) -> str:
        return f"Dimension({self.name!r}, {self.value!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Dimension) and (self.name, self.value) == (other.name, other.value)

    def __hash__(self) -> int:
        return hash((self.name, str(self.value)))

    def to_dict(self) -> dict[str, Any]:
        """Returns the dimension as a JSON object."""
        return {"Name": self.name, "Value": self.value}
