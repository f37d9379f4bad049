"""Files that are models, without archive and handler: from the command line and over the management API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support import rest
from support.operator import Operator

ROWS = [[0.0, 0.0], [1.0, 1.0], [0.0, 1.0], [1.0, 0.0]]


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Operator, dict[str, str]]]:
    """A server that was started in a folder with a file of scikit-learn, and nothing else."""
    joblib = pytest.importorskip("joblib")
    linear = pytest.importorskip("sklearn.linear_model")
    operator = Operator(tmp_path_factory.mktemp("plain"))
    joblib.dump(
        linear.LogisticRegression().fit(ROWS, ["no", "yes", "no", "yes"]), operator.work / "iris.joblib"
    )
    config = operator.config(
        "../config.properties", enable_model_api="true", disable_token_authorization="true"
    )
    started = operator.run("mariner", "start", "--models", "iris=iris.joblib", "--ts-config", config)
    assert started.code == 0, started.text
    lines = [line.strip().rsplit("  ", 1) for line in started.out.splitlines() if line.startswith("  ")]
    yield operator, {pair[0].strip(): pair[1].strip() for pair in lines if len(pair) == 2}
    operator.run("mariner", "stop")
    operator.clean()


def predict(serving: tuple[Operator, dict[str, str]], model: str, document: Any) -> Any:
    headers = {"Content-Type": "application/json"}
    found = rest.call(
        serving[1]["inference"], "POST", f"/predictions/{model}", json.dumps(document), headers=headers
    )
    return found.status, json.loads(found.body)


def test_a_file_is_served_by_its_name_alone(serving: tuple[Operator, dict[str, str]]) -> None:
    assert predict(serving, "iris", [[1, 0], [0, 1]]) == (200, ["yes", "no"])
    assert predict(serving, "iris", {"instances": [[1, 0]]}) == (200, {"predictions": ["yes"]})
    status, answer = predict(serving, "iris", [[1, 2, 3]])
    assert (status, "shape [1, 3]" in answer["message"]) == (400, True)


def test_a_file_says_its_tensors_and_takes_them(serving: tuple[Operator, dict[str, str]]) -> None:
    address = serving[1]["inference"]
    told = json.loads(rest.call(address, "GET", "/v2/models/iris").body)
    assert told["inputs"] == [{"name": "input", "datatype": "FP64", "shape": [-1, 2]}]
    assert {"name": "predict", "datatype": "BYTES", "shape": [-1]} in told["outputs"]
    one = {"name": "any", "datatype": "FP32", "shape": [1, 2], "data": [1, 0]}
    asked = json.dumps({"id": "7", "inputs": [one], "outputs": [{"name": "predict"}]})
    answer = rest.call(
        address, "POST", "/v2/models/iris/infer", asked, headers={"Content-Type": "application/json"}
    )
    assert answer.status == 200, answer.body
    found = json.loads(answer.body)
    assert (found["id"], found["outputs"][0]["data"]) == ("7", ["yes"])
    bad = rest.call(
        address,
        "POST",
        "/v2/models/iris/infer",
        asked.replace("predict", "forecast"),
        headers={"Content-Type": "application/json"},
    )
    assert (bad.status, b"forecast" in bad.body) == (400, True), bad.body


def test_a_file_is_registered_by_its_name(serving: tuple[Operator, dict[str, str]]) -> None:
    torch = pytest.importorskip("torch")
    operator, addresses = serving
    torch.jit.script(torch.nn.ReLU()).save(str(operator.work / "relu.pt"))
    path = "/models?url=relu.pt&initial_workers=1&synchronous=true"
    made = rest.call(addresses["management"], "POST", path)
    assert made.status == 200, made.body
    assert predict(serving, "relu", [[-1, 2]]) == (200, [[0, 2]])
    assert rest.call(addresses["management"], "DELETE", "/models/relu").status == 200
    assert (operator.work / "relu.pt").exists()


def test_what_is_no_model_names_the_endings(serving: tuple[Operator, dict[str, str]]) -> None:
    operator, addresses = serving
    (operator.work / "m.xyz").write_bytes(b"what is this")
    answer = rest.call(addresses["management"], "POST", "/models?url=m.xyz")
    assert (answer.status, b".joblib" in answer.body) == (400, True), answer.body


def test_pickles_are_refused_where_the_server_forbids_them(tmp_path: Path) -> None:
    joblib = pytest.importorskip("joblib")
    operator = Operator(tmp_path)
    try:
        joblib.dump({}, operator.work / "m.joblib")
        started = operator.run(
            "mariner", "start", "--models", "m.joblib", "--ts-config", operator.config(allow_pickle="false")
        )
        assert started.code == 1
        assert "m.joblib: a pickle, which runs code" in started.err, started.text
        operator.run("mariner", "stop")
    finally:
        operator.clean()
