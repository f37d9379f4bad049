"""Folders of MLflow, served by their `python_function` flavour. The signature is the folder's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ts._worker.signature import TensorSpec
from ts.runtimes.declared import ANY, Call, Declared
from ts.runtimes.files import check_pickle, library, model_dir
from ts.runtimes.frames import native, texts

_HEAD = "MLmodel"
_COLUMN_TYPES = {
    "boolean": "BOOL",
    "integer": "INT32",
    "long": "INT64",
    "float": "FP32",
    "double": "FP64",
    "string": "BYTES",
    "binary": "BYTES",
    "datetime": "BYTES",
}
_NUMPY = {
    "bool": "BOOL",
    "int8": "INT8",
    "int16": "INT16",
    "int32": "INT32",
    "int64": "INT64",
    "uint8": "UINT8",
    "uint16": "UINT16",
    "uint32": "UINT32",
    "uint64": "UINT64",
    "float16": "FP16",
    "float32": "FP32",
    "float64": "FP64",
    "object": "BYTES",
    "str": "BYTES",
}


class MlflowModel:
    """Serves a folder of MLflow."""

    declared = Declared()

    def initialize(self, context: Any) -> None:
        """Loads the folder's python_function."""
        folder = model_dir(context)
        pyfunc = library("mlflow.pyfunc", "mlflow-skinny", folder / _HEAD)
        code = _code(folder)
        if code is not None:
            check_pickle(context, code, "a flavour without pickles, such as skops, xgboost or onnx")
        self.model = pyfunc.load_model(str(folder))
        signature = self.model.metadata.signature
        self.tabular = (
            signature is not None and signature.inputs is not None and not signature.inputs.is_tensor_spec()
        )
        if signature is None or signature.inputs is None:
            return
        inputs = _specs(signature.inputs, "input")
        outputs = _specs(signature.outputs, "output") if signature.outputs is not None else ()
        columns = tuple(spec.name for spec in inputs) if self.tabular else ()
        one_table = (
            self.tabular and len({spec.datatype for spec in inputs}) == 1 and inputs[0].datatype != "BYTES"
        )
        if one_table:
            inputs = (TensorSpec("input", inputs[0].datatype, (ANY, len(inputs))),)
        self.types = (
            {str(name): kind for name, kind in _numpy_types(signature.inputs).items()} if self.tabular else {}
        )
        self.declared = Declared(inputs, outputs, columns=columns, strict=not self.tabular)

    def handle(self, call: Call, context: Any) -> dict[str, Any]:
        """Predicts all rows at once."""
        answer = self.model.predict(self._data(call), params=dict(call.parameters) or None)
        outputs = self.declared.outputs
        names = [spec.name for spec in outputs]
        if hasattr(answer, "columns"):
            return {str(name): native(answer[name]) for name in answer.columns}
        if isinstance(answer, dict):
            return {str(name): native(value) for name, value in answer.items()}
        return {names[0] if len(names) == 1 else "output": native(answer)}

    def _data(self, call: Call) -> Any:
        inputs = {name: texts(value) for name, value in call.inputs.items()}
        columns = self.declared.columns
        if not columns:
            return next(iter(inputs.values())) if len(inputs) == 1 else inputs
        import pandas

        if len(inputs) == 1 and next(iter(inputs)) not in columns:
            found = pandas.DataFrame(next(iter(inputs.values())), columns=list(columns))
        else:
            found = pandas.DataFrame({name: inputs[name].reshape(len(inputs[name])) for name in columns})
        # MLflow refuses a column of another type, also where JSON has only one.
        kinds = {name: kind for name, kind in self.types.items() if kind is not object}
        return found.astype(kinds)


def _code(folder: Path) -> Path | None:
    """The file of a folder that runs code when it is loaded: a pickle, or Python."""
    for pattern in ("*.pkl", "*.pickle", "*.joblib", "*.cloudpickle", "*.py"):
        found = sorted(folder.rglob(pattern))
        if found:
            return found[0]
    return None


def _specs(schema: Any, fallback: str) -> tuple[TensorSpec, ...]:
    found = []
    for index, each in enumerate(schema.inputs):
        name = (
            str(each.name)
            if each.name is not None
            else fallback
            if len(schema.inputs) == 1
            else f"{fallback}_{index}"
        )
        if schema.is_tensor_spec():
            datatype = _NUMPY.get(
                each.type.name.rstrip("0123456789") if each.type.kind in "US" else each.type.name, "BYTES"
            )
            found.append(TensorSpec(name, datatype, tuple(int(dim) for dim in each.shape)))
        else:
            datatype = _COLUMN_TYPES.get(getattr(each.type, "name", ""), "BYTES")
            found.append(TensorSpec(name, datatype, (ANY,)))
    return tuple(found)


def _numpy_types(schema: Any) -> dict[Any, Any]:
    return dict(zip(schema.input_names(), (each.type.to_numpy() for each in schema.inputs), strict=True))
