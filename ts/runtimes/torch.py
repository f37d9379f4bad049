"""Models of torch: TorchScript, exported programs, and eager modules with the file of their class."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ts._worker.arrays import as_torch
from ts._worker.signature import TensorSpec
from ts._worker.tensors import Tensor
from ts.runtimes.declared import ANY, Call, Declared
from ts.runtimes.files import library, model_dir, model_file, options, threads
from ts.torch_handler import formats
from ts.torch_handler.devices import moved, select_device

logger = logging.getLogger(__name__)
_CLASS_FILE = "model.py"


class TorchModel:
    """Serves a model of torch on the worker's device."""

    declared = Declared(framework="torch")

    def initialize(self, context: Any) -> None:
        """Loads the model onto its device, and compiles it if the configuration asks for that.

        Raises:
            RuntimeError: the file is no model.
        """
        path = model_file(context)
        torch = library("torch", "torch", path)
        config = context.model_yaml_config
        _, self.device = select_device(context.system_properties.get("gpu_id"))
        if "threads" in options(context):
            torch.set_num_threads(threads(context))
        described = (context.manifest or {}).get("model") or {}
        class_file = model_dir(context) / (described.get("modelFile") or _CLASS_FILE)
        self.names: list[str] = []
        if described.get("modelFile") or class_file.is_file():
            model = formats.load_eager(path, class_file, self.device, config)
            self.names = _parameters(model.forward)
        elif path.suffix.lower() == ".pt2":
            model = self._exported(path, config)
        else:
            model = formats.load_torchscript(path, self.device, config)
            self.names = [str(each.name) for each in model.forward.schema.arguments[1:]]
        self.model = formats.optimized(model, config)

    def _exported(self, path: Path, config: Mapping[str, Any]) -> Any:
        if isinstance(config.get("pt2"), Mapping) and "export" in config["pt2"]:
            return formats.load_exported(path, self.device, config)
        import torch

        program = torch.export.load(path)
        self.declared = _declared(program)
        self.names = [spec.name for spec in self.declared.inputs]
        return program.module().to(self.device)

    def handle(self, call: Call, context: Any) -> dict[str, Any]:
        """Runs the model: on inputs by name if it has such, else in their order."""
        import torch

        tensors = {name: moved(value, self.device) for name, value in call.inputs.items()}
        with torch.inference_mode():
            if tensors.keys() <= set(self.names) and self.declared.inputs:
                answer = self.model(*(tensors[name] for name in self.names))
            elif tensors.keys() <= set(self.names):
                answer = self.model(**tensors)
            else:
                answer = self.model(*tensors.values())
        return _outputs(answer, [spec.name for spec in self.declared.outputs])


def _outputs(answer: Any, names: Sequence[str]) -> dict[str, Any]:
    if isinstance(answer, Mapping):
        return {str(name): value for name, value in answer.items() if hasattr(value, "detach")}
    values = list(answer) if isinstance(answer, (list, tuple)) else [answer]
    if len(names) != len(values):
        names = ["output"] if len(values) == 1 else [f"output_{index}" for index in range(len(values))]
    return dict(zip(names, values, strict=True))


def _parameters(function: Any) -> list[str]:
    import inspect

    return list(inspect.signature(function).parameters)


def _declared(program: Any) -> Declared:
    """What an exported program says of its inputs and outputs; sizes that it leaves open are -1."""
    nodes = {node.name: node.meta.get("val") for node in program.graph.nodes}
    wanted = list(program.graph_signature.user_inputs)
    given = [name for name in program.graph_signature.user_outputs if isinstance(name, str)]
    inputs = [_spec(name, nodes.get(name)) for name in wanted]
    names = ["output"] if len(given) == 1 else [f"output_{index}" for index in range(len(given))]
    outputs = [_spec(name, nodes.get(node)) for name, node in zip(names, given, strict=True)]
    if None in inputs or None in outputs:
        return Declared(framework="torch", batches=False)
    known = [spec for spec in inputs if spec is not None]
    batches = bool(known) and all(spec.shape[:1] == (ANY,) for spec in known)
    return Declared(tuple(known), tuple(spec for spec in outputs if spec is not None), batches, "torch")


def _spec(name: str, value: Any) -> TensorSpec | None:
    shape = getattr(value, "shape", None)
    if shape is None:
        return None
    datatype = _datatype(value.dtype)
    return (
        None
        if datatype is None
        else TensorSpec(name, datatype, tuple(d if type(d) is int else ANY for d in shape))
    )


def _datatype(dtype: Any) -> str | None:
    kinds = ("BOOL", "INT8", "INT16", "INT32", "INT64", "UINT8", "FP16", "BF16", "FP32", "FP64")
    return next((kind for kind in kinds if as_torch(Tensor("", kind, (0,), b"")).dtype == dtype), None)
