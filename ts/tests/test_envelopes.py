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
ECHO = """
    class H:
        def handle(self, data, context):
            return data
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


def test_json_takes_base64_with_line_breaks(frontend: Frontend, tmp_path: Path) -> None:
    served(frontend, tmp_path, SHOWING, "json")
    wrapped = {"b64": base64.encodebytes(b"x" * 60).decode()}
    assert frontend.one(json.dumps({"instances": [wrapped]})).json == {"predictions": [["bytes", "x" * 60]]}
    broken = frontend.one(json.dumps({"instances": [{"b64": "abc"}]}))
    assert (broken.code, broken.status) == (ErrorCode.PREDICTION_EXCEPTION, 400)
    assert "instance: not base64" in broken.text


def answering(answer: Any, setup: str = "") -> str:
    return f"{setup}\ndef handle(data, context):\n    return None if data is None else {answer}\n"


@pytest.mark.parametrize(
    ("instances", "answer", "predictions"),
    [
        ([1, 2], "[7]", [7]),
        ([1], "[7, 8]", [7]),
        ([1, 2], "(7, 8)", [7, 8]),
        ([1, 2], "numpy.array([7.5, 8.5])", [7.5, 8.5]),
    ],
)
def test_json_gives_a_single_request_what_is_there(
    frontend: Frontend, tmp_path: Path, instances: list[int], answer: str, predictions: list[float]
) -> None:
    served(frontend, tmp_path, answering(answer, "import numpy"), "json")
    assert frontend.one(json.dumps({"instances": instances})).json == {"predictions": predictions}


@pytest.mark.parametrize(
    ("instances", "answer", "predictions"),
    [
        ([1, 2], "[7]", [7]),
        ([1], "[7, 8]", [7, 8]),
        ([1], '{"any": "form"}', {"any": "form"}),
        ([1], "numpy.array([[7.5]])", [[7.5]]),
        ([], "[]", []),
        ([], '["none"]', ["none"]),
    ],
)
def test_kserve_passes_on_whatever_a_single_request_is_answered(
    frontend: Frontend, tmp_path: Path, instances: list[int], answer: str, predictions: Any
) -> None:
    served(frontend, tmp_path, answering(answer, "import numpy"), "kserve")
    assert frontend.one(json.dumps({"instances": instances})).json == {"predictions": predictions}


@pytest.mark.parametrize("instances", [[[1, 2], [3, 4]], ["hi"], [{"data": 1}, 2], [{"b64": "aGk="}], [None]])
def test_kserve_hands_instances_over_as_they_are(
    frontend: Frontend, tmp_path: Path, instances: list[Any]
) -> None:
    served(frontend, tmp_path, ECHO, "kserve")
    assert frontend.one(json.dumps({"instances": instances})).json == {"predictions": instances}


def test_kserve_serves_the_whole_batch(frontend: Frontend, tmp_path: Path) -> None:
    served(frontend, tmp_path, ECHO, "kserve")
    bodies = [{"instances": [1, 2]}, {"instances": [3]}]
    first, second = frontend.run(*(item(i, json.dumps(b)) for i, b in enumerate(bodies)))
    assert (first.json, second.json) == ({"predictions": [1, 2]}, {"predictions": [3]})
    (explained,) = frontend.run(item(1, json.dumps(bodies[1])), kind=FrameType.EXPLAIN)
    assert explained.json == {"explanations": [3]}


def tensor(name: str, datatype: str, shape: list[int], data: Any) -> dict[str, Any]:
    return {"name": name, "shape": shape, "datatype": datatype, "data": data}


def test_kservev2_names_outputs_after_inputs(frontend: Frontend, tmp_path: Path) -> None:
    handler = "def handle(data, context):\n    return data and [row['data'] for row in data]\n"
    served(frontend, tmp_path, handler, "kservev2")
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
        "outputs": [tensor("a", "INT64", [2, 2], [1, 2, 3, 4]), tensor("b", "BYTES", [1], ["text"])],
    }
    assert second.json["id"] == "label-2"
    assert second.json["outputs"] == [tensor("c", "INT64", [3], [5, 6, 7])]


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        (tensor("a", "FP32", [2, 2], [1, 2.5, 3, 4]), [[1, 2.5], [3, 4]]),
        (tensor("a", "FP32", [4], [[1, 2], [3, 4]]), [1, 2, 3, 4]),
        (tensor("a", "INT8", [2, 1, 2], [1, 2, 3, 4]), [[[1, 2]], [[3, 4]]]),
        (tensor("a", "INT8", [-1, 2], [1, 2, 3, 4]), [[1, 2], [3, 4]]),
        (tensor("a", "INT8", [2, 0], []), [[], []]),
        (tensor("a", "FP99", [2], [1, 2]), [1, 2]),
        (tensor("a", "BYTES", [2], ["text", "more"]), "text"),
    ],
)
def test_kservev2_hands_data_over_as_nested_lists(
    frontend: Frontend, tmp_path: Path, given: dict[str, Any], seen: Any
) -> None:
    handler = """
        import json
        def handle(data, context):
            # What handlers do that can't tell an array from nothing.
            return data and [json.dumps([row.get("data") or row.get("body") or [], row]) for row in data]
    """
    served(frontend, tmp_path, handler, "kservev2")
    (output,) = frontend.one(json.dumps({"inputs": [given]})).json["outputs"]
    assert json.loads(output["data"][0]) == [seen, {**given, "data": seen}]


def test_kservev2_answers_two_inputs_with_one_output(frontend: Frontend, tmp_path: Path) -> None:
    served(frontend, tmp_path, answering("numpy.array([[1.5, 2.5]])", "import numpy"), "kservev2")
    inputs = [tensor(name, "UINT8", [1], [0]) for name in "ab"]
    outputs = frontend.one(json.dumps({"inputs": inputs})).json["outputs"]
    assert outputs == [tensor("a", "FP64", [2], [1.5, 2.5])]


def test_kservev2_keeps_on_the_context_what_the_request_has(frontend: Frontend, tmp_path: Path) -> None:
    handler = """
        def handle(data, context):
            names = ("input_names", "input_request_id", "input_parameters")
            return data and [str({n: getattr(context, n) for n in names if hasattr(context, n)})]
    """
    served(frontend, tmp_path, handler, "kservev2")
    inputs = [tensor("a", "UINT8", [1], [0])]
    asked = [{"inputs": inputs, "id": "x", "parameters": {"p": 1}}, {"inputs": inputs}]
    seen = [frontend.one(json.dumps(body)).json["outputs"][0]["data"][0] for body in asked]
    assert seen == [
        str({"input_names": ["a"], "input_request_id": "x", "input_parameters": {"p": 1}}),
        str({"input_names": ["a"]}),
    ]


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
        tensor("a", "FP32", [-1, -1], [1]),
        tensor("a", "FP32", [-1, 0], [1]),
        tensor("a", "BYTES", [0], []),
        {"name": "a"},
    ],
)
def test_a_tensor_that_contradicts_itself_is_the_clients_error(
    frontend: Frontend, tmp_path: Path, wrong: dict[str, Any]
) -> None:
    served(frontend, tmp_path, ECHO, "kservev2")
    answer = frontend.one(json.dumps({"inputs": [wrong]}))
    assert (answer.code, answer.status) == (ErrorCode.PREDICTION_EXCEPTION, 400)
    assert "input a" in answer.text


@pytest.mark.parametrize("envelope", ["json", "kserve", "kservev2"])
def test_a_larger_batch_is_refused_an_answer_of_another_count_and_told_why(
    frontend: Frontend, tmp_path: Path, envelope: str, capfd: pytest.CaptureFixture[str]
) -> None:
    served(frontend, tmp_path, answering("[1, 2, 3]"), envelope)
    body = json.dumps({"instances": [1], "inputs": [tensor("a", "FP32", [1], [1])]})
    for answer in frontend.run(item(1, body), item(2, body)):
        assert answer.code == ErrorCode.OUTPUT_COUNT
        assert answer.text.startswith("output: a list of 3 (expected: 2, one for each in")
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize(
    ("envelope", "answer", "told"),
    [
        ("json", '{"a": 1}', "output: dict (expected: a list of 1, one for each instance)"),
        ("json", '"text"', "output: str (expected: a list of 1, one for each instance)"),
        ("kservev2", "[1, 2]", "output: a list of 2 (expected: 1, one for each input)"),
        ("kservev2", '{"a": 1}', "output: dict (expected: a list of 1, one for each input)"),
        ("json", "(n for n in data)", "output: a generator (expected: whole answers, with JSONEnvelope)"),
    ],
)
def test_an_answer_that_an_envelope_cannot_close_says_what_it_was(
    frontend: Frontend, tmp_path: Path, envelope: str, answer: str, told: str
) -> None:
    served(frontend, tmp_path, answering(answer), envelope)
    body = {"instances": [1], "inputs": [tensor("a", "FP32", [1], [1])]}
    refused = frontend.one(json.dumps(body))
    assert (refused.code, refused.text) == (ErrorCode.OUTPUT_COUNT, told)


def test_a_coroutine_is_closed_by_the_envelope(frontend: Frontend, tmp_path: Path) -> None:
    handler = """
        import asyncio
        async def handle(data, context):
            await asyncio.sleep(0)
            return data
    """
    served(frontend, tmp_path, handler, "json")
    assert frontend.one('{"instances": [1]}').json == {"predictions": [1]}
