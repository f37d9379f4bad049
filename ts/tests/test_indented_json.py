"""Indented JSON is the standard encoder's, whatever the value."""

from __future__ import annotations

import enum
import json
import sys
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ts._worker import document_json, float_json
from ts._worker.indented_json import indented_json

_PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters())
_KEYS = st.text() | st.integers() | st.none() | st.booleans()
_VALUES = st.recursive(
    _PLAIN,
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(st.text(), inner)
        | st.dictionaries(_KEYS, inner, max_size=2)
    ),
    max_leaves=30,
)


_EVERY_SIZE = st.builds(
    lambda mantissa, exponent: mantissa * 10.0**exponent, st.floats(-10, 10), st.integers(-30, 30)
)
_FLOATS = st.floats() | st.floats(width=32) | _EVERY_SIZE


class Colour(enum.IntEnum):
    RED = 1


class Name(str):
    pass


@dataclass
class Point:
    x: int


def listed(value: Any) -> Any:
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def standard(value: Any) -> str:
    return json.dumps(value, indent=2, default=listed)


@given(_VALUES)
def test_the_text_is_that_of_the_standard_encoder(value: Any) -> None:
    assert indented_json(value, listed) == standard(value)


@given(_VALUES)
def test_without_numbers_that_json_lacks_the_text_is_the_same_or_there_is_none(value: Any) -> None:
    try:
        expected = json.dumps(value, indent=2, allow_nan=False)
    except ValueError:
        with pytest.raises(ValueError, match="not JSON compliant"):
            indented_json(value, listed, finite=True)
    else:
        assert indented_json(value, listed, finite=True) == expected


@given(st.dictionaries(st.text(), st.lists(_FLOATS | st.text(st.sampled_from('e-50.,\n" ')), max_size=60)))
def test_numbers_among_texts_that_look_like_them_have_the_standard_text(value: dict[str, Any]) -> None:
    assert indented_json(value, listed) == standard(value)


@given(st.lists(_FLOATS, min_size=float_json.LEAST, max_size=60))
def test_floats_have_the_standard_text(values: list[float]) -> None:
    assert indented_json({"vector": values, "rows": [values, tuple(values)]}, listed) == standard(
        {"vector": values, "rows": [values, tuple(values)]}
    )


@given(st.lists(st.floats(1e-6, 1e-3, exclude_max=True), min_size=float_json.LEAST, max_size=60))
def test_floats_about_the_least_without_exponent_have_the_standard_text(values: list[float]) -> None:
    assert indented_json(values, listed) == standard(values)


def test_floats_are_written_by_orjson_where_it_is_installed() -> None:
    assert float_json.float_list([0.1] * 8 + [1e-7, 2e-5]) == "[" + "0.1," * 8 + "1e-07,2e-05]"
    assert float_json.float_list([float("nan")] * 8) is None


def test_floats_have_the_standard_text_without_orjson(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "orjson", None)
    monkeypatch.setattr(float_json, "_DUMPS", float_json._usable_dumps())
    values = [0.1 * i for i in range(20)]
    assert float_json.float_list(values) is None
    assert indented_json(values, listed) == standard(values)


@pytest.mark.parametrize(
    "value",
    [
        {"label": "cat", "score": 0.5, "boxes": [[1, 2, 3.5, 4]], "more": None},
        {"label": "Löwe \U0001f981 \x7f", "small": [1e-5, -2.5e-05, 3e-9], "text": "size-5, 0.00001,\n"},
        [np.float32(0.1), {"scores": np.array([[0.5, 0.25]])}],
    ],
)
def test_documents_are_written_by_orjson_where_it_is_installed(value: Any) -> None:
    assert document_json.document(value, listed) == standard(value)


@pytest.mark.parametrize(
    "value",
    [
        {"a": None, "b": [float("nan")]},
        {"a": np.array([float("inf")])},
        {1: "key that is no text"},
        {"a": OrderedDict(b=1)},
        {"a": Point(1)},
        {"a": 1 << 80},
        {"a": "\ud800"},
        [1e-5] * 50,
    ],
)
def test_what_orjson_writes_otherwise_is_left_to_the_standard_encoder(value: Any) -> None:
    assert document_json.document(value, listed) is None


def test_documents_have_the_standard_text_without_orjson(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "orjson", None)
    monkeypatch.setattr(document_json, "_WRITE", document_json._usable_writer())
    value = {"label": "cat", "boxes": [[1, 2.5], []]}
    assert document_json.document(value, listed) is None
    assert indented_json(value, listed) == standard(value)


def test_an_orjson_that_indents_otherwise_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orjson.dumps", lambda value, default, options: json.dumps(value, indent=4).encode())
    assert document_json._usable_writer() is None


def test_an_orjson_that_writes_otherwise_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orjson.dumps", lambda values: b"[%s]" % b",".join(b"%e" % value for value in values))
    assert float_json._usable_dumps() is None


@pytest.mark.parametrize(
    "value",
    [
        {"scores": np.array([[0.5, 0.25]]), "label": "cat"},
        [np.float64(0.1), 1.0],
        [Colour.RED, 2],
        {Name("key"): Name("text")},
        [float("nan"), float("inf"), -float("inf")],
        ["\ud800", "\u2028", 'quote " and \\', "line\nbreak"],
        {"[": "]", "{": ", \n"},
        [[], {}, (), [[]], {"a": {}}],
    ],
)
def test_unusual_values_have_the_standard_text(value: Any) -> None:
    assert indented_json(value, listed) == standard(value)


def test_deep_nesting_has_the_standard_text() -> None:
    value: Any = "bottom"
    for depth in range(40):
        value = [value, depth] if depth % 2 else {"next": value, "depth": depth}
        assert indented_json(value, listed) == standard(value)


def test_what_has_no_json_form_is_refused_as_by_the_standard_encoder() -> None:
    with pytest.raises(TypeError, match="object has no JSON form"):
        indented_json({"answer": [object()]}, listed)
    with pytest.raises(TypeError, match="keys must be"):
        indented_json({(1, 2): 3}, listed)


def test_a_value_that_contains_itself_is_refused() -> None:
    loop: list[Any] = [1]
    loop.append(loop)
    with pytest.raises(ValueError, match="Circular"):
        indented_json(loop, listed)
