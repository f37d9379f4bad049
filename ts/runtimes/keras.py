"""Models of Keras (`.keras`) and SavedModel folders of TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ts._worker.signature import TensorSpec
from ts._worker.tensors import FORMATS
from ts.runtimes.declared import ANY, Call, Declared
from ts.runtimes.files import library, model_dir, model_file

_SAVED = "saved_model.pb"
_SIGNATURE = "serving_default"


class KerasModel:
    """Serves a model of Keras, or the `serving_default` signature of a SavedModel."""

    declared = Declared()

    def initialize(self, context: Any) -> None:
        """Loads the model; code in a `.keras` file is not run.

        Raises:
            RuntimeError: a SavedModel has no signature to serve.
        """
        folder = model_dir(context)
        self.function: Any = None
        if (folder / _SAVED).is_file():
            tensorflow = library("tensorflow", "tensorflow", folder / _SAVED)
            self.saved = tensorflow.saved_model.load(str(folder))
            self.function = self.saved.signatures.get(_SIGNATURE)
            if self.function is None:
                known = ", ".join(self.saved.signatures) or "none"
                raise RuntimeError(f"{_SAVED}: signatures: {known} (expected: {_SIGNATURE})")
            inputs = [_spec(name, each) for name, each in self.function.structured_input_signature[1].items()]
            self.constant = tensorflow.constant
        else:
            path = model_file(context)
            self.model = library("keras", "keras", path).models.load_model(path, safe_mode=True)
            inputs = [_spec(each.name, each) for each in self.model.inputs]
        batches = all(spec.shape[:1] == (ANY,) for spec in inputs)
        self.declared = Declared(tuple(inputs), (), batches)

    def handle(self, call: Call, context: Any) -> dict[str, Any]:
        """Runs all rows at once."""
        if self.function is not None:
            found = self.function(**{name: self.constant(value) for name, value in call.inputs.items()})
            return {str(name): value.numpy() for name, value in found.items()}
        inputs = call.only() if len(call.inputs) == 1 else dict(call.inputs)
        answer = self.model.predict_on_batch(inputs)
        if isinstance(answer, Mapping):
            return {str(name): value for name, value in answer.items()}
        values = list(answer) if isinstance(answer, (list, tuple)) else [answer]
        return dict(zip([str(name) for name in self.model.output_names], values, strict=True))


def _spec(name: str, value: Any) -> TensorSpec:
    import numpy

    kind = getattr(value.dtype, "name", value.dtype)
    if kind == "string":
        datatype = "BYTES"
    else:
        code = numpy.dtype(kind).char
        same = {"l": "q", "L": "Q"}.get(code, code)
        datatype = next(known for known, letter in FORMATS.items() if letter == same)
    return TensorSpec(str(name), datatype, tuple(ANY if d is None else int(d) for d in value.shape))
