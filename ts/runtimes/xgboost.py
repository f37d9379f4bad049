"""Models of XGBoost: `.ubj` and `.json`. The old binary form is refused."""

from __future__ import annotations

import warnings
from typing import Any

from ts._worker.signature import TensorSpec
from ts.runtimes.declared import ANY, Call, Declared
from ts.runtimes.files import check_pickle, library, model_file, threads
from ts.runtimes.frames import native

_OUTPUT = "predict"


class XgboostModel:
    """Serves a booster: `predict` is what its objective gives, `margin` what is below that."""

    declared = Declared()

    def initialize(self, context: Any) -> None:
        """Loads the booster.

        Raises:
            RuntimeError: the file is no model, or in the old binary form and pickles are forbidden.
        """
        path = model_file(context)
        xgboost = library("xgboost", "xgboost", path)
        with path.open("rb") as stream:
            if stream.read(1) != b"{":
                # Its parser is unsafe on files of strangers, as pickle is.
                check_pickle(context, path, "save_model to .ubj or .json")
        self.booster = xgboost.Booster({"nthread": threads(context)})
        try:
            self.booster.load_model(str(path))
        except xgboost.core.XGBoostError as fault:
            reason = str(fault).strip().splitlines()[-1]
            raise RuntimeError(
                f"{path.name}: {reason} (expected: a model of save_model as .ubj or .json)"
            ) from fault
        self.matrix = xgboost.DMatrix
        columns = tuple(self.booster.feature_names or ())
        inputs = (TensorSpec("input", "FP32", (ANY, self.booster.num_features())),)
        self.declared = Declared(inputs, self._outputs(), columns=columns, strict=False)

    def _outputs(self) -> tuple[TensorSpec, ...]:
        import numpy

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            probe = self._predict(numpy.zeros((1, self.booster.num_features()), dtype="f4"), False)
        shape = (ANY, *probe.shape[1:])
        return tuple(TensorSpec(name, "FP32", shape) for name in (_OUTPUT, "margin"))

    def _predict(self, rows: Any, margin: bool) -> Any:
        matrix = self.matrix(rows, feature_names=self.booster.feature_names)
        return native(self.booster.predict(matrix, output_margin=margin))

    def handle(self, call: Call, context: Any) -> dict[str, Any]:
        """Predicts all rows at once; NaN is what is missing."""
        import numpy

        columns = self.declared.columns
        if len(call.inputs) == 1 and next(iter(call.inputs)) not in columns:
            rows = call.only()
        else:
            rows = numpy.stack([call.inputs[name].reshape(-1) for name in columns], axis=1)
        rows = rows.astype("f4")
        return {name: self._predict(rows, name != _OUTPUT) for name in call.wanted or [_OUTPUT]}
