"""Envelopes around a handler, through the real worker."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from ts._wire.messages import ErrorCode, FrameType
from ts.tests.frontend import Frontend, item, write_model

SHOWING = """
    import numpy
    class H:
        def handle(self, data, context):
            return [[type(d).__name__, d.decode() if isinstance(d, (bytes, bytearray)) else d] for d in data]
"""
SUMMING = """
    import numpy
    class H:
        def handle(self, data, context):
            self.names = getattr(context, "input_names", None)
            return [row["data"].sum() if hasattr(row["data"], "sum") else row["data"] for row in data]
"""


def served(frontend: Frontend, tmp_path: Path, handler: str, envelope: str) -> Frontend:
    folder = write_model(tmp_path / "m", handler, {"modelName": "mnist", "modelVersion": "2.0"})
    return frontend.serving(folder, envelope=envelope)


def b64(data: bytes) -> dict[str, str]:
    return {"b64": base64.b64encode(data).decode()}


def test_body_hands_over_bare_bodies(frontend: Frontend, tmp_path: Path) -> None:
    served(frontend, tmp_path, SHOWING, "body")
    first, second = frontend.run(item(1, b"raw"), item(2, '{"a": 1}'))
    assert (first.json, second.json) == (["bytearray", "raw"], ["dict", {"a": 1}])


def test_json_flattens_instances_of_the_batch_and_splits_predictions(
    frontend: Frontend, tmp_path: Path
) -> None:
    served(frontend, tmp_path, SHOWING, "json")
    requests = [{"instances": [1, b64(b"x")]}, {"instances": []}, {"instances": ["s"]}]
    first, second, third = frontend.run(*(item(i, json.dumps(r)) for i, r in enumerate(requests)))
    assert first.json == {"predictions": [["int", 1], ["bytes", "x"]]}
    assert second.json == {"predictions": []}
    assert third.json == {"predictions": [["str", "s"]]}
    assert first.content_type == "application/json"


@pytest.mark.parametrize("envelope", ["json", "kserve", "kservev2"])
@pytest.mark.parametrize("body", ["[1]", "{}", '{"instances": 1, "inputs": [1]}', "{not"])
def test_a_request_of_another_form_is_the_clients_error(
    frontend: Frontend, tmp_path: Path, envelope: str, body: str
) -> None:
    served(frontend, tmp_path, SHOWING, envelope)
    answer = frontend.one(body)
    assert (answer.code, answer.status) == (ErrorCode.PREDICTION_EXCEPTION, 400)
    assert "request body" in answer.text


def test_kserve_serves_the_whole_batch(frontend: Frontend, tmp_path: Path) -> None:
    served(frontend, tmp_path, SUMMING, "kserve")
    bodies = [{"instances": [{"data": 1}, 2]}, {"instances": [{"data": 3}]}]
    first, second = frontend.run(*(item(i, json.dumps(b)) for i, b in enumerate(bodies)))
    assert (first.json, second.json) == ({"predictions": [1, 2]}, {"predictions": [3]})
    (explained,) = frontend.run(item(1, json.dumps(bodies[1])), kind=FrameType.EXPLAIN)
    assert explained.json == {"explanations": [3]}


def tensor(name: str, datatype: str, shape: list[int], data: Any) -> dict[str, Any]:
    return {"name": name, "shape": shape, "datatype": datatype, "data": data}


def test_kservev2_makes_arrays_and_names_outputs_after_inputs(frontend: Frontend, tmp_path: Path) -> None:
    served(frontend, tmp_path, SUMMING, "kservev2")
    one = {
        "id": "my-id",
        "inputs": [tensor("a", "FP32", [2, 2], [1, 2, 3, 4]), tensor("b", "BYTES", [1], ["text"])],
    }
    two = {"inputs": [tensor("c", "INT64", [3], [5, 6, 7])]}
    first, second = frontend.run(item(1, json.dumps(one)), item(2, json.dumps(two), label="label-2"))
    assert first.json == {
        "id": "my-id",
        "model_name": "mnist",
        "model_version": "2.0",
        "outputs": [tensor("a", "FP32", [], [10.0]), tensor("b", "BYTES", [1], ["text"])],
    }
    assert second.json["id"] == "label-2"
    assert second.json["outputs"] == [tensor("c", "INT64", [], [18])]


def test_kservev2_tells_answers_that_are_no_tensor_as_bytes(frontend: Frontend, tmp_path: Path) -> None:
    handler = """
        class H:
            def handle(self, data, context):
                return [{"cat": 0.5}, [[1.5, 2.5]], [[1], [2, 3]]]
    """
    served(frontend, tmp_path, handler, "kservev2")
    inputs = [tensor(name, "UINT8", [1], [0]) for name in "abc"]
    outputs = frontend.one(json.dumps({"inputs": inputs})).json["outputs"]
    assert outputs == [
        tensor("a", "BYTES", [1], [{"cat": 0.5}]),
        tensor("b", "FP64", [1, 2], [1.5, 2.5]),
        tensor("c", "BYTES", [2], [[1], [2, 3]]),
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        tensor("a", "FP32", [3], [1, 2]),
        tensor("a", "FP99", [1], [1]),
        tensor("a", "FP32", [1], ["x"]),
        tensor("a", "BYTES", [0], []),
        {"name": "a"},
    ],
)
def test_a_tensor_that_contradicts_itself_is_the_clients_error(
    frontend: Frontend, tmp_path: Path, wrong: dict[str, Any]
) -> None:
    served(frontend, tmp_path, SUMMING, "kservev2")
    answer = frontend.one(json.dumps({"inputs": [wrong]}))
    assert (answer.code, answer.status) == (ErrorCode.PREDICTION_EXCEPTION, 400)
    assert "input a" in answer.text


@pytest.mark.parametrize("envelope", ["json", "kserve", "kservev2"])
def test_a_handler_that_answers_with_another_count_fails_the_batch(
    frontend: Frontend, tmp_path: Path, envelope: str
) -> None:
    served(frontend, tmp_path, "def handle(data, context):\n    return data and [1, 2, 3]\n", envelope)
    body = {"instances": [1], "inputs": [tensor("a", "FP32", [1], [1])]}
    answer = frontend.one(json.dumps(body))
    assert answer.code == ErrorCode.HANDLER_EXCEPTION
    assert "handler output: 3" in answer.text
