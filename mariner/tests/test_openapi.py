from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

import mariner
from mariner.openapi import document


@dataclass
class Label:
    name: str
    score: float


@mariner.model
def classify(text: str) -> Label:
    """Says how a text sounds.

    More of it.
    """
    return Label(text, 1.0)


def mixed(file: mariner.File, label: Label, limit: int = 3) -> int:
    return limit


def steps(number: int) -> Iterator[Label]:
    yield Label("a", 1.0)


def test_routes_and_types_stand_in_the_document() -> None:
    found = document(mariner.App({"/classify": classify, "/mixed": mixed, "/steps": steps}))
    assert found["openapi"] == "3.1.0"
    operation = found["paths"]["/classify"]["post"]
    assert operation["summary"] == "Says how a text sounds."
    assert set(operation["requestBody"]["content"]) == {"text/plain", "application/json"}
    answer = operation["responses"]["200"]["content"]["application/json"]["schema"]
    assert answer == {"$ref": "#/components/schemas/Label"}
    assert set(found["components"]["schemas"]["Label"]["properties"]) == {"name", "score"}
    body = found["paths"]["/mixed"]["post"]["requestBody"]["content"]
    assert list(body) == ["multipart/form-data"]
    assert body["multipart/form-data"]["schema"]["required"] == ["file", "label"]
    assert "text/event-stream" in found["paths"]["/steps"]["post"]["responses"]["200"]["content"]


def resized(data: bytes, size: int = 8) -> bytes:
    return data[:size]


def test_a_whole_body_stands_beside_the_parameters_of_its_query() -> None:
    operation = document(mariner.App(resized))["paths"]["/predict"]["post"]
    assert set(operation["requestBody"]["content"]) == {"multipart/form-data", "application/octet-stream"}
    (size,) = operation["parameters"]
    assert (size["name"], size["in"], size["schema"]) == ("size", "query", {"type": "integer"})
    form = operation["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert form["properties"] == {
        "data": {"type": "string", "format": "binary"},
        "size": {"type": "integer", "default": 8},
    }


def scaled(
    matrix: Annotated[NDArray[np.float32], mariner.Shape(-1, 2)],
) -> NDArray[np.float64]:
    return matrix.astype(np.float64)


def test_arrays_have_their_shape_and_other_statuses_their_errors() -> None:
    operation = document(mariner.App(scaled))["paths"]["/predict"]["post"]
    asked = operation["requestBody"]["content"]["application/json"]["schema"]
    row = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}
    assert asked == {
        "type": "array", "items": row, "description": "an array of float32, shape [-1, 2]",
    }  # fmt: skip
    answered = operation["responses"]["200"]["content"]["application/json"]["schema"]
    assert {"type": "number"} in answered["items"]["anyOf"]
    chosen = operation["responses"]["default"]["content"]["application/json"]["schema"]
    assert chosen == {"$ref": "#/components/schemas/Error"}


def test_the_document_and_a_page_are_served() -> None:
    with mariner.App(classify, "/classify").local() as local:
        assert local.request("GET", "/openapi.json").json()["paths"]["/classify"]
        page = local.request("GET", "/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "openapi.json" in page.text
    assert "https://" not in page.text
