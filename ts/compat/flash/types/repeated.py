"""Lists of values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ts.compat.flash.types.base import BadInput, BaseType


class TooLong(BadInput, RuntimeError):
    """A list has too many entries."""


class Repeated(BaseType):
    """A list of values of one type; the method gets a tuple.

    Args:
        dtype: of the entries, no list itself.
        max_len: most entries; None: any number.

    Raises:
        TypeError: the type can't be repeated.
        ValueError: `max_len` is no whole number from 1 on.
    """

    def __init__(self, dtype: BaseType, max_len: int | None = None) -> None:
        if not isinstance(dtype, BaseType) or isinstance(dtype, Repeated):
            raise TypeError(f"Repeated: {dtype!r} (expected: an object of another type)")
        if max_len is not None and type(max_len) is not int:
            raise TypeError(f"Repeated: max_len: {max_len!r} (expected: a whole number >= 1)")
        if max_len is not None and max_len < 1:
            raise ValueError(f"Repeated: max_len: {max_len} (expected: a whole number >= 1)")
        self.dtype = dtype
        self.max_len = max_len

    def deserialize(self, *entries: dict[str, Any]) -> tuple[Any, ...]:
        """Makes a tuple of the fields of each entry."""
        self._check(entries)
        return tuple(self.dtype.deserialize(**fields) for fields in entries)

    def serialize(self, data: Sequence[Any]) -> list[Any]:
        """Returns the entries as JSON has them."""
        self._check(data)
        return [self.dtype.serialize(entry) for entry in data]

    def _check(self, entries: Sequence[Any]) -> None:
        if self.max_len is not None and len(entries) > self.max_len:
            raise TooLong(f"{len(entries)} entries (expected: at most {self.max_len})")
