"""Models of CatBoost (`.cbm`)."""

from __future__ import annotations

from typing import Any

from ts._worker.signature import TensorSpec
from ts.runtimes.declared import ANY, Call, Declared
from ts.runtimes.files import library, model_file, threads
from ts.runtimes.frames import frame, native

_KINDS = {"predict": "RawFormulaVal", "predict_class": "Class", "predict_proba": "Probability"}


class CatboostModel:
    """Serves a model: `predict` is the raw value, `predict_class` and `predict_proba` are classifiers'."""

    declared = Declared()

    def initialize(self, context: Any) -> None:
        """Loads the model."""
        path = model_file(context)
        catboost = library("catboost", "catboost", path)
        self.model = catboost.CatBoost()
        self.model.load_model(str(path))
        self.threads = threads(context)
        columns = tuple(self.model.feature_names_ or ())
        self.declared = Declared(
            (TensorSpec("input", "FP64", (ANY, len(columns) or ANY)),), columns=columns, strict=False
        )

    def handle(self, call: Call, context: Any) -> dict[str, Any]:
        """Predicts all rows at once.

        Raises:
            ValueError: an output is wanted that there is none of.
        """
        rows = frame(call, self.declared.columns)
        found = {}
        for name in call.wanted or ["predict"]:
            if name not in _KINDS:
                raise ValueError(f'output "{name}" is unknown (expected: {", ".join(_KINDS)})')
            found[name] = native(
                self.model.predict(rows, prediction_type=_KINDS[name], thread_count=self.threads)
            )
        return found
