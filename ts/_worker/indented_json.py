"""JSON indented by two spaces: the text of `json.dumps(value, indent=2)`, sooner.

The standard encoder indents in Python code. What orjson can write is left to that. Of the rest, lists of
numbers are written by the standard encoder's C part, which makes text without line breaks only: but in a
container of plain values an indent is no more than another separator.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from json.encoder import encode_basestring_ascii
from types import NoneType
from typing import Any, NamedTuple

from ts._worker.document_json import document
from ts._worker.float_json import LEAST, float_list

_PLAIN = frozenset({str, int, float, bool, NoneType})
_FLOATS = frozenset({float})
_DEEPEST = 8


class _Unusual(Exception):
    """The value is for the standard encoder alone."""


class _Level(NamedTuple):
    """What stands between the entries of a container, and how one of plain values is encoded."""

    opening: str
    separator: str
    closing: str
    encode: Callable[[Any], str]


def _level(depth: int, finite: bool) -> _Level:
    opening, closing = "\n" + "  " * (depth + 1), "\n" + "  " * depth
    separator = "," + opening
    encoder = json.JSONEncoder(separators=(separator, ": "), allow_nan=not finite)
    return _Level(opening, separator, closing, encoder.encode)


_LEVELS = tuple(_level(depth, finite=False) for depth in range(_DEEPEST))
_FINITE_LEVELS = tuple(_level(depth, finite=True) for depth in range(_DEEPEST))


def indented_json(value: Any, default: Callable[[Any], Any], finite: bool = False) -> str:
    """Returns what `json.dumps(value, indent=2, default=default, allow_nan=not finite)` returns.

    Raises:
        TypeError, ValueError, RecursionError: as `json.dumps` does.
    """
    text = document(value, default)
    if text is not None:
        return text
    try:
        return _text(value, 0, _FINITE_LEVELS if finite else _LEVELS)
    except _Unusual:
        return json.dumps(value, indent=2, default=default, allow_nan=not finite)


def _text(value: Any, depth: int, levels: tuple[_Level, ...]) -> str:
    """Returns the text of a list, tuple or dictionary of such and of plain values.

    Raises:
        _Unusual: it is something else, has keys that are no text, or is nested too deep.
    """
    kind = type(value)
    if kind is dict:
        if not set(map(type, value)) <= {str}:
            raise _Unusual
        entries = value.values()
    elif kind is list or kind is tuple:
        entries = value
    else:
        raise _Unusual
    if not value:
        return "{}" if kind is dict else "[]"
    if depth == _DEEPEST:
        raise _Unusual
    opening, separator, closing, encode = levels[depth]
    kinds = set(map(type, entries))
    if kinds <= _PLAIN:
        floats = None
        if kinds == _FLOATS and kind is not dict and len(value) >= LEAST:
            floats = float_list(value)
        flat = encode(value) if floats is None else floats.replace(",", separator)
        return f"{flat[0]}{opening}{flat[1:-1]}{closing}{flat[-1]}"
    texts = [encode(entry) if type(entry) in _PLAIN else _text(entry, depth + 1, levels) for entry in entries]
    if kind is dict:
        texts = [f"{encode_basestring_ascii(key)}: {text}" for key, text in zip(value, texts, strict=True)]
        return f"{{{opening}{separator.join(texts)}{closing}}}"
    return f"[{opening}{separator.join(texts)}{closing}]"
