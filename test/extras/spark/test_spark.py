"""A pipeline of Spark MLlib behind the runtime that the guide shows, through the real worker."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas
import pytest
from pyspark.ml import Pipeline
from pyspark.ml.feature import VectorAssembler
from pyspark.ml.regression import LinearRegression
from pyspark.sql import SparkSession

from ts._wire.messages import Part
from ts.tests.frontend import Answer, Frontend

RUNTIME = Path(__file__).parents[3] / "examples" / "runtimes" / "spark_handler.py"
# Spark's JVM takes half a minute to begin, and minutes where the machine has other work.
pytestmark = pytest.mark.timeout(600)
ROWS = pandas.DataFrame({"a": [0.0, 1.0, 2.0, 3.0], "b": [1.0, 0.0, 1.0, 0.0]})


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a fitted pipeline, as `PipelineModel.save` writes it, and the runtime."""
    folder = tmp_path_factory.mktemp("spark")
    builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    session = builder.config("spark.driver.bindAddress", "127.0.0.1").getOrCreate()
    label = 2 * ROWS["a"] - ROWS["b"] + 1
    steps = [VectorAssembler(inputCols=["a", "b"], outputCol="features"), LinearRegression()]
    fitted = Pipeline(stages=steps).fit(session.createDataFrame(ROWS.assign(label=label)))
    fitted.save(str(folder / "model"))
    shutil.copy(RUNTIME, folder)
    yield folder
    session.stop()


def body(document: Any) -> Part:
    return Part("body", "application/json", json.dumps(document).encode())


def predictions(answer: Answer) -> Any:
    assert not answer.error, answer.text
    return answer.json["outputs"][0]["data"]


def test_rows_columns_and_tensors_are_predicted(frontend: Frontend, pipeline: Path) -> None:
    frontend.serving(pipeline, handler="spark_handler.py")
    wanted = pytest.approx([2.0, 3.0], abs=1e-3)
    rows = [{"a": 1.0, "b": 1.0}, {"a": 1.0, "b": 0.0}]
    assert frontend.one(body({"instances": rows})).json["predictions"] == wanted
    split = {"columns": ["b", "a"], "data": [[1.0, 1.0], [0.0, 1.0]]}
    assert frontend.one(body({"dataframe_split": split})).json["predictions"] == wanted
    tensors = [
        {"name": "a", "datatype": "FP64", "shape": [2, 1], "data": [1.0, 1.0]},
        {"name": "b", "datatype": "FP64", "shape": [2, 1], "data": [1.0, 0.0]},
    ]
    assert predictions(frontend.one(body({"inputs": tensors}))) == wanted


def test_a_column_that_is_missing_is_named(frontend: Frontend, pipeline: Path) -> None:
    frontend.serving(pipeline, handler="spark_handler.py")
    refused = frontend.one(body({"instances": [{"a": 1.0}]}))
    assert refused.status == 400, refused.text
    assert "No such struct field `b`" in refused.text
