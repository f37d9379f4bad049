"""What a request leaves out is there in an answer that is made of it; numbers stay what was sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypedDict

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray
from typing_extensions import NotRequired

import mariner
from mariner.defaults import filler


@dataclass
class Inner:
    k: Literal["a", "b"] = "a"


@dataclass(frozen=True)
class Outer:
    n: int
    inner: Inner
    more: list[Inner] = field(default_factory=list)
    by_name: dict[str, Inner] | None = None


class Struct(msgspec.Struct):
    inner: Inner


@dataclass
class Bare:
    n: int
    m: list[int] = field(default_factory=list)


class Typed(TypedDict):
    inner: NotRequired[Inner]
    other: int


@dataclass
class Tree:
    name: str = "leaf"
    children: list[Tree] = field(default_factory=list)


@dataclass
class Either:
    one: Inner | list[int] | int
    pair: tuple[int, Inner]
    shown: Annotated[Inner, "note"]


def same(value: Outer) -> Outer:
    return value


def both(inner: Inner, number: int = 3) -> dict[str, Any]:
    return {"inner": inner, "number": number}


def packed(value: Struct) -> Struct:
    return value


def typed(value: Typed) -> Typed:
    return value


def tree(value: Tree) -> Tree:
    return value


APP = mariner.App(
    {"/same": same, "/both": both, "/packed": packed, "/typed": typed, "/tree": tree}, name="defaults"
)


@pytest.mark.parametrize(
    ("path", "body", "answer"),
    [
        ("/same", {"n": 1, "inner": {}}, {"n": 1, "inner": {"k": "a"}, "more": [], "by_name": None}),
        (
            "/same",
            {"n": 1, "inner": {"k": "b"}, "more": [{}], "by_name": {"x": {}}},
            {"n": 1, "inner": {"k": "b"}, "more": [{"k": "a"}], "by_name": {"x": {"k": "a"}}},
        ),
        ("/both", {"inner": {}}, {"inner": {"k": "a"}, "number": 3}),
        ("/packed", {"inner": {}}, {"inner": {"k": "a"}}),
        ("/typed", {"other": 1}, {"other": 1}),
        ("/typed", {"other": 1, "inner": {}}, {"other": 1, "inner": {"k": "a"}}),
        (
            "/tree",
            {"children": [{"children": [{}]}]},
            {"name": "leaf", "children": [{"name": "leaf", "children": [{"name": "leaf", "children": []}]}]},
        ),
    ],
)
def test_defaults_of_dataclasses_are_answered(path: str, body: Any, answer: Any) -> None:
    with APP.local() as local:
        assert local.post(path, json=body).json() == answer


def test_fields_of_several_types_are_filled_too() -> None:
    value = msgspec.json.decode(b'{"one": 1, "pair": [1, {}], "shown": {}}', type=Either)
    fill = filler(Either)
    assert fill is not None
    fill(value)
    assert msgspec.json.encode(value) == b'{"one":1,"pair":[1,{"k":"a"}],"shown":{"k":"a"}}'


def test_types_without_such_fields_are_not_looked_through() -> None:
    assert filler(Bare) is None
    assert filler(list[dict[str, float]]) is None
    assert filler(dict[str, list[Outer]]) is not None


def of_bytes(array: NDArray[np.uint8]) -> list[int]:
    return array.tolist()  # type: ignore[no-any-return]


def of_floats(array: NDArray[np.float32]) -> list[float]:
    return array.tolist()  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("path", "sent", "told"),
    [
        ("/bytes", [1.0, 2], "[1,2]"),
        ("/bytes", [1.5], "body: expected an array of uint8, got 1.5 among them"),
        ("/bytes", [300, 1], "body: expected an array of uint8, got 300 among them"),
        ("/bytes", [-1], "body: expected an array of uint8, got -1 among them"),
        ("/bytes", ["1"], 'body: expected an array of uint8, got "1" at [0]'),
        ("/bytes", [None], "body: expected an array of uint8, got null at [0]"),
        ("/bytes", [[1, 2], [3, {}]], "body: expected an array of uint8, got an object at [1][1]"),
        (
            "/bytes",
            [[1, 2], [3]],
            "body: expected an array of uint8, got a list of 2 at [0], and a list of 1 at [1]",
        ),
        ("/bytes", [1, [3]], "body: expected an array of uint8, got a number at [0], and a list of 1 at [1]"),
        ("/floats", [1, 2.5], "[1.0,2.5]"),
        ("/floats", ["1"], 'body: expected an array of float32, got "1" at [0]'),
        ("/floats", [1e300], "body: expected an array of float32, got 1e+300 among them"),
        ("/floats", [2**70], "[1.1805916207174113e21]"),
    ],
)
def test_a_number_that_would_become_another_is_refused(path: str, sent: Any, told: str) -> None:
    with mariner.App({"/bytes": of_bytes, "/floats": of_floats}).local() as local:
        answer = local.post(path, json=sent)
        assert (answer.text if answer.status == 200 else answer.json()["message"]) == told
        assert answer.status in (200, 422)
