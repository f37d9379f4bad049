"""Members that a type does not have are refused wherever msgspec would pass them over."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal, TypedDict

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import BaseModel
from typing_extensions import NotRequired

import mariner
from mariner.hints import Hint
from mariner.members import Members
from mariner.reading import BODY, Parameter, Part, Reader

JSON = "application/json"
MSGPACK = "application/msgpack"


@dataclass
class Item:
    x: int = 0
    KIND: ClassVar[str] = "item"


class Options(TypedDict):
    scale: float
    labels: NotRequired[list[str]]


@dataclass
class Order:
    name: str
    items: list[Item] = field(default_factory=list)
    first: Item | None = None
    by_name: dict[str, Item] = field(default_factory=dict)
    pair: tuple[int, Item] = (0, Item())
    options: Annotated[Options | None, "how"] = None
    array: NDArray[np.float32] | None = None


class Open(msgspec.Struct):
    item: Item | None = None


class Closed(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    a_number: int = 0


class Cat(msgspec.Struct, tag="cat"):
    item: Item


class Dog(msgspec.Struct, tag="dog"):
    item: Item


@dataclass
class Tree:
    leaves: list[Tree] = field(default_factory=list)


class Loose(BaseModel):
    n: int = 0


def read(kind: Any, value: Any, media: str = JSON) -> Any:
    body = msgspec.json.encode(value) if media == JSON else msgspec.msgpack.encode(value)
    return Reader([Parameter("value", Hint.of(kind))]).read([Part(BODY, media, body)])[0]


@pytest.mark.parametrize("media", [JSON, MSGPACK])
@pytest.mark.parametrize(
    ("kind", "value", "problem"),
    [
        (Item, {"y": 1}, "body.y: unknown (expected: x)"),
        (Item, {"KIND": "a"}, "body.KIND: unknown (expected: x)"),
        (Order, {"name": "a", "items": [{}, {"z": 1}]}, "body.items[1].z: unknown (expected: x)"),
        (Order, {"name": "a", "first": {"z": 1}}, "body.first.z: unknown (expected: x)"),
        (Order, {"name": "a", "by_name": {"k": {"z": 1}}}, "body.by_name[...].z: unknown (expected: x)"),
        (Order, {"name": "a", "pair": [1, {"z": 1}]}, "body.pair[1].z: unknown (expected: x)"),
        (
            Order,
            {"name": "a", "options": {"scale": 1.0, "colour": 1}},
            "body.options.colour: unknown (expected: scale, labels)",
        ),
        (list[Item], [{}, {"y": 1}], "body[1].y: unknown (expected: x)"),
        (dict[str, list[Item]], {"a": [{"y": 1}]}, "body[...][0].y: unknown (expected: x)"),
        (Open, {"item": {"y": 1}}, "body.item.y: unknown (expected: x)"),
        (Closed, {"a_number": 1}, "body.a_number: unknown (expected: aNumber)"),
        (Cat | Dog, {"type": "dog", "item": {"y": 1}}, "body.item.y: unknown"),
        (Tree, {"branches": []}, "body.branches: unknown (expected: leaves)"),
    ],
)
def test_a_member_that_a_type_does_not_have_is_refused(
    kind: Any, value: Any, problem: str, media: str
) -> None:
    with pytest.raises(mariner.InvalidRequest) as caught:
        read(kind, value, media)
    assert problem in caught.value.detail
    assert caught.value.status == 422


@pytest.mark.parametrize("media", [JSON, MSGPACK])
@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (Order, {"name": "a", "first": None, "pair": [1, {"x": 2}]}, Order("a", pair=(1, Item(2)))),
        (Open, {"item": {"x": 1}, "more": 1}, Open(Item(1))),
        (Cat | Dog, {"type": "dog", "item": {"x": 1}}, Dog(Item(1))),
        (Tree, {"leaves": [{"leaves": []}]}, Tree([Tree()])),
        (Loose, {"n": 1, "more": 1}, Loose(n=1)),
        (dict[str, int], {"any": 1}, {"any": 1}),
        (Literal["a", 2], 2, 2),
    ],
)
def test_what_a_type_has_or_passes_over_itself_is_taken(
    kind: Any, value: Any, expected: Any, media: str
) -> None:
    assert read(kind, value, media) == expected


def test_members_of_several_parameters_are_named() -> None:
    reader = Reader([Parameter("a", Hint.of(int)), Parameter("items", Hint.of(list[Item]))])
    for body, problem in [
        (b'{"a": 1, "items": [], "b": 2}', "body.b: unknown (expected: a, items)"),
        (b'{"a": 1, "items": [{"z": 2}]}', "body.items[0].z: unknown (expected: x)"),
    ]:
        with pytest.raises(mariner.InvalidRequest) as caught:
            reader.read([Part(BODY, JSON, body)])
        assert caught.value.detail == problem


def test_documents_in_forms_are_looked_at_too() -> None:
    parts = [Part("name", "", b"a"), Part("first", JSON, b'{"z": 1}')]
    with pytest.raises(mariner.InvalidRequest) as caught:
        Reader([Parameter("order", Hint.of(Order))]).read(parts)
    assert caught.value.detail == "body.first.z: unknown (expected: x)"
    parts = [Part(BODY, JSON, b'{"order": {"name": "a", "items": [{"z": 1}]}}'), Part("n", "", b"1")]
    with pytest.raises(mariner.InvalidRequest) as caught:
        Reader([Parameter("order", Hint.of(Order)), Parameter("n", Hint.of(int))]).read(parts)
    assert caught.value.detail == "body.order.items[0].z: unknown (expected: x)"


def test_a_reader_of_answers_passes_over_what_a_newer_server_has() -> None:
    reader = Reader([Parameter("answer", Hint.of(Item))], exact=False)
    assert reader.read([Part("answer", JSON, b'{"x": 1, "y": 2}')]) == (Item(1),)


def test_the_document_of_an_application_says_so() -> None:
    def check(order: Order) -> Open:
        return Open(order.first)

    schemas = mariner.openapi.document(mariner.App(check, name="orders"))["components"]["schemas"]
    closed = {name for name, schema in schemas.items() if schema.get("additionalProperties") is False}
    assert closed == {"Order", "Item", "Options"}


def test_types_without_members_have_none() -> None:
    assert all(
        Members.of(kind) is None for kind in (int, list[int], dict[str, int], Any, Loose, Literal["a"])
    )
