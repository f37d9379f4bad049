"""What requests become, by content type and hint, in process."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, TypedDict

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import mariner
from mariner.runner import LocalAnswer


@dataclass
class Item:
    x: int
    tags: list[str] = field(default_factory=list)


@dataclass
class Order:
    items: list[Item]
    note: str | None = None


class Point(TypedDict):
    x: float
    y: float


class Strict(msgspec.Struct, forbid_unknown_fields=True):
    size: Annotated[int, msgspec.Meta(ge=1)]


def ask(function: Any, **request: Any) -> LocalAnswer:
    path = "/predict" + request.pop("query", "")
    with mariner.App(function).local() as local:
        return local.post(path, **request)


def count(order: Order) -> int:
    return len(order.items)


def norm(point: Point) -> float:
    return float(np.hypot(point["x"], point["y"]))


def size(strict: Strict) -> int:
    return strict.size


def shout(text: str) -> str:
    return text.upper()


def length(body: bytes) -> int:
    return len(body)


def double(array: Annotated[NDArray[np.float32], mariner.Shape(-1, 2)]) -> NDArray[np.float32]:
    return array * 2


def named(file: mariner.File) -> dict[str, Any]:
    return {"type": file.type, "size": len(file.content)}


def combine(a: int, items: list[Item], scale: float = 1.0) -> float:
    return (a + sum(item.x for item in items)) * scale


def anything(value):  # type: ignore[no-untyped-def]
    return {"got": value if not isinstance(value, bytes) else value.decode()}


def npy(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def typed(kind: str) -> Mapping[str, str]:
    return {"Content-Type": kind}


@pytest.mark.parametrize(
    ("function", "request_", "answer"),
    [
        (count, {"json": {"items": [{"x": 1}, {"x": 2, "tags": ["a"]}]}}, 2),
        (count, {"content": b'{"items": []}'}, 0),
        (
            count,
            {
                "content": msgspec.msgpack.encode({"items": [{"x": 1}]}),
                "headers": typed("application/msgpack"),
            },
            1,
        ),
        (norm, {"json": {"x": 3, "y": 4}}, 5.0),
        (norm, {"data": {"x": "3", "y": "4"}}, 5.0),
        (size, {"data": {"size": "7"}}, 7),
        (length, {"content": b"\x00\x01"}, 2),
        (combine, {"json": {"a": 1, "items": [{"x": 2}]}}, 3.0),
        (combine, {"json": {"items": [{"x": 2}]}, "query": "?a=1&scale=2"}, 6.0),
        (combine, {"data": {"a": "1"}, "files": {"items": ("application/json", b'[{"x":4}]')}}, 5.0),
        (double, {"json": [[1, 2]]}, [[2.0, 4.0]]),
        (
            double,
            {"content": npy(np.ones((1, 2), np.float32)), "headers": typed("application/x-npy")},
            [[2.0, 2.0]],
        ),
        (named, {"content": b"abc", "headers": typed("image/png")}, {"type": "image/png", "size": 3}),
        (named, {"files": {"file": ("text/csv", b"a,b")}}, {"type": "text/csv", "size": 3}),
        (anything, {"json": [1]}, {"got": [1]}),
        (anything, {"content": "x", "headers": typed("text/plain")}, {"got": "x"}),
    ],
)
def test_a_request_is_read_by_its_type(function: Any, request_: dict[str, Any], answer: Any) -> None:
    found = ask(function, **request_)
    assert found.status == 200, found.text
    assert found.json() == answer


def test_text_comes_as_text_or_json_and_goes_as_the_client_likes() -> None:
    assert ask(shout, content="é", headers=typed("text/plain; charset=utf-8")).text == "É"
    assert ask(shout, json="é").text == "É"
    wanted = ask(shout, content="a", headers={"Accept": "application/json"})
    assert (wanted.json(), wanted.headers["content-type"]) == ("A", "application/json")


@pytest.mark.parametrize(
    ("function", "request_", "status", "message"),
    [
        (count, {"json": {"items": [{"x": 1}, {"x": "a"}]}}, 422, 'body.items[1].x: expected int, got "a"'),
        (count, {"json": {"items": [{}]}}, 422, "body.items[0].x: missing"),
        (count, {"json": {"items": 3}}, 422, "body.items: expected a list, got 3"),
        (count, {"json": [1]}, 422, "body: expected an object, got a list"),
        (count, {"content": b"{"}, 400, "body: expected JSON: Input data was truncated"),
        (
            count,
            {"content": b"x", "headers": typed("image/png")},
            415,
            "body: content type 'image/png' (expected: ",
        ),
        (size, {"json": {"size": 0}}, 422, "body.size: expected int >= 1, got 0"),
        (size, {"json": {"size": 1, "sise": 2}}, 422, "body.sise: unknown"),
        (size, {"data": {"size": "x"}}, 422, 'body.size: expected int, got "x"'),
        (size, {"data": {"sise": "1"}}, 422, "sise: unknown (expected: size)"),
        (shout, {"content": b"\xff", "headers": typed("text/plain")}, 422, "body: expected text in utf-8"),
        (shout, {}, 422, "text: missing (expected: str)"),
        (shout, {"content": "a", "query": "?b=1"}, 422, "b: unknown (expected: body)"),
        (combine, {"json": {"a": 1}}, 422, "body.items: missing"),
        (combine, {"json": {"a": 1, "items": [], "b": 2}}, 422, "body.b: unknown"),
        (double, {"json": [1, 2]}, 422, "body: expected shape [-1, 2], got [2]"),
        (double, {"json": [["a", "b"]]}, 422, "body: expected an array of float32"),
        (
            double,
            {"content": npy(np.ones((1, 2))), "headers": typed("application/x-npy")},
            422,
            "got one of float64",
        ),
        (
            double,
            {"content": b"no", "headers": typed("application/x-npy")},
            422,
            "expected an array, got 2 bytes",
        ),
    ],
)
def test_a_bad_request_names_its_field(
    function: Any, request_: dict[str, Any], status: int, message: str
) -> None:
    found = ask(function, **request_)
    assert found.status == status, found.text
    assert message in found.json()["message"]
    assert found.json()["errors"][0]["field"]


def test_pydantic_models_are_checked_by_themselves() -> None:
    pydantic = pytest.importorskip("pydantic")

    class Line(pydantic.BaseModel):  # type: ignore[name-defined, misc]
        amount: int = pydantic.Field(ge=1)

    def twice(line: Any) -> Any:
        return Line(amount=line.amount * 2)

    twice.__annotations__ = {"line": Line, "return": Line}
    assert ask(twice, json={"amount": 2}).json() == {"amount": 4}
    refused = ask(twice, json={"amount": 0})
    assert refused.status == 422
    assert refused.json()["errors"] == [
        {"field": "body.amount", "message": "input should be greater than or equal to 1, got 0"}
    ]


def test_pictures_come_as_bytes_and_go_as_the_client_likes() -> None:
    image = pytest.importorskip("PIL.Image")

    def grey(picture: Any) -> Any:
        return picture.convert("L")

    grey.__annotations__ = {"picture": image.Image, "return": image.Image}
    file = io.BytesIO()
    image.new("RGB", (3, 2), "red").save(file, "PNG")
    found = ask(grey, content=file.getvalue(), headers={"Content-Type": "image/png", "Accept": "image/jpeg"})
    assert found.headers["content-type"] == "image/jpeg"
    assert image.open(io.BytesIO(found.body)).size == (3, 2)
    refused = ask(grey, content=b"no picture", headers=typed("image/png"))
    assert refused.status == 422
    assert "body: expected an image, got 10 bytes" in refused.json()["message"]


def test_tensors_come_as_lists_and_go_as_lists() -> None:
    torch = pytest.importorskip("torch")

    def half(x: Any) -> Any:
        return x / 2

    half.__annotations__ = {"x": torch.Tensor, "return": torch.Tensor}
    assert ask(half, json=[[1, 2]]).json() == [[0.5, 1.0]]


def test_an_answer_that_the_client_does_not_take_is_told() -> None:
    found = ask(shout, content="a", headers={"Accept": "image/png"})
    assert found.status == 406
    assert "Accept: image/png (expected: one of text/plain" in found.json()["message"]


def test_nan_is_null() -> None:
    def lost(x: float) -> dict[str, float]:
        return {"x": x / 1e-320 * 0}

    assert ask(lost, json=1.0).json() == {"x": None}


def test_a_body_of_bytes_is_the_parameter_that_takes_bytes() -> None:
    def resize(picture: Image.Image, size: int = 8) -> list[int]:
        return [*picture.resize((size, size)).size]

    def weigh(data: bytes, unit: str) -> str:
        return f"{len(data)} {unit}"

    def total(array: NDArray[np.float32], factor: float = 1.0) -> float:
        return float(array.sum()) * factor

    content = io.BytesIO()
    Image.new("RGB", (4, 4)).save(content, "png")
    npy = io.BytesIO()
    np.save(npy, np.ones(3, np.float32))
    cases: list[tuple[str, bytes, str, Any]] = [
        ("/resize", content.getvalue(), "image/png", [8, 8]),
        ("/resize?size=2", content.getvalue(), "image/png", [2, 2]),
        ("/resize?size=2", content.getvalue(), "", [2, 2]),
        ("/weigh?unit=g", b"\x00\x01", "application/octet-stream", "2 g"),
        ("/weigh?unit=g", b"a,b", "text/csv", "3 g"),
        ("/total?factor=2", npy.getvalue(), "application/x-npy", 6.0),
        ("/total?factor=2", b"[1, 2]", "text/plain", 6.0),
        ("/total", b'{"array": [1, 2], "factor": 2}', "application/json", 6.0),
        ("/total", b' {"array": [1, 2], "factor": 2}', "", 6.0),
    ]
    app = mariner.App({"/resize": resize, "/weigh": weigh, "/total": total})
    with app.local() as local:
        for path, body, kind, expected in cases:
            answer = local.post(path, content=body, headers={"Content-Type": kind} if kind else {})
            assert answer.status == 200, answer.text
            assert (answer.text if path.startswith("/weigh") else answer.json()) == expected
        missing = local.post("/weigh", content=b"a", headers={"Content-Type": "text/csv"})
        assert (missing.status, missing.json()["message"]) == (422, "unit: missing (expected: str)")
        twice = local.post("/weigh?unit=g&data=b", content=b"a", headers={"Content-Type": "text/csv"})
        assert (twice.status, twice.json()["message"]) == (422, "data: given 2 times (expected: once)")


def test_a_body_that_is_no_document_is_told_by_its_type() -> None:
    def add(a: int, b: int = 0) -> int:
        return a + b

    with mariner.App(add).local() as local:
        for path in ("/predict", "/predict?b=1"):
            answer = local.post(path, content=b"\x89PNG", headers={"Content-Type": "image/png"})
            assert answer.status == 415
            assert "content type 'image/png' (expected: application/json" in answer.json()["message"]
