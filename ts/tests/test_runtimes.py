"""Models without handlers, through the real worker."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ts._wire.messages import FrameType, Part
from ts._worker.tensor_reader import read_form, read_text
from ts._worker.tensors import MEDIA_TYPE, write_form
from ts.runtimes.kinds import UnknownModel, found_at, is_model
from ts.tests.frontend import Frontend, item

CASES = json.loads(
    (Path(__file__).parents[2] / "proto" / "runtimes" / "kinds.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_kind_of_a_model_is_found_as_the_store_finds_it(case: dict[str, Any], tmp_path: Path) -> None:
    for name, text in case["files"].items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="latin-1")
    path = tmp_path / case["path"] if case["path"] else tmp_path
    if case["runtime"] is None:
        assert not is_model(path)
        return
    found = found_at(path)
    assert (found.runtime, found.file.name if found.file else None) == (case["runtime"], case["file"])


def test_what_is_no_model_is_refused_with_the_kinds(tmp_path: Path) -> None:
    (tmp_path / "m.xyz").write_bytes(b"?")
    with pytest.raises(UnknownModel, match=r"m\.xyz: no model of a known kind \(expected: TorchScript"):
        found_at(tmp_path / "m.xyz")
    with pytest.raises(UnknownModel, match="nothing is there"):
        found_at(tmp_path / "none.onnx")


def serve(frontend: Frontend, file: Path, runtime: str, config: str = "", **fields: Any) -> Frontend:
    """Serves a file as the store does, with a manifest around it."""
    model = {"serializedFile": file.name, "modelVersion": "1.0"}
    if config:
        (file.parent / "model-config.yaml").write_text(config, encoding="utf-8")
        model["configFile"] = "model-config.yaml"
    (file.parent / "MAR-INF").mkdir(exist_ok=True)
    (file.parent / "MAR-INF" / "MANIFEST.json").write_text(json.dumps({"model": model}), encoding="utf-8")
    return frontend.serving(file.parent, handler=f"ts.runtimes.{runtime}", **fields)


def body(document: Any) -> Part:
    return Part("body", "application/json", json.dumps(document).encode())


def oip(**inputs: Any) -> dict[str, Any]:
    return {
        "inputs": [
            {"name": name, "datatype": "FP32", "shape": [len(rows), len(rows[0])], "data": rows}
            for name, rows in inputs.items()
        ]
    }


@pytest.fixture
def scripted(tmp_path: Path) -> Path:
    torch = pytest.importorskip("torch")

    class Scaled(torch.nn.Module):  # type: ignore[misc, name-defined]
        def forward(self, x: Any) -> Any:
            return x * 2 + x.shape[0] * 0

    path = tmp_path / "m" / "scaled.pt"
    path.parent.mkdir()
    torch.jit.trace(Scaled(), torch.ones(2, 2)).save(str(path))
    return path


def test_torchscript_answers_plain_rows_in_the_form_they_came(frontend: Frontend, scripted: Path) -> None:
    serve(frontend, scripted, "torch")
    assert frontend.one(body([[1, 2.5]])).json == [[2, 5]]
    assert frontend.one(body({"instances": [[1, 2], [3, 4]]})).json == {"predictions": [[2, 4], [6, 8]]}
    assert frontend.one(body({"inputs": [[1, 2]]})).json == {"outputs": [[2, 4]]}
    assert frontend.one(body({"x": [1, 2]})).json == [2, 4]


def test_torchscript_answers_tensors_as_json_and_as_bytes(frontend: Frontend, scripted: Path) -> None:
    serve(frontend, scripted, "torch")
    answer = frontend.one(body(oip(x=[[1, 2]]))).json
    assert answer["outputs"] == [{"name": "output", "datatype": "FP32", "shape": [1, 2], "data": [2, 4]}]
    form = write_form(read_text(json.dumps(oip(x=[[1, 2]]))), "request")
    answer = frontend.one(Part("body", MEDIA_TYPE, form))
    assert [bytes(each.data) for each in read_form(answer.body, "answer").tensors] == [
        b"\0\0\0\x40\0\0\x80\x40"
    ]


def test_a_batch_of_both_forms_runs_as_one(frontend: Frontend, scripted: Path) -> None:
    serve(frontend, scripted, "torch")
    answers = frontend.run(item(1, body([[1, 2]])), item(2, body(oip(x=[[3, 4]]))), item(3, body([[5]])))
    assert answers[0].json == [[2, 4]]
    assert answers[1].json["outputs"][0]["data"] == [6, 8]
    assert answers[2].json == [[10]]


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (7, "body: int"),
        ([], "no rows"),
        ({}, "no key"),
        ([[1], [2, 3]], 'input "input"'),
        ([[1], {"x": 2}], "some rows are objects"),
        ({"instances": [[1]], "other": 1}, '"other" is unknown'),
        ({"dataframe_split": [1]}, "columns and data"),
        ({"instances": [[1]], "inputs": [[1]]}, "expected: a list of rows"),
    ],
)
def test_what_is_no_request_is_a_400_that_says_why(
    frontend: Frontend, scripted: Path, document: Any, said: str
) -> None:
    serve(frontend, scripted, "torch")
    answer = frontend.one(body(document))
    assert answer.status == 400
    assert said in answer.text


def test_an_exported_program_says_its_inputs(frontend: Frontend, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")

    class Both(torch.nn.Module):  # type: ignore[misc, name-defined]
        def forward(self, x: Any, y: Any) -> Any:
            return x + y, x - y

    rows = torch.export.Dim("rows")
    path = tmp_path / "both.pt2"
    program = torch.export.export(
        Both(), (torch.ones(3, 2), torch.ones(3, 2)), dynamic_shapes=({0: rows}, {0: rows})
    )
    torch.export.save(program, path)
    serve(frontend, path, "torch")
    assert frontend.one(body([{"x": [1, 2], "y": [3, 4]}])).json == [
        {"output_0": [4, 6], "output_1": [-2, -2]}
    ]
    wrong = frontend.one(body(oip(x=[[1, 2, 3]], y=[[1, 2, 3]])))
    assert (wrong.status, wrong.text) == (
        400,
        'input "x": shape [1, 3] (expected: [-1, 2], where -1 is any)',
    )
    several = frontend.one(body([[1, 2]]))
    assert "objects with x, y" in several.text


def test_an_eager_module_needs_the_file_of_its_class(frontend: Frontend, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    (tmp_path / "model.py").write_text(
        "import torch\nclass Net(torch.nn.Linear):\n    def __init__(self):\n        super().__init__(2, 1)\n"
    )
    torch.save({"weight": torch.ones(1, 2), "bias": torch.zeros(1)}, tmp_path / "net.pth")
    serve(frontend, tmp_path / "net.pth", "torch")
    assert frontend.one(body([[1, 2], [3, 4]])).json == [[3], [7]]


def onnx_model(path: Path) -> Path:
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    helper, kinds = onnx.helper, onnx.TensorProto
    graph = helper.make_graph(
        [helper.make_node("Add", ["a", "b"], ["sum"])],
        "g",
        [helper.make_tensor_value_info(name, kinds.FLOAT, ["n", 2]) for name in ("a", "b")],
        [helper.make_tensor_value_info("sum", kinds.FLOAT, ["n", 2])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, str(path))
    return path


def test_onnx_has_the_names_and_shapes_of_its_file(frontend: Frontend, tmp_path: Path) -> None:
    serve(frontend, onnx_model(tmp_path / "add.onnx"), "onnx")
    assert frontend.one(body([{"a": [1, 2], "b": [3, 4]}])).json == [[4, 6]]
    assert frontend.one(body({"inputs": {"a": [[1, 2]], "b": [[3, 4]]}})).json == {"outputs": [[4, 6]]}
    assert frontend.one(body(oip(a=[[1, 2]]))).text == 'input "b" is missing (expected: FP32)'
    unknown = frontend.one(body({**oip(a=[[1, 2]], b=[[1, 2]]), "outputs": [{"name": "z"}]}))
    assert (unknown.status, unknown.text) == (400, 'output "z" is unknown (expected: sum)')


@pytest.fixture
def estimator(tmp_path: Path) -> Path:
    joblib = pytest.importorskip("joblib")
    linear = pytest.importorskip("sklearn.linear_model")
    rows = [[0.0, 0.0], [1.0, 1.0], [0.0, 1.0], [1.0, 0.0]]
    path = tmp_path / "m" / "iris.joblib"
    path.parent.mkdir()
    joblib.dump(linear.LogisticRegression().fit(rows, ["no", "yes", "no", "yes"]), path)
    return path


def test_an_estimator_predicts_and_gives_what_is_asked_for(frontend: Frontend, estimator: Path) -> None:
    serve(frontend, estimator, "sklearn")
    assert frontend.one(body([[1, 0], [0, 1]])).json == ["yes", "no"]
    asked = {**oip(anything=[[1, 0]]), "outputs": [{"name": "predict_proba"}, {"name": "predict"}]}
    outputs = frontend.one(body(asked)).json["outputs"]
    assert [(each["name"], each["datatype"], each["shape"]) for each in outputs] == [
        ("predict_proba", "FP64", [1, 2]),
        ("predict", "BYTES", [1]),
    ]
    wide = frontend.one(body([[1, 2, 3]]))
    assert (wide.status, wide.text) == (
        400,
        'input "input": shape [1, 3] (expected: [-1, 2], where -1 is any)',
    )


def test_an_estimator_gives_unasked_what_its_configuration_says(frontend: Frontend, estimator: Path) -> None:
    serve(frontend, estimator, "sklearn", "handler: {outputs: [predict, predict_proba]}")
    (row,) = frontend.one(body([[1, 0]])).json
    assert row["predict"] == "yes"
    assert sum(row["predict_proba"]) == pytest.approx(1)


def test_a_row_that_an_estimator_refuses_costs_its_batch_nothing(frontend: Frontend, estimator: Path) -> None:
    serve(frontend, estimator, "sklearn")
    rows = ("[[1, 0]]", "[[null, 0]]", "[[0, 1], [1, 0]]")
    answers = frontend.run(
        *(item(number, Part("body", "application/json", row.encode())) for number, row in enumerate(rows, 1))
    )
    assert (answers[0].json, answers[2].json) == (["yes"], ["no", "yes"])
    assert answers[1].status == 400
    assert "NaN" in answers[1].text


def test_several_targets_have_an_output_each(frontend: Frontend, tmp_path: Path) -> None:
    ensemble = pytest.importorskip("sklearn.ensemble")
    joblib = pytest.importorskip("joblib")
    classes = [["a", "x"], ["b", "y"], ["a", "z"]]
    model = ensemble.RandomForestClassifier(5, random_state=1).fit([[0, 0], [1, 1], [2, 2]], classes)
    path = tmp_path / "several" / "model.joblib"
    path.parent.mkdir()
    joblib.dump(model, path)
    serve(frontend, path, "sklearn")
    described = frontend.one(kind=FrameType.DESCRIBE).json
    told = {one["name"]: one["shape"] for one in described["outputs"]}
    assert told["predict"] == [-1, -1]
    assert (told["predict_proba_0"], told["predict_proba_1"]) == ([-1, 2], [-1, 3])
    rows = {"name": "input", "datatype": "FP64", "shape": [2, 2], "data": [0, 0, 2, 2]}
    wanted = [{"name": "predict"}, {"name": "predict_proba_1"}]
    answer = frontend.one(json.dumps({"inputs": [rows], "outputs": wanted})).json["outputs"]
    assert answer[0]["data"] == model.predict([[0, 0], [2, 2]]).reshape(-1).tolist()
    assert answer[1]["shape"] == [2, 3]
    assert answer[1]["data"] == model.predict_proba([[0, 0], [2, 2]])[1].reshape(-1).tolist()


@pytest.mark.parametrize(
    ("config", "fields"), [("handler: {pickle: false}", {}), ("", {"allow_pickle": "false"})]
)
def test_pickles_can_be_forbidden(
    frontend: Frontend, estimator: Path, config: str, fields: dict[str, str]
) -> None:
    with pytest.raises(AssertionError, match=r"iris\.joblib: a pickle, which runs code .* \(expected: skops"):
        serve(frontend, estimator, "sklearn", config, **fields)


def test_a_library_that_is_missing_is_named(frontend: Frontend, tmp_path: Path) -> None:
    path = tmp_path / "m.cbm"
    path.write_bytes(b"CBM1")
    with pytest.raises(
        AssertionError, match=r"m\.cbm: needs catboost, .* \(expected: pip install catboost\)"
    ):
        serve(frontend, path, "catboost")


def test_tensors_of_the_configuration_win_over_those_of_the_file(frontend: Frontend, scripted: Path) -> None:
    inputs, outputs = (
        "[{name: x, datatype: INT64, shape: [-1, 2]}]",
        "[{name: y, datatype: INT64, shape: [-1, 2]}]",
    )
    serve(frontend, scripted, "torch", f"tensors: {{inputs: {inputs}, outputs: {outputs}}}")
    fractions = frontend.one(body([[1.5, 2]]))
    assert (fractions.status, fractions.text) == (400, 'input "x": numbers with fractions (expected: INT64)')
    assert frontend.one(body([[1, 2]])).json == [[2, 4]]
    assert frontend.one(body(oip(x=[[1, 2]]))).text == 'input "x": FP32 (expected: INT64)'


def test_a_model_describes_its_tensors(frontend: Frontend, tmp_path: Path) -> None:
    serve(frontend, onnx_model(tmp_path / "add.onnx"), "onnx")
    described = frontend.one(kind=FrameType.DESCRIBE).json
    assert described["outputs"] == [{"name": "sum", "datatype": "FP32", "shape": [-1, 2]}]


def test_json_may_come_as_text_and_texts_as_they_are(frontend: Frontend, estimator: Path) -> None:
    serve(frontend, estimator, "sklearn")
    assert frontend.one(Part("body", "text/plain", b"[[1, 0]]")).json == ["yes"]
    broken = frontend.one(Part("body", "text/plain", b"[[1, 0"))
    assert (broken.status, broken.text.startswith("body: ")) == (400, True)
