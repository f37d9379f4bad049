"""A runtime of one's own: a pipeline of Spark MLlib, in the archive's folder `model`.

    mariner archive --model-name fit --version 1.0 --handler spark_handler.py --extra-files FOLDER

where `FOLDER/model` is what `PipelineModel.save` wrote. It needs pyspark, pandas and a Java, and starts a
second JVM of some 500 MB for each worker: one worker with a large batchSize is the way to serve it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ts.runtimes.declared import Call, Declared


class SparkModel:
    """Serves rows of columns; which ones the pipeline wants, it says itself when one is missing."""

    declared = Declared(strict=False)

    def initialize(self, context: Any) -> None:
        """Starts a local Spark session, and loads the pipeline."""
        from pyspark.ml import PipelineModel
        from pyspark.sql import SparkSession

        builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
        self.spark = builder.config("spark.driver.bindAddress", "127.0.0.1").getOrCreate()
        self.model = PipelineModel.load(str(Path(context.system_properties["model_dir"]) / "model"))

    def handle(self, call: Call, context: Any) -> dict[str, Any]:
        """Transforms all rows of the batch at once.

        Raises:
            ValueError: a column is missing or has another type; the client is told with status 400.
        """
        import pandas
        from pyspark.errors import AnalysisException, IllegalArgumentException

        frame = pandas.DataFrame({name: value.reshape(len(value)) for name, value in call.inputs.items()})
        try:
            rows = self.model.transform(self.spark.createDataFrame(frame)).select("prediction").toPandas()
        except (AnalysisException, IllegalArgumentException) as fault:
            raise ValueError(str(fault)) from fault
        return {"prediction": rows["prediction"].to_numpy()}
