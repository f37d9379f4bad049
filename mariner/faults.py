"""What is wrong with a document, by field."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from mariner.errors import InvalidRequest
from mariner.hints import type_name

MISSING: Any = msgspec.NODEFAULT
_FAULT = re.compile(r"(?P<what>.*?)(?: - at `(?P<path>[^`]*)`)?", re.DOTALL)
_EXPECTED = re.compile(r"Expected `(?P<wanted>[^`]*)`(?P<bound>.*?), got `(?P<got>[^`]*)`", re.DOTALL)
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]")
_KEY_PATH = re.compile(r"^`?key` in ")
_NAMES = {"object": "an object", "array": "a list", "str": "str"}
_LONGEST = 60


def steps_of(path: str) -> Iterator[tuple[str | None, str | None]]:
    """Yields the steps of msgspec's paths, `$.items[3].x`: each a name, or a place (`...`: any)."""
    return ((step[1], step[2]) for step in _STEP.finditer(path.removeprefix("$")))


def invalid(
    fault: msgspec.ValidationError,
    field: str,
    document: Any,
    names: Callable[[str], Sequence[str]] | None = None,
) -> InvalidRequest:
    """Names the field of a failed check, and what was found there.

    Args:
        fault: msgspec's.
        field: where the document is.
        document: gives the document as it was received.
        names: gives the members that there may be at a path of it.
    """
    found = _FAULT.fullmatch(str(fault))
    what = found["what"] if found else str(fault)
    path = (found["path"] if found else None) or "$"
    path = _KEY_PATH.sub("", path)
    where = field + path.removeprefix("$")
    deeper = getattr(fault.__cause__, "errors", None)
    if deeper is not None and type(fault.__cause__).__module__.startswith("pydantic"):
        problems = [(where + _joined(one["loc"]), _deeper_text(one)) for one in deeper(include_url=False)]
        return InvalidRequest(problems)
    missing = re.fullmatch(r"Object missing required field `([^`]*)`", what)
    if missing:
        return InvalidRequest([(f"{where}.{missing[1]}", "missing")])
    unknown = re.fullmatch(r"Object contains unknown field `([^`]*)`", what)
    if unknown:
        known = ", ".join(names(path)) if names is not None else ""
        text = f"unknown (expected: {known})" if known else "unknown"
        return InvalidRequest([(f"{where}.{unknown[1]}", text)])
    expected = _EXPECTED.fullmatch(what)
    if expected is None:
        text = what[:1].lower() + what[1:].replace("`", "")
        value = (
            _value_at(document(), path) if text.startswith("expected") and ", got " not in text else MISSING
        )
        return InvalidRequest([(where, text if value is MISSING else f"{text}, got {shown(value)}")])
    wanted = _NAMES.get(expected["wanted"], expected["wanted"])
    got = _NAMES.get(expected["got"], expected["got"])
    value = _value_at(document(), path)
    if value is not MISSING:
        got = shown(value)
    return InvalidRequest([(where, f"expected {wanted}{expected['bound']}, got {got}".replace("`", ""))])


def _joined(steps: Sequence[Any]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)


def _deeper_text(problem: Mapping[str, Any]) -> str:
    text = str(problem["msg"])
    return f"{text[:1].lower()}{text[1:]}, got {shown(problem['input'])}"


def _value_at(document: Any, path: str) -> Any:
    value: Any = document
    for name, index in steps_of(path):
        try:
            value = value[name] if name is not None else value[int(index or 0)]
        except (KeyError, IndexError, TypeError, ValueError):
            return MISSING
    return value


def shown(value: Any) -> str:
    """Returns a value of a request as an error shows it."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, (bytes, bytearray)):
        return f"{len(value)} bytes"
    try:
        text = msgspec.json.encode(value).decode()
    except (TypeError, msgspec.EncodeError):
        return type_name(type(value))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
