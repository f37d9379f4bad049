"""Fields that a request left out: msgspec leaves the defaults of dataclasses in the class, where its own
encoder does not look for them, so an answer that is made of a request would lose them.
"""

from __future__ import annotations

import types
from collections import abc
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

Fill = Callable[[Any], None]
_SEQUENCES = (list, tuple, set, frozenset, abc.Sequence, abc.MutableSequence, abc.Set)
_MARKS = ("NotRequired", "Required", "ReadOnly")
_MAPPINGS = (dict, abc.Mapping, abc.MutableMapping)


def filler(kind: Any) -> Fill | None:
    """Returns what sets, in a decoded value of a type, the defaults that it has only by its class; None when
    there can be none, so that nobody looks through large lists for nothing.
    """
    return _filler(kind, {})


def _filler(kind: Any, known: dict[Any, list[Fill]]) -> Fill | None:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated or getattr(origin, "_name", None) in _MARKS:
        return _filler(arguments[0], known)
    if origin in (Union, types.UnionType):
        return _of_union([_filler(one, known) for one in arguments], arguments)
    if origin in _SEQUENCES:
        entry = _first([_filler(one, known) for one in arguments if one is not ...])
        return None if entry is None else lambda value: _each(entry, value)
    if origin in _MAPPINGS:
        item = _filler(arguments[-1], known)
        return None if item is None else lambda value: _each(item, value.values())
    return _of_class(kind, known) if isinstance(kind, type) else None


def _each(fill: Fill, values: Any) -> None:
    for value in values:
        fill(value)


def _first(fills: list[Fill | None]) -> Fill | None:
    found = [one for one in fills if one is not None]
    # Entries of a tuple may be of several types.
    return None if not found else found[0] if len(found) == len(fills) == 1 else _fill_any


def _of_union(fills: list[Fill | None], members: tuple[Any, ...]) -> Fill | None:
    found = [one for one in fills if one is not None]
    if not found:
        return None
    if len(members) == 1 + (type(None) in members):
        only = found[0]
        return lambda value: None if value is None else only(value)
    return _fill_any


def _of_class(kind: type, known: dict[Any, list[Fill]]) -> Fill | None:
    is_ours = is_dataclass(kind) or hasattr(kind, "__struct_fields__") or hasattr(kind, "__total__")
    if not is_ours:
        return None
    if kind in known:  # within itself
        holder = known[kind]
        return lambda value: holder[0](value)
    known[kind] = holder = [_fill_any]
    try:
        hints = get_type_hints(kind, include_extras=True)
    except (NameError, TypeError):
        return _fill_any
    inner = {name: one for name, hint in hints.items() if (one := _filler(hint, known)) is not None}
    defaults = _defaults(kind) if is_dataclass(kind) else {}
    if not inner and not defaults:
        return None
    holder[0] = _of_mapping(inner) if hasattr(kind, "__total__") else _of_object(inner, defaults)
    return holder[0]


def _of_mapping(inner: Mapping[str, Fill]) -> Fill:
    def fill(value: Any) -> None:
        for name, one in inner.items():
            if name in value:
                one(value[name])

    return fill


def _of_object(inner: Mapping[str, Fill], defaults: Mapping[str, Any]) -> Fill:
    def fill(value: Any) -> None:
        own = getattr(value, "__dict__", None)
        if own is not None:  # msgspec fills slots
            for name, default in defaults.items():
                own.setdefault(name, default)
        for name, one in inner.items():
            one(getattr(value, name))

    return fill


def _defaults(kind: Any) -> Mapping[str, Any]:
    return {one.name: one.default for one in fields(kind) if one.default is not MISSING}


def _fill_any(value: Any) -> None:
    """Fills a value whose type says too little."""
    if isinstance(value, (list, tuple, set, frozenset)):
        _each(_fill_any, value)
    elif isinstance(value, dict):
        _each(_fill_any, value.values())
    elif is_dataclass(value):
        own = getattr(value, "__dict__", None)
        if own is not None:
            kind: Any = type(value)
            own.update({**_defaults(kind), **own})
        _each(_fill_any, [getattr(value, one.name) for one in fields(value)])
    else:
        _each(_fill_any, [getattr(value, name) for name in getattr(value, "__struct_fields__", ())])
