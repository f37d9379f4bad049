"""Names of classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ts.compat.flash.types.base import BadInput, BaseType


class UnknownLabel(BadInput, KeyError):
    """No class has this name."""


@dataclass(unsafe_hash=True)
class Label(BaseType):
    """The name of a class; the method gets, and returns, its index.

    Args:
        path: a text file with a name on each line; without `classes`.
        classes: names in their order, or by their indices; without `path`.

    Raises:
        ValueError: both were given, or neither.
        TypeError: the classes are no list, tuple or dict, or an index is no whole number.
    """

    path: str | Path | None = None
    classes: Sequence[Any] | Mapping[int, Any] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if (self.path is None) == (self.classes is None):
            raise ValueError("Label: path and classes (expected: exactly one of them)")
        if self.path is not None:
            lines = Path(self.path).read_text(encoding="utf-8").splitlines()
            self.classes = tuple(line.strip() for line in lines)
        self._names = _by_index(self.classes)
        self._indices = {name: index for index, name in self._names.items()}

    def deserialize(self, label: str) -> Any:
        """Makes a tensor without dimensions of a name."""
        import torch

        try:
            return torch.tensor(self._indices[label])
        except KeyError:
            raise UnknownLabel(f"no class {label!r} (expected: one of {len(self._names)} names)") from None

    def serialize(self, key: Any) -> str:
        """Returns the name of an index."""
        index = key if isinstance(key, int) else int(key.item())
        try:
            return self._names[index]
        except KeyError:
            raise KeyError(f"Label: class {index} (expected: one of {len(self._names)})") from None


def _by_index(classes: Any) -> Mapping[int, str]:
    if isinstance(classes, Mapping):
        found = dict(classes)
    elif isinstance(classes, (list, tuple)):
        found = dict(enumerate(classes))
    else:
        raise TypeError(f"Label: classes: {type(classes).__name__} (expected: a list, tuple or dict)")
    for index, name in found.items():
        if type(index) is not int:
            raise TypeError(f"Label: classes: {index!r}: {name!r} (expected: whole numbers and names)")
    return {index: str(name) for index, name in found.items()}
