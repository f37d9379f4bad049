"""Lists of floats as JSON: the text of the standard encoder, sooner.

Python writes a float that was one of 32 bits in about a microsecond, which adds up for embeddings and scores.
orjson takes a small part of that and writes the same shortest digits (https://github.com/ijl/orjson); only
where an exponent begins and how it looks differs, and that is mended here. Without orjson, or with one that
writes otherwise, lists are left to the standard encoder.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence

Dumps = Callable[[Sequence[float]], bytes]

# From here on it is faster than the standard encoder.
LEAST = 8
# What it writes as 0.000015 is 1.5e-05 in Python. To mend one takes as long as to write it in Python.
_SMALL = re.compile(r"(?<![0-9])0\.0000([0-9])([0-9]*)")
_MENDED_SHARE = 8
EVERY_FORM = (
    0.0, -0.0, 0.1, 1.0, 10.00005, 1e-4, 1e-5, -1.25e-5, 9.9e-5, 1e-6, 1.5e-7, 1e-10, 5e-324,
    1e15, 123456789012345680.0, 1e16, 1e17, 1.5e22, -1e100, 1.7976931348623157e308,
)  # fmt: skip
"""Floats of all the forms that they are written in."""


def float_list(values: Sequence[float]) -> str | None:
    """Returns the JSON of a list or tuple that holds nothing but floats, without spaces; None = it is for
    the standard encoder.
    """
    if _DUMPS is None:
        return None
    return _standard(_DUMPS(values).decode("ascii"), len(values) // _MENDED_SHARE)


def _standard(text: str, most_small: int) -> str | None:
    if "n" in text:  # null, for what is not a number or infinite
        return None
    if "0.0000" in text:
        if text.count("0.0000") > most_small:
            return None
        text = _SMALL.sub(_with_exponent, text)
    if "e-" in text:
        text = f"{text[:-1]},"
        for digit in "6789":
            text = text.replace(f"e-{digit},", f"e-0{digit},")
        text = f"{text[:-1]}]"
    return text


def _with_exponent(small: re.Match[str]) -> str:
    first, others = small.groups()
    return f"{first}.{others}e-05" if others else f"{first}e-05"


def _usable_dumps() -> Dumps | None:
    """Returns orjson's encoder if it is installed and writes what is expected of it."""
    try:
        from orjson import dumps
    except ImportError:
        return None
    expected = json.dumps(EVERY_FORM, separators=(",", ":"))
    written = _standard(dumps(EVERY_FORM).decode("ascii"), len(EVERY_FORM))
    return dumps if written == expected else None


# Imported before any model: orjson takes types from uuid and dataclasses, and crashes when a model's own
# modules of such names stand in for them.
_DUMPS = _usable_dumps()
