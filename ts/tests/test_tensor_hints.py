"""Handlers whose type hints say what tensors they take, through the real worker."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ts.tests.frontend import Frontend, write_model

HEAD = """
    from typing import Annotated, Literal, NamedTuple, TypedDict
    import numpy as np
    from numpy.typing import NDArray
    from mariner import Shape
    from ts.context import Context
    Rows = Annotated[NDArray[np.float32], Shape(-1, 2)]
"""
DOUBLE = """
    def handle(x: Rows) -> Rows:
        return x * 2
"""


def loaded(frontend: Frontend, tmp_path: Path, handler: str) -> dict[str, Any]:
    """Loads a model and returns what it says of its tensors."""
    found = frontend.load(
        write_model(tmp_path / "m", HEAD + handler, {"modelName": "m", "modelVersion": "2.0"})
    )
    assert found["status"] == "ok", found
    told = found.get("declares")
    return json.loads(told)["tensors"] if told else {}


def asked(*inputs: tuple[str, str, list[int], list[Any]], **more: Any) -> str:
    named = [
        {"name": name, "datatype": kind, "shape": shape, "data": data} for name, kind, shape, data in inputs
    ]
    return json.dumps({"inputs": named, **more})


X = ("x", "FP32", [1, 2], [1.0, 2.0])


def test_a_function_is_called_with_its_tensors(frontend: Frontend, tmp_path: Path) -> None:
    told = loaded(frontend, tmp_path, DOUBLE)
    assert told == {
        "inputs": [{"name": "x", "datatype": "FP32", "shape": [-1, 2]}],
        "outputs": [{"name": "output", "datatype": "FP32", "shape": [-1, 2]}],
        "batches": True,
        "binding": True,
    }
    answer = frontend.one(asked(X))
    assert answer.json["outputs"] == [
        {"name": "output", "datatype": "FP32", "shape": [1, 2], "data": [2.0, 4.0]}
    ]


def test_a_request_that_does_not_fit_is_refused(frontend: Frontend, tmp_path: Path) -> None:
    loaded(frontend, tmp_path, DOUBLE)
    answer = frontend.one(asked(("x", "FP32", [1, 3], [1, 2, 3])))
    assert (answer.status, 'input "x": shape [1, 3]' in answer.text) == (400, True)


def test_a_method_a_context_an_optional_input_and_named_outputs(frontend: Frontend, tmp_path: Path) -> None:
    told = loaded(
        frontend,
        tmp_path,
        """
    class Answer(NamedTuple):
        total: Annotated[NDArray[np.float64], Shape(-1)]
        name: Annotated[NDArray[np.str_], Shape(1)]

    class Model:
        def initialize(self, context):
            self.factor = 10
        async def handle(
            self,
            x: "np.ndarray[tuple[int, Literal[2]], np.dtype[np.int64]]",
            context: Context,
            more: Annotated[NDArray[np.int64] | None, Shape(-1)] = None,
        ) -> Answer:
            found = x.sum(axis=1) * self.factor + (0 if more is None else more)
            return Answer(found.astype(float), np.array([context.model_name]))
    """,
    )
    assert told["inputs"] == [
        {"name": "x", "datatype": "INT64", "shape": [-1, 2]},
        {"name": "more", "datatype": "INT64", "shape": [-1], "optional": True},
    ]
    assert [one["name"] for one in told["outputs"]] == ["total", "name"]
    x = ("x", "INT64", [1, 2], [1, 2])
    first = frontend.one(asked(x))
    assert [one["data"] for one in first.json["outputs"]] == [[30.0], ["m"]]
    second = frontend.one(asked(x, ("more", "INT64", [1], [5])))
    assert second.json["outputs"][0]["data"] == [35.0]


def test_texts_arrive_as_texts(frontend: Frontend, tmp_path: Path) -> None:
    loaded(
        frontend,
        tmp_path,
        """
    def handle(words: Annotated[NDArray[np.str_], Shape(-1)]):
        return np.array([word.upper() for word in words])
    """,
    )
    answer = frontend.one(asked(("words", "BYTES", [2], ["ä", "b"])))
    assert answer.json["outputs"] == [
        {"name": "output", "datatype": "BYTES", "shape": [2], "data": ["Ä", "B"]}
    ]


def test_tensors_of_torch_say_their_type_beside_them(frontend: Frontend, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    told = loaded(
        frontend,
        tmp_path,
        """
    import torch
    Half = Annotated[torch.Tensor, torch.bfloat16, Shape(-1)]
    def handle(x: Half) -> tuple[Half, Annotated[torch.Tensor, torch.int64, Shape()]]:
        return x + 1, x.sum().long()
    """,
    )
    assert told["inputs"] == [{"name": "x", "datatype": "BF16", "shape": [-1]}]
    assert [(one["name"], one["datatype"]) for one in told["outputs"]] == [
        ("output_0", "BF16"),
        ("output_1", "INT64"),
    ]
    assert not told["batches"]
    answer = frontend.one(asked(("x", "BF16", [2], [1.0, 2.0])))
    assert [one["data"] for one in answer.json["outputs"]] == [[2.0, 3.0], [3]]


@pytest.mark.parametrize(
    "handler",
    [
        "def handle(data: NDArray[np.float32], context):",
        "def handle(data: list, context: Context) -> list:",
        "def handle(data: NDArray, ctx) -> NDArray[np.float32]:",
        'def handle(data: "Missing", context):',
    ],
)
def test_hints_of_a_handler_of_rows_change_nothing(frontend: Frontend, tmp_path: Path, handler: str) -> None:
    body = "\n        return [] if data is None else [type(data).__name__ for _ in data]\n"
    assert loaded(frontend, tmp_path, f"\n    {handler}{body}") == {}
    assert frontend.one("1").text == "list"


@pytest.mark.parametrize(
    ("handler", "says"),
    [
        ("def handle(x: Rows, y: int):", "parameter y: int"),
        ("def handle(x: NDArray[np.float32], y: Rows):", "parameter x:"),
        ("def handle(x: Rows, *more):", "parameter *more"),
    ],
)
def test_hints_that_say_too_little_fail_the_load(
    frontend: Frontend, tmp_path: Path, handler: str, says: str
) -> None:
    folder = write_model(tmp_path / "m", f"{HEAD}\n    {handler}\n        return x\n", {"modelName": "m"})
    failed = frontend.load(folder)
    assert failed["status"] == "failed"
    assert says in failed["message"]
