"""The released runtimes of MLServer, unchanged, on the distribution `mlserver` of this project."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import joblib
import lightgbm
import numpy as np
import pytest
import xgboost
from sklearn.linear_model import LogisticRegression
from support import rest
from support.places import ROOT
from support.waiting import eventually

RANDOM = np.random.default_rng(0)
X = RANDOM.random((200, 4))
Y = (X[:, 0] > 0.5).astype(int)
RUNTIMES = {
    "sklearn": ("mlserver_sklearn.SKLearnModel", "model.joblib"),
    "xgboost": ("mlserver_xgboost.XGBoostModel", "model.json"),
    "lightgbm": ("mlserver_lightgbm.LightGBMModel", "model.bst"),
}


def trained() -> dict[str, Any]:
    return {
        "sklearn": LogisticRegression().fit(X, Y),
        "xgboost": xgboost.XGBRegressor(n_estimators=3, n_jobs=1).fit(X, Y),
        "lightgbm": lightgbm.train(
            {"verbose": -1, "num_threads": 1}, lightgbm.Dataset(X, Y), num_boost_round=3
        ),
    }


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    base, found = tmp_path_factory.mktemp("runtimes"), trained()
    for name, (implementation, file) in RUNTIMES.items():
        folder = base / "models" / name
        folder.mkdir(parents=True)
        (folder / "model-settings.json").write_text(
            json.dumps({"name": name, "implementation": implementation, "parameters": {"version": "v1"}})
        )
        if name == "sklearn":
            joblib.dump(found[name], folder / file)
        else:
            found[name].save_model(folder / file)
    settings = {"host": "127.0.0.1", "http_port": 0, "grpc_port": 0, "metrics_port": 0}
    (base / "models" / "settings.json").write_text(json.dumps(settings))
    return base, found


@pytest.fixture(scope="module")
def address(models: tuple[Path, dict[str, Any]]) -> Iterator[str]:
    base, _ = models
    paths = [ROOT / "aliases" / "mlserver", ROOT, ROOT / "model-archiver"]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
        "XDG_RUNTIME_DIR": str(base),
    }
    said = base / "said.txt"
    with said.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "mlserver.cli", "start", "models"],
            cwd=base,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        eventually(lambda: "Ctrl-C" in said.read_text() or process.poll() is not None, seconds=100)
        line = next(line for line in said.read_text().splitlines() if "is ready at" in line)
        yield line.rpartition(" ")[2]
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    finally:
        print(said.read_text()[-4000:])
        if process.poll() is None:
            process.kill()
            process.wait()


@pytest.mark.parametrize("name", RUNTIMES)
def test_a_released_runtime_predicts_as_its_model_does(
    name: str, address: str, models: tuple[Path, dict[str, Any]]
) -> None:
    rows = X[:3]
    tensor = {"name": "x", "shape": [3, 4], "datatype": "FP64", "data": rows.ravel().tolist()}
    reply = rest.call(address, "POST", f"/v2/models/{name}/infer", json.dumps({"inputs": [tensor]}))
    assert reply.status == 200, reply.text
    answer = reply.json()
    assert (answer["model_name"], answer["model_version"]) == (name, "v1")
    (output,) = answer["outputs"]
    assert output["shape"] == [3, 1]
    assert output["name"] == "predict"
    np.testing.assert_allclose(output["data"], models[1][name].predict(rows), rtol=1e-6)


def test_outputs_that_are_asked_for(address: str, models: tuple[Path, dict[str, Any]]) -> None:
    tensor = {"name": "x", "shape": [1, 4], "datatype": "FP64", "data": X[0].tolist()}
    asked = {"inputs": [tensor], "outputs": [{"name": "predict_proba"}]}
    reply = rest.call(address, "POST", "/v2/models/sklearn/versions/v1/infer", json.dumps(asked))
    (output,) = reply.json()["outputs"]
    np.testing.assert_allclose([output["data"]], models[1]["sklearn"].predict_proba(X[:1]), rtol=1e-6)
    asked["outputs"] = [{"name": "nothing"}]
    refused = rest.call(address, "POST", "/v2/models/sklearn/infer", json.dumps(asked))
    assert refused.status == 400
    assert "SKLearnModel only supports 'predict'" in refused.json()["error"]
