"""Models that take tensors, through the real worker."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ts._wire.messages import ErrorCode, Part
from ts._worker.signature import Signature
from ts._worker.tensor_reader import read_form, read_text
from ts._worker.tensors import MEDIA_TYPE, Message, Tensor, elements, of_elements, write_form
from ts.tests.frontend import Answer, Frontend, item, write_model

DOUBLING = """
    calls = []
    def handle(data, context):
        calls.append(1)
        x = data["x"]
        return {"y": x * 2, "rows": x[:, :1] * 0 + len(x), "calls": 0 * x + len(calls)}
"""
CONFIG = """
    tensors:
      inputs:
        - {name: x, datatype: FP32, shape: [-1, 2]}
"""


def serving(frontend: Frontend, tmp_path: Path, handler: str, config: str = CONFIG) -> Frontend:
    manifest = {"modelName": "m", "modelVersion": "2.0", "configFile": "conf.yaml"}
    folder = write_model(tmp_path / "m", handler, manifest, conf_yaml=config)
    return frontend.serving(folder)


def floats(*rows: list[float], **more: Any) -> Message:
    text = {"inputs": [{"name": "x", "datatype": "FP32", "shape": [len(rows), 2], "data": rows}], **more}
    return read_text(json.dumps(text))


def form(message: Message) -> Part:
    return Part("body", MEDIA_TYPE, write_form(message, "request"))


def outputs(answer: Answer) -> dict[str, Tensor]:
    assert answer.error == 0, answer.text
    assert answer.content_type == MEDIA_TYPE
    return {tensor.name: tensor for tensor in read_form(answer.body, "answer").tensors}


def test_a_handler_gets_arrays_by_name_and_answers_with_some(frontend: Frontend, tmp_path: Path) -> None:
    serving(frontend, tmp_path, DOUBLING)
    answer = frontend.one(form(floats([1, 2], [3, 4], id="7")))
    message = read_form(answer.body, "answer")
    assert (message.id, message.model_name, message.model_version) == ("7", "m", "2.0")
    assert (
        outputs(answer)["y"]
        == read_text(
            '{"outputs": [{"name": "y", "datatype": "FP32", "shape": [2, 2], "data": [2, 4, 6, 8]}]}',
            "answer",
        ).tensors[0]
    )


def test_requests_of_one_key_run_together_and_others_apart(frontend: Frontend, tmp_path: Path) -> None:
    serving(frontend, tmp_path, DOUBLING, "tensors: {}")
    wide = Message([Tensor("x", "FP32", (1, 3), bytes(12))])
    answers = frontend.run(
        item(1, form(floats([1, 2]))),
        item(2, form(wide)),
        item(3, form(floats([3, 4], [5, 6]))),
    )
    by_item = [outputs(answer) for answer in answers]
    assert [found["y"].shape for found in by_item] == [(1, 2), (1, 3), (2, 2)]
    assert [bytes(found["rows"].data)[:4] for found in by_item] == [
        b"\0\0\x40\x40",
        b"\0\0\x80\x3f",
        b"\0\0\x40\x40",
    ]


def test_a_model_without_a_batch_axis_runs_each_request_alone(frontend: Frontend, tmp_path: Path) -> None:
    serving(frontend, tmp_path, DOUBLING, "tensors: {batchAxis: none}")
    answers = frontend.run(item(1, form(floats([1, 2]))), item(2, form(floats([3, 4]))))
    assert [bytes(outputs(answer)["calls"].data)[:4] for answer in answers] == [
        b"\0\0\x80\x3f",
        b"\0\0\0\x40",
    ]


def test_json_is_answered_with_json(frontend: Frontend, tmp_path: Path) -> None:
    serving(frontend, tmp_path, DOUBLING)
    request = {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [[1, 2]]}]}
    answer = frontend.one(json.dumps({**request, "outputs": [{"name": "y"}]}))
    assert answer.content_type == "application/json"
    assert answer.json == {
        "model_name": "m",
        "model_version": "2.0",
        "outputs": [{"name": "y", "datatype": "FP32", "shape": [1, 2], "data": [2.0, 4.0]}],
    }


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ('{"inputs": []}', 'input "x" is missing (expected: FP32)'),
        ("{", "expected: JSON"),
        (
            '{"inputs": [{"name": "x", "datatype": "FP64", "shape": [1, 2], "data": [1, 2]}]}',
            'input "x": FP64 (expected: FP32)',
        ),
        (
            '{"inputs": [{"name": "x", "datatype": "FP32", "shape": [2], "data": [1, 2]}]}',
            'input "x": shape [2] (expected: [-1, 2], where -1 is any)',
        ),
        (
            '{"inputs": [{"name": "z", "datatype": "FP32", "shape": [2], "data": [1, 2]}]}',
            'input "z" is unknown (expected: x)',
        ),
    ],
)
def test_a_request_that_does_not_fit_harms_only_itself(
    frontend: Frontend, tmp_path: Path, body: str, says: str
) -> None:
    serving(frontend, tmp_path, DOUBLING)
    bad, good = frontend.run(item(1, body), item(2, form(floats([1, 2]))))
    assert (bad.code, bad.status) == (ErrorCode.PREDICTION_EXCEPTION, 400)
    assert says in bad.text
    assert "y" in outputs(good)


def test_an_output_that_does_not_exist_is_a_bad_request(frontend: Frontend, tmp_path: Path) -> None:
    serving(frontend, tmp_path, DOUBLING)
    answer = frontend.one(form(floats([1, 2], outputs=[{"name": "z"}])))
    assert (answer.status, answer.text) == (400, 'output "z" is unknown (expected: y, rows, calls)')


def test_outputs_that_can_not_be_divided_are_the_handlers_fault(frontend: Frontend, tmp_path: Path) -> None:
    serving(frontend, tmp_path, "def handle(data, context):\n    return {'y': data['x'][:1]}")
    answers = frontend.run(item(1, form(floats([1, 2]))), item(2, form(floats([3, 4]))))
    assert {answer.code for answer in answers} == {ErrorCode.OUTPUT_TYPE}
    assert 'output "y": shape [1, 2] (expected: 2 rows' in answers[0].text


def test_a_handler_that_raises_for_one_group_answers_the_others(frontend: Frontend, tmp_path: Path) -> None:
    handler = """
    def handle(data, context):
        if data["x"].shape[1] == 3:
            raise ValueError("three")
        return {"y": data["x"]}
    """
    serving(frontend, tmp_path, handler, "tensors: {}")
    wide = Message([Tensor("x", "FP32", (1, 3), bytes(12))])
    bad, good = frontend.run(item(1, form(wide)), item(2, form(floats([1, 2]))))
    assert (bad.code, bad.text) == (ErrorCode.HANDLER_EXCEPTION, "three")
    assert "y" in outputs(good)


EVERY_TYPE = """
    import numpy
    def handle(data, context):
        return {name: numpy.array(value) for name, value in data.items()}
"""


@pytest.mark.parametrize(
    "datatype",
    [
        "BOOL",
        "INT8",
        "INT16",
        "INT32",
        "INT64",
        "UINT8",
        "UINT16",
        "UINT32",
        "UINT64",
        "FP16",
        "FP32",
        "FP64",
    ],
)
@pytest.mark.parametrize("framework", ["numpy", "torch"])
def test_every_type_goes_through_a_model(
    frontend: Frontend, tmp_path: Path, datatype: str, framework: str
) -> None:
    handler = EVERY_TYPE if framework == "numpy" else "def handle(data, context):\n    return data"
    serving(frontend, tmp_path, handler, f"tensors: {{framework: {framework}}}")
    text = {"inputs": [{"name": "x", "datatype": datatype, "shape": [3], "data": [0, 1, 1]}]}
    message = read_text(json.dumps(text))
    assert outputs(frontend.one(form(message)))["x"] == message.tensors[0]


@pytest.mark.parametrize("framework", ["numpy", "torch"])
def test_brain_floats_and_texts_go_through_a_model(
    frontend: Frontend, tmp_path: Path, framework: str
) -> None:
    config = f"""
    tensors:
      outputs: [{{name: x, datatype: BF16, shape: [-1]}}, {{name: t, datatype: BYTES, shape: [-1]}}]
      framework: {framework}
    """
    serving(frontend, tmp_path, "def handle(data, context):\n    return data", config)
    brain = Tensor("x", "BF16", (2,), b"\x80\x3f\xc0\xbf")
    texts = of_elements("t", [2], [b"\xff", "é"])
    found = outputs(frontend.one(form(Message([brain, texts]))))
    assert found["x"] == brain
    assert elements(found["t"]) == [b"\xff", "é".encode()]


def test_outputs_may_come_in_the_order_that_is_declared(frontend: Frontend, tmp_path: Path) -> None:
    config = "tensors: {outputs: [{name: y, datatype: FP64, shape: [-1, 2]}]}"
    serving(frontend, tmp_path, "async def handle(data, context):\n    return data['x']", config)
    assert outputs(frontend.one(form(floats([1, 2]))))["y"].datatype == "FP64"


def test_a_handler_without_tensors_gets_them_as_torchserve_gave_them(
    frontend: Frontend, tmp_path: Path
) -> None:
    frontend.serving(write_model(tmp_path / "m", "def handle(data, context):\n    return data"))
    answer = frontend.one(form(Message([of_elements("t", [1], ["abc"])], "1")))
    expected = [{"name": "t", "datatype": "BYTES", "shape": [1], "data": ["YWJj"]}]
    assert answer.json["body"] == {"id": "1", "inputs": expected}


def test_a_handler_that_takes_raw_bodies_gets_them_as_json(frontend: Frontend, tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m", "def handle(data, context):\n    return data and [data[0]['body']]")
    frontend.serving(folder, decode_input_request="false")
    assert b'"inputs"' in frontend.one(form(floats([1, 2]))).body


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ("tensors: 1", "tensors: 1 (expected: a mapping"),
        ("tensors: {input: []}", "unknown key 'input'"),
        ("tensors: {batchAxis: 1}", "batchAxis: 1 (expected: 0 or none)"),
        ("tensors: {inputs: [{name: x, datatype: FLOAT, shape: [1]}]}", "datatype: 'FLOAT'"),
        ("tensors: {inputs: [{name: x, datatype: FP32, shape: [-2]}]}", "shape: [-2]"),
        ("tensors: {inputs: [{datatype: FP32, shape: [1]}]}", "name: None"),
    ],
)
def test_a_malformed_declaration_fails_the_load(
    frontend: Frontend, tmp_path: Path, config: str, says: str
) -> None:
    folder = write_model(
        tmp_path / "m", DOUBLING, {"modelName": "m", "configFile": "conf.yaml"}, conf_yaml=config
    )
    loaded = frontend.load(folder)
    assert loaded["status"] == "failed"
    assert says in loaded["message"]


def test_tensors_and_an_envelope_exclude_each_other(frontend: Frontend, tmp_path: Path) -> None:
    folder = write_model(
        tmp_path / "m", DOUBLING, {"modelName": "m", "configFile": "conf.yaml"}, conf_yaml=CONFIG
    )
    loaded = frontend.load(folder, envelope="kservev2")
    assert "tensors: with the envelope kservev2" in loaded["message"]


def test_optional_inputs_may_be_missing() -> None:
    entry = {"name": "x", "datatype": "FP32", "shape": [-1], "optional": True}
    Signature.of({"inputs": [entry]}).check(Message([]))


def test_workers_import_numpy_only_for_models_that_use_it() -> None:
    imports = "import sys, ts._worker.session, ts._worker.tensor_entry"
    code = f"{imports}; assert not {{'numpy', 'torch'}} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_tensors_that_are_only_shown_change_nothing_for_the_handler(
    frontend: Frontend, tmp_path: Path
) -> None:
    handler = """
        def handle(data, context):
            return None if data is None else [row["body"]["inputs"][0]["data"] for row in data]
    """
    config = """
        tensors:
          framework: none
          inputs:
            - {name: other, datatype: INT8, shape: [1]}
    """
    serving(frontend, tmp_path, handler, config)
    answer = frontend.one(form(floats([1, 2])))
    assert answer.error == 0, answer.text
    assert json.loads(answer.body) == [1.0, 2.0]
