"""JSON of requests means what the standard decoder makes of it, whatever the text."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ts._worker import document_reader
from ts._worker.document_reader import read_json

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)
_NUMBERS = st.from_regex(rb"-?[0-9]{1,25}(\.[0-9]{1,25})?([eE][-+]?[0-9]{1,4})?", fullmatch=True)
_TEXTS = st.text(st.sampled_from('{}[]:," \\u0d8enultrf1-+.'), max_size=12).map(str.encode)


def outcome(read: Any, body: bytes | bytearray) -> Any:
    try:
        return repr(read(body))
    except ValueError as fault:
        return type(fault)


@given(_VALUES, st.booleans(), st.sampled_from(["utf-8", "utf-16", "utf-32"]))
def test_documents_mean_the_same(value: Any, escaped: bool, encoding: str) -> None:
    body = json.dumps(value, ensure_ascii=escaped).encode(encoding, "surrogatepass")
    assert outcome(read_json, body) == outcome(json.loads, body)
    assert outcome(read_json, bytearray(body)) == outcome(json.loads, body)


@given(_NUMBERS | _TEXTS | st.binary(max_size=12))
@example(b"18446744073709551616")
@example(b"-9223372036854775809")
@example(b'[1E400, -0, NaN, "\\ud800"]')
@example(b'\xef\xbb\xbf{"a": 1, "a": 2}')
@example(b"")
def test_whatever_bytes_mean_the_same_or_nothing(body: bytes) -> None:
    assert outcome(read_json, body) == outcome(json.loads, body)


def test_what_is_nested_as_deep_as_the_standard_decoder_goes_is_read() -> None:
    deep = b"[" * 1500 + b"]" * 1500
    sys_limit = sys.getrecursionlimit()
    sys.setrecursionlimit(10_000)
    try:
        assert read_json(deep) == json.loads(deep)
    finally:
        sys.setrecursionlimit(sys_limit)


def test_without_orjson_documents_mean_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "orjson", None)
    monkeypatch.setattr(document_reader, "_LOADS", document_reader._installed_loads())
    assert document_reader._LOADS is None
    assert read_json(b'{"a": [1.5]}') == {"a": [1.5]}
