"""What a request leaves out is there in an answer that is made of it; numbers stay what was sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

import mariner
from mariner.defaults import has_defaults


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


def same(value: Outer) -> Outer:
    return value


def both(inner: Inner, number: int = 3) -> dict[str, Any]:
    return {"inner": inner, "number": number}


def packed(value: Struct) -> Struct:
    return value


APP = mariner.App({"/same": same, "/both": both, "/packed": packed}, name="defaults")


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
    ],
)
def test_defaults_of_dataclasses_are_answered(path: str, body: Any, answer: Any) -> None:
    with APP.local() as local:
        assert local.post(path, json=body).json() == answer


def test_types_without_such_fields_are_not_looked_through() -> None:
    assert not has_defaults(Bare)
    assert not has_defaults(list[dict[str, float]])
    assert has_defaults(dict[str, list[Outer]])


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
        ("/bytes", ["1"], "body: expected an array of numbers, got one of str32"),
        ("/bytes", [None], "body: expected an array of numbers, got null among them"),
        ("/floats", [1, 2.5], "[1.0,2.5]"),
        ("/floats", ["1"], "body: expected an array of numbers, got one of str32"),
        ("/floats", [1e300], "body: expected an array of float32, got 1e+300 among them"),
        ("/floats", [2**70], "[1.1805916207174113e21]"),
    ],
)
def test_a_number_that_would_become_another_is_refused(path: str, sent: Any, told: str) -> None:
    with mariner.App({"/bytes": of_bytes, "/floats": of_floats}).local() as local:
        answer = local.post(path, json=sent)
        assert (answer.text if answer.status == 200 else answer.json()["message"]) == told
        assert answer.status in (200, 422)
