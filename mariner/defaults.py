"""Fields that a request left out: msgspec leaves the defaults of dataclasses in the class, where its own
encoder does not look for them, so an answer that is made of a request would lose them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import lru_cache
from typing import Any, get_args, get_type_hints

_LISTS = (list, tuple, set, frozenset)


def has_defaults(kind: Any) -> bool:
    """Returns whether values of a type may hold dataclasses whose fields have plain defaults."""
    return _holds(kind, set())


def _holds(kind: Any, seen: set[Any]) -> bool:
    if isinstance(kind, type):
        if kind in seen:
            return False
        seen.add(kind)
        if is_dataclass(kind) and _defaults(kind):
            return True
        if is_dataclass(kind) or hasattr(kind, "__annotations__"):
            try:
                inner = get_type_hints(kind, include_extras=True).values()
            except (NameError, TypeError):
                return True
            return any(_holds(one, seen) for one in inner)
    return any(_holds(one, seen) for one in get_args(kind))


@lru_cache(maxsize=256)
def _defaults(kind: type) -> Mapping[str, Any]:
    return {one.name: one.default for one in fields(kind) if one.default is not MISSING}


def fill(value: Any) -> None:
    """Sets the defaults that a decoded value has only by its class, and those of all that it holds."""
    if isinstance(value, _LISTS):
        for one in value:
            fill(one)
    elif isinstance(value, dict):
        for one in value.values():
            fill(one)
    elif is_dataclass(value):
        own = getattr(value, "__dict__", None)
        if own is None:
            return  # with slots, which msgspec fills
        kind: Any = type(value)
        for name, default in _defaults(kind).items():
            own.setdefault(name, default)
        for one in own.values():
            fill(one)
    else:
        for name in getattr(value, "__struct_fields__", ()):
            fill(getattr(value, name))
