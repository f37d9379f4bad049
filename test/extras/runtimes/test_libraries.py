"""Each library's models through the real worker."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import made
import numpy
import pytest

from ts._wire.messages import Part
from ts.runtimes.kinds import found_at
from ts.tests.frontend import Answer, Frontend, item

os.environ["HF_HUB_OFFLINE"] = "1"
ONE = [float(value) for value in made.ROWS[0]]
TWO = [float(value) for value in made.ROWS[1]]


def serve(frontend: Frontend, path: Path, config: str = "") -> Frontend:
    """Serves a model as the store does: with a manifest around it."""
    found = found_at(path)
    folder = path if path.is_dir() else path.parent
    model = {"serializedFile": found.file.name if found.file else None, "modelVersion": "1.0"}
    if config:
        (folder / "model-config.yaml").write_text(config, encoding="utf-8")
        model["configFile"] = "model-config.yaml"
    (folder / "MAR-INF").mkdir(exist_ok=True)
    (folder / "MAR-INF" / "MANIFEST.json").write_text(json.dumps({"model": model}), encoding="utf-8")
    return frontend.serving(folder, handler=f"ts.runtimes.{found.runtime}")


def body(document: Any) -> Part:
    return Part("body", "application/json", json.dumps(document).encode())


def oip(rows: list[list[float]], *outputs: str, name: str = "input", datatype: str = "FP32") -> Part:
    shape = [len(rows), len(rows[0])]
    inputs = [{"name": name, "datatype": datatype, "shape": shape, "data": rows}]
    wanted = {"outputs": [{"name": each} for each in outputs]} if outputs else {}
    return body({"inputs": inputs, **wanted})


def outputs(answer: Answer) -> dict[str, Any]:
    return {each["name"]: each["data"] for each in answer.json["outputs"]}


def records() -> list[dict[str, float]]:
    return [dict(zip(made.COLUMNS, row, strict=True)) for row in (ONE, TWO)]


@pytest.mark.parametrize("make", [made.skops, made.joblib])
def test_scikit_learn_takes_rows_columns_and_tensors(frontend: Frontend, tmp_path: Path, make: Any) -> None:
    serve(frontend, make(tmp_path))
    wanted = made.classifier().predict(made.ROWS[:2]).tolist()
    assert frontend.one(body([ONE, TWO])).json == wanted
    assert frontend.one(body({"instances": records()})).json == {"predictions": wanted}
    split = {"columns": made.COLUMNS[::-1], "data": [ONE[::-1], TWO[::-1]]}
    assert frontend.one(body({"dataframe_split": split})).json == {"predictions": wanted}
    assert outputs(frontend.one(oip([ONE, TWO], "predict")))["predict"] == wanted
    unknown = frontend.one(body([{"height": 1}]))
    assert (unknown.status, "sepal_length" in unknown.text) == (400, True)


def test_scikit_learn_of_texts_takes_texts(frontend: Frontend, tmp_path: Path) -> None:
    import joblib
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.naive_bayes import MultinomialNB
    from sklearn.pipeline import make_pipeline

    model = make_pipeline(CountVectorizer(), MultinomialNB())
    joblib.dump(model.fit(["good film", "bad film"], ["up", "down"]), tmp_path / "words.joblib")
    serve(frontend, tmp_path / "words.joblib")
    assert frontend.one(body(["good", "bad bad"])).json == ["up", "down"]
    assert frontend.one(Part("body", "text/plain", b"good")).json == "up"


def test_skops_with_foreign_types_names_them(frontend: Frontend, tmp_path: Path) -> None:
    import skops.io
    from sklearn.preprocessing import FunctionTransformer

    skops.io.dump(FunctionTransformer(made.skops), tmp_path / "own.skops")
    with pytest.raises(AssertionError, match=r"own\.skops: types that are not trusted: .*made\.skops"):
        serve(frontend, tmp_path / "own.skops")


def test_onnx_of_scikit_learn_gives_labels_and_probabilities(frontend: Frontend, tmp_path: Path) -> None:
    serve(frontend, made.onnx(tmp_path))
    (row,) = frontend.one(body([ONE])).json
    assert set(row) == {"output_label", "output_probability"}
    wrong = frontend.one(oip([ONE], name="X", datatype="FP64"))
    assert (wrong.status, wrong.text) == (400, 'input "X": FP64 (expected: FP32)')


@pytest.mark.parametrize("name", ["iris.ubj", "iris.json"])
def test_xgboost(frontend: Frontend, tmp_path: Path, name: str) -> None:
    path = made.xgboost(tmp_path, name)
    serve(frontend, path)
    import xgboost

    data = xgboost.DMatrix(made.ROWS[:2], feature_names=made.COLUMNS)
    wanted = xgboost.Booster(model_file=str(path)).predict(data)
    assert frontend.one(body([ONE, TWO])).json == pytest.approx(wanted.tolist())
    assert frontend.one(body(records())).json == pytest.approx(wanted.tolist())
    margin = outputs(frontend.one(oip([ONE], "margin", datatype="FP64")))["margin"]
    assert 1 / (1 + numpy.exp(-margin[0])) == pytest.approx(wanted[0], abs=1e-5)
    assert frontend.one(body([[1, 2]])).status == 400


def test_xgboost_refuses_what_is_no_model(frontend: Frontend, tmp_path: Path) -> None:
    (tmp_path / "old.bst").write_bytes(b"binf" + bytes(200))
    with pytest.raises(AssertionError, match=r"old\.bst: a pickle"):
        serve(frontend, tmp_path / "old.bst", "handler: {pickle: false}")


@pytest.mark.parametrize("name", ["iris.txt", "iris.model", "iris.bst"])
def test_lightgbm(frontend: Frontend, tmp_path: Path, name: str) -> None:
    path = made.lightgbm(tmp_path, name)
    serve(frontend, path)
    import lightgbm

    wanted = lightgbm.Booster(model_file=str(path)).predict(made.ROWS[:2])
    assert frontend.one(body([ONE, TWO])).json == pytest.approx(list(wanted))
    assert frontend.one(body({"dataframe_records": records()})).json["predictions"] == pytest.approx(
        list(wanted)
    )


def test_mlflow_has_the_columns_of_its_signature(frontend: Frontend, tmp_path: Path) -> None:
    serve(frontend, made.mlflow(tmp_path))
    wanted = made.classifier().predict(made.ROWS[:2]).tolist()
    split = {"columns": made.COLUMNS, "data": [ONE, TWO]}
    assert frontend.one(body({"dataframe_split": split})).json == {"predictions": wanted}
    assert frontend.one(body({"inputs": records()})).json == {"outputs": wanted}
    missing = frontend.one(body([{"sepal_length": 1.0}]))
    assert (missing.status, "sepal_width" in missing.text) == (400, True)


def test_mlflow_with_code_can_be_forbidden(frontend: Frontend, tmp_path: Path) -> None:
    import mlflow.pyfunc

    class Doubled(mlflow.pyfunc.PythonModel):  # type: ignore[name-defined, misc]
        def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:
            return model_input * 2

    mlflow.pyfunc.save_model(str(tmp_path / "code"), python_model=Doubled())
    with pytest.raises(AssertionError, match=r"python_model\.pkl: a pickle"):
        serve(frontend, tmp_path / "code", "handler: {pickle: false}")


def test_hugging_face_finds_its_task(frontend: Frontend, tmp_path: Path) -> None:
    serve(frontend, made.distilbert(tmp_path))
    rows = frontend.one(body(["good film", "bad film"])).json
    assert [set(row) for row in rows] == [{"label", "score"}] * 2
    single = frontend.one(Part("body", "text/plain", b"good film")).json
    assert single == pytest.approx(rows[0])
    asked = {"inputs": "good film", "parameters": {"top_k": 2}}
    assert len(frontend.one(body(asked)).json["outputs"]) == 2


def test_hugging_face_is_set_up_as_for_mlserver(frontend: Frontend, tmp_path: Path) -> None:
    made.distilbert(tmp_path).rename(tmp_path / "inner")
    made.settings(tmp_path, {"task": "text-classification", "pretrained_model": "inner"})
    serve(frontend, tmp_path)
    asked = {"inputs": [{"name": "args", "datatype": "BYTES", "shape": [1], "data": ["good film"]}]}
    (text,) = outputs(frontend.one(body(asked)))["output"]
    assert set(json.loads(text)) == {"label", "score"}


def test_a_batch_of_requests_is_one_call(frontend: Frontend, tmp_path: Path) -> None:
    serve(frontend, made.lightgbm(tmp_path))
    answers = frontend.run(item(1, body([ONE])), item(2, body([TWO, ONE])), item(3, oip([TWO])))
    one, two = answers[0].json[0], answers[1].json[0]
    assert answers[1].json == [two, one]
    assert outputs(answers[2])["predict"] == pytest.approx([two], rel=1e-5)
