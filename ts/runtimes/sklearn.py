"""Estimators and pipelines of scikit-learn: joblib and pickle files, and skops files, which run no code."""

from __future__ import annotations

import logging
import pickle
import warnings
from pathlib import Path
from typing import Any

from ts._worker.signature import TensorSpec
from ts.runtimes.declared import ANY, Call, Declared
from ts.runtimes.files import check_pickle, library, model_file, options
from ts.runtimes.frames import frame, native

logger = logging.getLogger(__name__)
_METHODS = (
    "predict",
    "predict_proba",
    "predict_log_proba",
    "decision_function",
    "transform",
    "score_samples",
)
_SEVERAL = ("predict_proba", "predict_log_proba")
"""Methods that answer with an array for each target, where there are several."""
_KINDS = {"b": "BOOL", "i": "INT64", "u": "UINT64", "f": "FP64", "U": "BYTES", "S": "BYTES", "O": "BYTES"}


class SklearnModel:
    """Serves the methods of an estimator: each is an output of its name; `predict` is given unasked."""

    declared = Declared()

    def initialize(self, context: Any) -> None:
        """Loads the estimator.

        Raises:
            RuntimeError: the file is no estimator, or holds types that are not trusted.
            ValueError: `handler: outputs` names a method that it lacks.
        """
        path = model_file(context)
        library("sklearn", "scikit-learn", path)
        self.model = _loaded(path, context)
        methods = [name for name in _METHODS if _has(self.model, name)]
        if not methods:
            raise RuntimeError(
                f"{path.name}: {type(self.model).__name__} (expected: an estimator with predict or transform)"
            )
        self.unasked = list(options(context).get("outputs") or methods[:1])
        for name in self.unasked:
            if name not in methods:
                raise ValueError(f"handler: outputs: {name!r} (expected: {', '.join(methods)})")
        columns = tuple(str(name) for name in getattr(self.model, "feature_names_in_", ()))
        width = getattr(self.model, "n_features_in_", None)
        # Vectorizers of texts know of no features; they take a row of texts.
        texts = width is None and not columns
        inputs = (
            TensorSpec("input", "BYTES", (ANY,))
            if texts
            else TensorSpec("input", "FP64", (ANY, int(width or len(columns))))
        )
        # Arrays of different widths, one for each target, are outputs of their own.
        self.parts = {
            f"{name}_{index}": (name, index)
            for name in methods
            if name in _SEVERAL
            for index in range(len(self._targets()))
        }
        outputs = tuple(spec for name in methods for spec in self._outputs(name))
        self.declared = Declared((inputs,), outputs, columns=columns, strict=False)

    def _targets(self) -> list[Any]:
        """Returns the classes of each target of a classifier that has several; else nothing."""
        classes = getattr(self.model, "classes_", None)
        return classes if isinstance(classes, list) else []

    def _outputs(self, method: str) -> list[TensorSpec]:
        targets = self._targets()
        if method in _SEVERAL and targets:
            return [
                TensorSpec(f"{method}_{index}", "FP64", (ANY, len(classes)))
                for index, classes in enumerate(targets)
            ]
        return [self._output(method)]

    def _output(self, method: str) -> TensorSpec:
        classes = getattr(self.model, "classes_", None)
        targets = len(self._targets()) or getattr(self.model, "n_outputs_", 1)
        if self._targets():
            classes = classes[0] if classes else None
        count = len(classes) if classes is not None else ANY
        if method == "predict":
            kind = getattr(getattr(classes, "dtype", None), "kind", None)
            if kind is None:
                kind = "i" if hasattr(self.model, "labels_") else "f"
            shape: tuple[int, ...] = (ANY,) if targets == 1 else (ANY, ANY)
            return TensorSpec(method, _KINDS.get(kind, "FP64"), shape)
        if method in ("predict_proba", "predict_log_proba"):
            return TensorSpec(method, "FP64", (ANY, count))
        if method == "decision_function":
            return TensorSpec(method, "FP64", (ANY,) if count in (2, ANY) else (ANY, count))
        return TensorSpec(method, "FP64", (ANY,) if method == "score_samples" else (ANY, ANY))

    def handle(self, call: Call, context: Any) -> dict[str, Any]:
        """Calls the methods that are wanted on all rows."""
        data = frame(call, self.declared.columns)
        answers: dict[str, Any] = {}
        found: dict[str, Any] = {}
        for name in call.wanted or self._named(self.unasked):
            method, index = self.parts.get(name, (name, None))
            if method not in answers:
                answers[method] = getattr(self.model, method)(data)
            found[name] = native(answers[method] if index is None else answers[method][index])
        return found

    def _named(self, methods: list[str]) -> list[str]:
        """Returns the outputs of methods."""
        return [spec.name for method in methods for spec in self._outputs(method)]


def _has(model: Any, name: str) -> bool:
    try:
        return callable(getattr(model, name, None))
    except Exception:
        # scikit-learn's conditional methods raise what their step raises.
        return False


def _loaded(path: Path, context: Any) -> Any:
    if path.suffix.lower() == ".skops":
        return _loaded_safely(path, context)
    check_pickle(context, path, "skops, which stores estimators without code")
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        if path.suffix.lower() == ".joblib":
            model = library("joblib", "joblib", path).load(path)
        else:
            model = _unpickled(path)
    for each in told:
        # Estimators of another version of scikit-learn load, and may be wrong.
        logger.warning("%s: %s", path.name, each.message)
    return model


def _unpickled(path: Path) -> Any:
    with path.open("rb") as stream:
        try:
            return pickle.load(stream)
        except (pickle.UnpicklingError, EOFError) as fault:
            raise RuntimeError(f"{path.name}: {fault} (expected: a pickle of an estimator)") from fault


def _loaded_safely(path: Path, context: Any) -> Any:
    skops = library("skops.io", "skops", path)
    trusted = [str(each) for each in options(context).get("trusted") or ()]
    unknown = [each for each in skops.get_untrusted_types(file=path) if each not in trusted]
    if unknown:
        raise RuntimeError(
            f"{path.name}: types that are not trusted: {', '.join(unknown)} "
            "(expected: only types of scikit-learn and numpy, or these in handler: trusted)"
        )
    return skops.load(path, trusted=trusted)
