"""ONNX files, run by onnxruntime. Names, types and shapes are the file's."""

from __future__ import annotations

from typing import Any

from ts._worker.signature import TensorSpec
from ts.runtimes.declared import ANY, Call, Declared
from ts.runtimes.files import library, model_file, threads

_DATATYPES = {
    "tensor(bool)": "BOOL",
    "tensor(int8)": "INT8",
    "tensor(int16)": "INT16",
    "tensor(int32)": "INT32",
    "tensor(int64)": "INT64",
    "tensor(uint8)": "UINT8",
    "tensor(uint16)": "UINT16",
    "tensor(uint32)": "UINT32",
    "tensor(uint64)": "UINT64",
    "tensor(float16)": "FP16",
    "tensor(float)": "FP32",
    "tensor(double)": "FP64",
    "tensor(string)": "BYTES",
}


class OnnxModel:
    """Serves an ONNX file on the worker's device, if onnxruntime has a provider for it."""

    declared = Declared()

    def initialize(self, context: Any) -> None:
        """Opens a session with `handler: threads` threads.

        Raises:
            RuntimeError: an input is no tensor.
        """
        path = model_file(context)
        onnxruntime = library("onnxruntime", "onnxruntime", path)
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = threads(context)
        settings.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(
            str(path), settings, providers=_providers(onnxruntime, context.system_properties.get("gpu_id"))
        )
        inputs = []
        for each in self.session.get_inputs():
            if each.type not in _DATATYPES:
                raise RuntimeError(f'{path.name}: input "{each.name}": {each.type} (expected: a tensor)')
            inputs.append(_spec(each))
        # Maps and sequences, as classifiers of scikit-learn have them, become JSON.
        outputs = [_spec(each) for each in self.session.get_outputs()]
        # zipmap puts out a list of dicts: its elements are JSON texts.
        batches = bool(inputs) and all(spec.shape[:1] == (ANY,) for spec in (*inputs, *outputs))
        self.declared = Declared(tuple(inputs), tuple(outputs), batches)

    def handle(self, call: Call, context: Any) -> dict[str, Any]:
        """Runs the session for the outputs that are wanted."""
        import json

        import numpy

        inputs = {
            name: _texts(value) if value.dtype == object else value for name, value in call.inputs.items()
        }
        names = list(call.wanted) or [spec.name for spec in self.declared.outputs]
        found = dict(zip(names, self.session.run(names, inputs), strict=True))
        return {
            name: value
            if isinstance(value, numpy.ndarray)
            else numpy.array([json.dumps(each, default=float) for each in value], dtype=object)
            for name, value in found.items()
        }


def _texts(array: Any) -> Any:
    import numpy

    found = numpy.empty(array.shape, dtype=object)
    found.reshape(-1)[:] = [each.decode("utf-8") for each in array.reshape(-1)]
    return found


def _spec(value: Any) -> TensorSpec:
    if value.type not in _DATATYPES:
        return TensorSpec(value.name, "BYTES", (ANY,))
    return TensorSpec(
        value.name, _DATATYPES[value.type], tuple(d if isinstance(d, int) else ANY for d in value.shape)
    )


def _providers(onnxruntime: Any, gpu: Any) -> list[Any]:
    found: list[Any] = ["CPUExecutionProvider"]
    if gpu is not None and "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        found.insert(0, ("CUDAExecutionProvider", {"device_id": int(gpu)}))
    return found
