import asyncio
import json
from pathlib import Path
from typing import Any

import numpy as np
import pydantic
import pytest

from ts.compat.mlserver import ModelSettings, Settings, handlers, routes
from ts.compat.mlserver.errors import MLServerError
from ts.compat.mlserver.rest import responses

SOURCE = """
from ts.compat.mlserver import MLModel
from ts.compat.mlserver.handlers import custom_handler

raise RuntimeError("nobody has to run this to find the routes")

class Model(MLModel):
    @custom_handler(rest_path="/explain")
    async def explain(self, payload): ...

    @custom_handler("/version", rest_method="get")
    async def version_of(self): ...
"""


def model(folder: Path, source: str) -> ModelSettings:
    (folder / "models.py").write_text(source)
    file = folder / "model-settings.json"
    file.write_text('{"name": "m", "implementation": "models.Model"}')
    return ModelSettings.parse_file(file)


def test_routes_are_found_without_running_the_source(tmp_path: Path) -> None:
    found = routes.routes_of(model(tmp_path, SOURCE))
    assert found == [routes.Own("explain", "/explain", "POST"), routes.Own("version_of", "/version", "GET")]
    app = routes.write(tmp_path / "app", [model(tmp_path, SOURCE)], Settings())
    assert app is not None
    written = json.loads((app / "app.json").read_text())
    assert [(one["method"], one["path"]) for one in written["routes"]] == [
        ("POST", "/explain"),
        ("GET", "/version"),
    ]


def test_a_path_that_is_no_text_is_refused(tmp_path: Path) -> None:
    source = SOURCE.replace('"/explain"', "PATH")
    with pytest.raises(ValueError, match=r"models.py:8: custom_handler: rest_path=PATH \(expected: a text\)"):
        routes.routes_of(model(tmp_path, source))


def test_models_without_routes_need_no_application(tmp_path: Path) -> None:
    assert routes.write(tmp_path / "app", [model(tmp_path, "class Model: ...")], Settings()) is None
    assert routes.routes_of(ModelSettings(name="m", implementation="nowhere.at.All")) == []


class Point(pydantic.BaseModel):
    x: int


class Methods:
    async def listed(self) -> responses.Response:
        return responses.Response({"x": np.array([1, 2])}, 202)

    async def plain(self, payload: dict[str, int]) -> dict[str, int]:
        return {**payload, "y": 2}

    async def typed(self, point: Point) -> Point:
        return Point(x=point.x + 1)

    async def raw(self, request: handlers.Request) -> handlers.Response:
        return handlers.Response(await request.body(), 201, {"x-a": request.headers["x-a"]}, "text/plain")

    async def nothing(self) -> str:
        return "here"


def call(name: str, body: bytes) -> handlers.Response:
    request = handlers.Request(body, {"x-a": "1"}, "POST")
    return asyncio.run(handlers.call(getattr(Methods(), name), request))


@pytest.mark.parametrize(
    ("name", "body", "status", "answer"),
    [
        ("plain", b'{"x": 1}', 200, b'{"x": 1, "y": 2}'),
        ("typed", b'{"x": 1}', 200, b'{"x":2}'),
        ("raw", b"as it is", 201, b"as it is"),
        ("nothing", b"", 200, b"here"),
        ("listed", b"", 202, b'{"x": [1, 2]}'),
    ],
)
def test_a_method_gets_what_its_argument_says(name: str, body: bytes, status: int, answer: bytes) -> None:
    found: Any = call(name, body)
    assert (found.status_code, found.body) == (status, answer)


@pytest.mark.parametrize(("name", "body"), [("plain", b"{"), ("plain", b'{"x": "one"}'), ("typed", b"{}")])
def test_another_body_is_422(name: str, body: bytes) -> None:
    with pytest.raises(MLServerError, match="body: ") as caught:
        call(name, body)
    assert caught.value.status_code == 422
