"""JSON of requests by orjson: the values of `json.loads`, sooner.

What orjson does not take is read by the standard decoder, which takes more (NaN, other encodings than UTF-8,
halves of surrogate pairs); so are texts with whole numbers that orjson would make floats of.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

Loads = Callable[[bytes | bytearray], Any]

# The least whole number that orjson makes a float of, -(2 ** 63) - 1, has nineteen digits.
_MANY_DIGITS = b"0" * 19
_DIGITS = bytes(ord("0") if chr(code).isdecimal() and code < 128 else ord(" ") for code in range(256))


def read_json(body: bytes | bytearray) -> Any:
    """Returns what `json.loads(body)` returns, and raises what that raises."""
    if _LOADS is not None and _MANY_DIGITS not in body.translate(_DIGITS):
        try:
            return _LOADS(body)
        except ValueError:
            pass
    return json.loads(body)


def _installed_loads() -> Loads | None:
    try:
        from orjson import loads
    except ImportError:
        return None
    return loads


# Imported before any model: orjson takes types from uuid and dataclasses, and crashes when a model's own
# modules of such names stand in for them.
_LOADS = _installed_loads()
