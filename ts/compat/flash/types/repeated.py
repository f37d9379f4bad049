"""Lists of values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ts.compat.flash.types.base import BadInput, BaseType


class TooLong(BadInput, ValueError):
    """A list has too many entries."""


@dataclass(unsafe_hash=True)
class Repeated(BaseType):
    """A list of values of one type; the method gets a tuple.

    Args:
        dtype: of the entries, no list itself.
        max_len: most entries; None: any number.

    Raises:
        TypeError: the type can't be repeated.
        ValueError: `max_len` is no whole number from 1 on.
    """

    dtype: BaseType
    max_len: int | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.dtype, BaseType) or isinstance(self.dtype, Repeated):
            raise TypeError(f"Repeated: {self.dtype!r} (expected: an object of another type)")
        if self.max_len is None:
            return
        if type(self.max_len) is not int:
            raise TypeError(f"Repeated: max_len: {self.max_len!r} (expected: a whole number >= 1)")
        if self.max_len < 1:
            raise ValueError(f"Repeated: max_len: {self.max_len} (expected: a whole number >= 1)")

    @property
    def type_hints(self) -> Mapping[str, Any]:
        """Those of an entry."""
        return self.dtype.type_hints

    def deserialize(self, *entries: dict[str, Any]) -> tuple[Any, ...]:
        """Makes a tuple of the fields of each entry."""
        self._check(entries)
        return tuple(self.dtype.packed_deserialize(fields) for fields in entries)

    def packed_deserialize(self, fields: Any) -> tuple[Any, ...]:
        """Makes a tuple of the fields of all entries."""
        return self.deserialize(*fields)

    def serialize(self, data: Sequence[Any]) -> tuple[Any, ...]:
        """Returns the entries as JSON has them."""
        self._check(data)
        return tuple(self.dtype.serialize(entry) for entry in data)

    def _check(self, entries: Sequence[Any]) -> None:
        if self.max_len is not None and len(entries) > self.max_len:
            raise TooLong(f"{len(entries)} entries (expected: at most {self.max_len})")
