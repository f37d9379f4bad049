"""Models of LightGBM in its text form."""

from __future__ import annotations

from typing import Any

from ts._worker.signature import TensorSpec
from ts.runtimes.declared import ANY, Call, Declared
from ts.runtimes.files import library, model_file, threads

_OUTPUT = "predict"
_RAW = "raw_score"


class LightgbmModel:
    """Serves a booster: `predict` is what its objective gives, `raw_score` what is below that."""

    declared = Declared()

    def initialize(self, context: Any) -> None:
        """Loads the booster.

        Raises:
            RuntimeError: the file is no model.
        """
        path = model_file(context)
        lightgbm = library("lightgbm", "lightgbm", path)
        try:
            self.booster = lightgbm.Booster(model_file=str(path))
        except lightgbm.basic.LightGBMError as fault:
            raise RuntimeError(f"{path.name}: {fault} (expected: a model of save_model)") from fault
        self.threads = threads(context)
        classes = self.booster.num_model_per_iteration()
        shape = (ANY,) if classes == 1 else (ANY, classes)
        self.declared = Declared(
            (TensorSpec("input", "FP64", (ANY, self.booster.num_feature())),),
            tuple(TensorSpec(name, "FP64", shape) for name in (_OUTPUT, _RAW)),
            columns=tuple(self.booster.feature_name()),
            strict=False,
        )

    def handle(self, call: Call, context: Any) -> dict[str, Any]:
        """Predicts all rows at once; NaN is what is missing."""
        import numpy

        columns = self.declared.columns
        if len(call.inputs) == 1 and next(iter(call.inputs)) not in columns:
            rows = call.only()
        else:
            rows = numpy.stack([call.inputs[name].reshape(-1) for name in columns], axis=1)
        rows = rows.astype("f8")
        return {
            name: self.booster.predict(rows, raw_score=name == _RAW, num_threads=self.threads)
            for name in call.wanted or [_OUTPUT]
        }
