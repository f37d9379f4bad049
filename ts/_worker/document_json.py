"""Whole documents as JSON by orjson: the text of the standard encoder with an indent of two, much sooner.

Texts that are not ASCII and small numbers look different there, and are mended here; numbers that JSON lacks,
classes of one's own and whatever else orjson writes otherwise, or not at all, are left to the caller. Without
orjson, or with one that writes otherwise, all documents are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from json.encoder import encode_basestring_ascii
from math import isfinite
from types import NoneType
from typing import Any

from ts._worker.float_json import EVERY_FORM

Write = Callable[[Any, Callable[[Any], Any]], bytes]

_TOLD = frozenset({str, int, bool, NoneType})
_NOT_ASCII = re.compile("[^\x00-\x7e]+")
# In indented text only a number ends a line with a digit, or with one and a comma.
_SMALL = re.compile(rb"(?<![0-9])0\.0000([0-9])([0-9]*)(?=,?$)", re.MULTILINE)
_ONE_DIGIT = re.compile(rb"e-(?=[0-9],?$)", re.MULTILINE)
# To mend one takes as long as to write it in Python: of small numbers only a few are.
_FEW_SMALL = 16
_BYTES_FOR_ONE_SMALL = 128
_SAMPLE = {
    "numbers": [*EVERY_FORM, 0, -1, 1 << 62, True, False, None],
    "texts": ["", 'quote " and \\', "\b\f\n\r\t\x00\x1f\x7f/", "e-5", "0.00001", "é\u2028\U0001f600"],
    "empty": [[], {}, [[]], {"a": {}}],
}


def document(value: Any, default: Callable[[Any], Any]) -> str | None:
    """Returns what `json.dumps(value, indent=2, default=default)` returns; None: it is for that to write.

    UUIDs and members of enumerations are written as their values, without `default`.
    """
    if _WRITE is None:
        return None
    try:
        text = _WRITE(value, default)
    except (TypeError, RecursionError):
        return None
    return _standard(text, value)


def _standard(text: bytes, value: Any) -> str | None:
    if b"null" in text and not _is_told(value):
        return None
    if b"0.0000" in text:
        if text.count(b"0.0000") > _FEW_SMALL + len(text) // _BYTES_FOR_ONE_SMALL:
            return None
        text = _SMALL.sub(_with_exponent, text)
    if b"e-" in text:
        text = _ONE_DIGIT.sub(b"e-0", text)
    if text.isascii() and b"\x7f" not in text:
        return text.decode("ascii")
    return _NOT_ASCII.sub(_escaped, text.decode("utf-8"))


def _is_told(value: Any) -> bool:
    """Whether each `null` stands for None, and none for a number that JSON lacks."""
    kind = type(value)
    if kind is float:
        return isfinite(value)
    if kind is not dict and kind is not list and kind is not tuple:
        return kind in _TOLD
    entries = value.values() if kind is dict else value
    return all(type(entry) in _TOLD or _is_told(entry) for entry in entries)


def _with_exponent(small: re.Match[bytes]) -> bytes:
    first, others = small.groups()
    return b"%b.%be-05" % (first, others) if others else b"%be-05" % first


def _escaped(run: re.Match[str]) -> str:
    return encode_basestring_ascii(run[0])[1:-1]


def _usable_writer() -> Write | None:
    """Returns orjson's encoder if it is installed and writes what is expected of it."""
    try:
        import orjson
    except ImportError:
        return None
    options = (
        orjson.OPT_INDENT_2
        | orjson.OPT_PASSTHROUGH_DATACLASS
        | orjson.OPT_PASSTHROUGH_DATETIME
        | orjson.OPT_PASSTHROUGH_SUBCLASS
    )
    dumps = orjson.dumps

    def write(value: Any, default: Callable[[Any], Any]) -> bytes:
        return dumps(value, default, options)

    for sample in (_SAMPLE, *EVERY_FORM):
        if _standard(write(sample, repr), {}) != json.dumps(sample, indent=2):
            return None
    return write


# Imported before any model: orjson takes types from uuid and dataclasses, and crashes when a model's own
# modules of such names stand in for them.
_WRITE = _usable_writer()
