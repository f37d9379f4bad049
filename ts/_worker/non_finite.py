"""Numbers that JSON has no form for, and what stands in their place."""

from __future__ import annotations

import enum
import json
import math
from collections.abc import Callable
from typing import Any


class NonFinite(str, enum.Enum):
    """What becomes of a number in an answer that is not a number, or infinite."""

    TEXT = "text"
    """`NaN`, `Infinity`, `-Infinity`: what Python writes and many parsers refuse."""
    NULL = "null"
    ERROR = "error"
    """The answer is refused; the error says where the number is."""

    @classmethod
    def of(cls, name: str | None) -> NonFinite:
        """Returns the value of LOAD's field `non_finite`; null when it is absent.

        Raises:
            ValueError: there is no such value.
        """
        try:
            return cls(name or cls.NULL)
        except ValueError:
            known = ", ".join(member.value for member in cls)
            raise ValueError(f"non_finite: {name!r} (expected: one of {known})") from None


class NonFiniteNumber(Exception):
    """An answer holds a number that JSON has no form for; the text says where."""


class Replacement:
    """Makes a copy of a value in which each such number is None.

    Args:
        default: gives other types a form of dicts, lists and plain values, as for `json.dumps`.
        non_finite: NULL or ERROR.

    Attributes:
        found: whether there was any.
    """

    def __init__(self, default: Callable[[Any], Any], non_finite: NonFinite) -> None:
        self._default = default
        self._non_finite = non_finite
        self.found = False

    def copy(self, value: Any, path: str = "") -> Any:
        """Returns the copy.

        Raises:
            NonFiniteNumber: there is one, and it is to be an error.
            TypeError: JSON has no form for some other value.
            RecursionError: the value contains itself.
        """
        if isinstance(value, float):
            return value if math.isfinite(value) else self._replaced(value, path)
        if value is None or isinstance(value, (str, int)):
            return value
        if isinstance(value, dict):
            return {
                self._key(key): self.copy(entry, f"{path}.{key}" if path else str(key))
                for key, entry in value.items()
            }
        if isinstance(value, (list, tuple)):
            return [self.copy(entry, f"{path}[{index}]") for index, entry in enumerate(value)]
        return self.copy(self._default(value), path)

    def _replaced(self, value: float, path: str) -> None:
        self.found = True
        if self._non_finite is NonFinite.ERROR:
            place = f"{path}: " if path else ""
            raise NonFiniteNumber(f"{place}{float(value)} (expected: a finite number, with nonFinite: error)")

    def _key(self, key: Any) -> Any:
        if isinstance(key, float) and not math.isfinite(key):
            self.found = True
            return json.dumps(key)  # names are texts in JSON, so this one is well-formed
        return key
