"""Members that a document has and its type does not. msgspec passes them over in dataclasses and typed
dictionaries, so that a misspelt name would mean its default; structs (`forbid_unknown_fields`) and pydantic
models (`extra`) say themselves what is to become of them.
"""

from __future__ import annotations

from collections import abc
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from types import GenericAlias, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec

from mariner.faults import steps_of

_SEQUENCES = (list, set, frozenset, abc.Sequence, abc.MutableSequence, abc.Set)
_MAPPINGS = (dict, abc.Mapping, abc.MutableMapping)
_MARKS = ("NotRequired", "Required", "ReadOnly")


@dataclass(frozen=True)
class Members:
    """Which members the documents of a type have.

    Attributes:
        outline: a type with the same members, whatever their values; it does not take others.
        closed: names of the classes whose other members only the outline refuses; empty: msgspec looks at all
            by itself.
    """

    outline: Any
    closed: frozenset[str]

    @classmethod
    def of(cls, kind: Any) -> Members | None:
        """Returns those of a type; None when it has no members of fixed names, or too many forms."""
        closed: list[Any] = []
        outline = _outline(kind, (), closed)
        try:
            msgspec.json.Decoder(outline)
        except TypeError:  # a union that msgspec tells apart by what an outline lacks
            return None
        return None if outline is None else cls(outline, frozenset(one.__name__ for one in closed))

    def at(self, path: str) -> Sequence[str]:
        """Returns the names at a place of a document: `$.items[3]`."""
        kind = self.outline
        for name, index in steps_of(path):
            kind = next(_below(kind, name, index), Any)
        return next((one.__struct_encode_fields__ for one in _each(kind) if _is_struct(one)), ())


def _is_closed(kind: Any) -> bool:
    """Returns whether a type is of those whose other members are refused here."""
    return isinstance(kind, type) and (is_dataclass(kind) or hasattr(kind, "__total__"))


def _outline(kind: Any, within: tuple[Any, ...], closed: list[Any]) -> Any:
    """Returns the outline of a type, None when it has none; adds to `closed` what msgspec does not check."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated or getattr(origin, "_name", None) in _MARKS:
        return _outline(arguments[0], within, closed)
    inner = [_outline(one, within, closed) for one in arguments]
    if origin in (Union, UnionType):
        ours = tuple(outline or one for one, outline in zip(arguments, inner, strict=True))
        return Union[ours] if any(inner) else None  # noqa: UP007  # made of what is known only now
    if origin in _MAPPINGS:
        return None if inner[-1] is None else GenericAlias(dict, (Any, inner[-1]))
    if origin in _SEQUENCES or (origin is tuple and arguments[-1] is ...):
        return None if inner[0] is None else GenericAlias(list, (inner[0],))
    if origin is tuple:
        ours = tuple(Any if one is None else one for one in inner)
        return GenericAlias(tuple, ours) if any(inner) else None
    return _of_class(origin or kind, within, closed)


def _of_class(kind: Any, within: tuple[Any, ...], closed: list[Any]) -> Any:
    # Of a tree, only the first level is looked at.
    if kind in within or not (
        _is_closed(kind) or (_is_struct(kind) and not kind.__struct_config__.array_like)
    ):
        return None
    try:
        hints = get_type_hints(kind, include_extras=True)
    except (NameError, TypeError):
        return None
    names, is_open = _names(kind, hints)
    if _is_closed(kind):
        closed.append(kind)
    outlines = {told: _outline(hints[own], (*within, kind), closed) for own, told in names.items()}
    if is_open and not any(outlines.values()):
        return None
    told = list(names.values())
    config = kind.__struct_config__ if _is_struct(kind) else None
    ours = [(f"m{n}", outlines.get(name) or msgspec.Raw, msgspec.UNSET) for n, name in enumerate(told)]
    return msgspec.defstruct(
        "Outline",
        ours,
        rename={f"m{n}": name for n, name in enumerate(told)},
        forbid_unknown_fields=not is_open,
        tag_field=config and config.tag_field,
        tag=config and config.tag,
        kw_only=True,
    )


def _names(kind: Any, hints: dict[str, Any]) -> tuple[dict[str, str], bool]:
    """Returns the attributes of a class by their names in documents, and whether it takes others."""
    if is_dataclass(kind):
        return {one.name: one.name for one in fields(kind)}, False
    if not _is_struct(kind):
        return {name: name for name in hints}, False
    config = kind.__struct_config__
    names = dict(zip(kind.__struct_fields__, kind.__struct_encode_fields__, strict=True))
    return names, not config.forbid_unknown_fields


def _below(kind: Any, name: str | None, index: str | None) -> Iterator[Any]:
    for one in _each(kind):
        if name is not None and _is_struct(one) and name in one.__struct_encode_fields__:
            place = one.__struct_encode_fields__.index(name)
            yield get_type_hints(one)[one.__struct_fields__[place]]
        if index is not None and get_origin(one) is tuple:
            yield get_args(one)[int(index)]
        elif index is not None and get_origin(one) in (list, dict):
            yield get_args(one)[-1]


def _each(kind: Any) -> tuple[Any, ...]:
    return get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and hasattr(kind, "__struct_encode_fields__")
