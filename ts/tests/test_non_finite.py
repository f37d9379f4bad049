"""Numbers in answers that JSON has no form for: text, null or an error, whatever holds them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ts._wire.messages import ErrorCode
from ts._worker.non_finite import NonFinite
from ts._worker.outputs import OutputTypeError, encode_output, json_text
from ts.tests.frontend import Frontend, item, write_model

HANDLER = """
    import numpy, torch
    ANSWERS = {
        "alone": float("nan"),
        "list": [0.5, float("nan"), float("inf"), float("-inf")],
        "long": [0.5] * 20 + [float("nan")],
        "scores": {"top": [{"score": 1.0}, {"score": float("nan")}]},
        "numpy": {"a": numpy.array([[1.0, numpy.nan]]), "b": numpy.float32("inf"), "c": numpy.float64("nan")},
        "tensor": [torch.tensor([1.0, float("inf")])],
        "key": {float("nan"): 1},
        "finite": {"a": [1.0, 2.5], "b": numpy.array([3.0])},
    }
    def handle(data, context):
        return data and [ANSWERS[row["body"].decode()] for row in data]
"""
NULLS = {
    "alone": None,
    "list": [0.5, None, None, None],
    "long": [0.5] * 20 + [None],
    "scores": {"top": [{"score": 1.0}, {"score": None}]},
    "numpy": {"a": [[1.0, None]], "b": None, "c": None},
    "tensor": [[1.0, None]],
    "key": {"NaN": 1},
    "finite": {"a": [1.0, 2.5], "b": [3.0]},
}
PLACES = {
    "alone": "nan",
    "list": "[1]: nan",
    "long": "[20]: nan",
    "scores": "top[1].score: nan",
    "numpy": "a[0][1]: nan",
    "tensor": "[0][1]: inf",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    pytest.importorskip("torch")
    return write_model(tmp_path / "m", HANDLER)


def refused(constant: str) -> Any:
    raise AssertionError(f"{constant} is no JSON")


@pytest.mark.parametrize("fields", [{}, {"non_finite": "null"}])
def test_null_is_what_a_worker_writes_unless_it_is_told_otherwise(
    frontend: Frontend, folder: Path, fields: dict[str, Any]
) -> None:
    frontend.serving(folder, **fields)
    for name, expected in NULLS.items():
        answer = frontend.one(name.encode())
        assert json.loads(answer.text, parse_constant=refused) == expected, name
        assert answer.content_type == "application/json"


def test_text_is_what_python_writes(frontend: Frontend, folder: Path) -> None:
    frontend.serving(folder, non_finite="text")
    assert frontend.one(b"list").text == "[\n  0.5,\n  NaN,\n  Infinity,\n  -Infinity\n]"
    assert frontend.one(b"alone").text == "NaN"
    assert "NaN" in frontend.one(b"numpy").text
    assert "Infinity" in frontend.one(b"tensor").text


def test_an_error_says_where_the_number_is(frontend: Frontend, folder: Path) -> None:
    frontend.serving(folder, non_finite="error")
    for name, place in PLACES.items():
        answer = frontend.one(name.encode())
        text = f"output: {place} (expected: a finite number, with nonFinite: error)"
        assert (answer.code, answer.text) == (ErrorCode.OUTPUT_TYPE, text)
    assert frontend.one(b"finite").json == NULLS["finite"]
    assert frontend.one(b"key").json == NULLS["key"]


@pytest.mark.parametrize(("value", "written"), [("null", "null"), ("text", "NaN")])
def test_the_envelope_that_writes_json_itself_does_the_same(
    frontend: Frontend, tmp_path: Path, value: str, written: str
) -> None:
    handler = "def handle(data, context):\n    return data and [float('nan')]\n"
    frontend.serving(write_model(tmp_path / "m", handler), envelope="json", non_finite=value)
    assert frontend.one('{"instances": [1]}').text == f'{{"predictions": [{written}]}}'


def test_pieces_of_a_stream_do_the_same(frontend: Frontend, tmp_path: Path) -> None:
    handler = "def handle(data, context):\n    if data:\n        yield [[float('nan')]]\n"
    frontend.serving(write_model(tmp_path / "m", handler))
    frame = frontend.frame(item(1, b"x"))
    frontend.send(frame)
    assert frontend.piece(frame.run)[0].json == [None]


def test_another_value_fails_the_load(frontend: Frontend, tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m", "def handle(data, context):\n    return data\n")
    loaded = frontend.load(folder, non_finite="zero")
    assert "non_finite: 'zero' (expected: one of text, null, error)" in loaded["message"]


@pytest.mark.parametrize("non_finite", [NonFinite.NULL, NonFinite.ERROR])
def test_what_json_lacks_for_another_reason_keeps_its_reason(non_finite: NonFinite) -> None:
    loop: list[Any] = []
    loop.append(loop)
    for value, told in (([object()], "object has no JSON form"), (loop, "not serialisable")):
        with pytest.raises(OutputTypeError, match=told):
            encode_output(value, non_finite)


_JSON = st.recursive(
    st.none() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(_JSON)
def test_null_is_always_json(value: Any) -> None:
    body, _ = encode_output([value], NonFinite.NULL)
    assert json.loads(bytes(body), parse_constant=refused) == json.loads(
        json_text([value], NonFinite.TEXT), parse_constant=lambda _: None
    )
