"""The base class of handlers: loads a model, then runs preprocess, inference and postprocess on each
batch.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from ts.handler_utils.timer import timed
from ts.service import OperationUnsupported
from ts.torch_handler import formats
from ts.torch_handler.devices import moved, select_device
from ts.utils.util import load_label_mapping

logger = logging.getLogger(__name__)
_PROFILES = Path("/tmp/pytorch_profiler")  # where those who use the profiler look

_FLAGS: dict[str, Callable[[], bool]] = {
    "PROFILER_AVAILABLE": lambda: importlib.util.find_spec("torch") is not None,
    "XLA_AVAILABLE": lambda: importlib.util.find_spec("torch_xla") is not None,
    "PT2_AVAILABLE": lambda: importlib.util.find_spec("torch") is not None,
    "PT230_AVAILABLE": lambda: importlib.util.find_spec("torch") is not None,
    "IPEX_AVAILABLE": lambda: importlib.util.find_spec("intel_extension_for_pytorch") is not None,
    "ONNX_AVAILABLE": lambda: importlib.util.find_spec("onnxruntime") is not None,
}


def __getattr__(name: str) -> Any:
    """Answers the module's flags when they are asked for, so that importing it probes nothing."""
    if name in _FLAGS:
        return _FLAGS[name]()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def setup_ort_session(model_pt_path: str | Path, map_location: Any) -> Any:
    """Returns an onnxruntime session for a model file, on the device's provider where there is one."""
    return formats.load_onnx(Path(model_pt_path), map_location, {})


class BaseHandler:
    """Serves a model as it is; subclasses override the steps that differ.

    Attributes:
        model: the loaded model: a module, or an onnxruntime session.
        mapping: `index_to_name.json`, or None.
        device: the torch device that the model is on.
        map_location: the device's name for `torch.load`.
        context: the context of the batch that is being served.
        manifest: the archive's manifest.
        model_pt_path: path of the serialised model, or None.
        model_yaml_config: the model's configuration.
        initialized: whether `initialize` has run.
        explain: whether the batch asks for explanations.
        target: the class that explanations are about.
        profiler_args: arguments for `torch.profiler.profile`.
    """

    # Defaults stand on the class because many handlers never call this class's __init__.
    model: Any = None
    mapping: Any = None
    device: Any = None
    map_location: Any = None
    context: Any = None
    manifest: Any = None
    model_pt_path: str | None = None
    model_yaml_config: dict[str, Any] = {}  # noqa: RUF012 (replaced by initialize, never changed)
    initialized: bool = False
    explain: bool = False
    target: Any = 0
    profiler_args: dict[str, Any] = {}  # noqa: RUF012 (replaced by the subclass, never changed)

    def __init__(self) -> None:
        self.model_yaml_config = {}
        self.profiler_args = {}

    def initialize(self, context: Any) -> None:
        """Chooses the device, loads the model, and compiles it if the configuration asks for that.

        Raises:
            RuntimeError: no model could be loaded.
        """
        properties = context.system_properties
        self.context = context
        self.model_yaml_config = getattr(context, "model_yaml_config", None) or {}
        self.manifest = context.manifest
        self.map_location, self.device = select_device(properties.get("gpu_id"))
        model_dir = Path(properties["model_dir"])
        described = (self.manifest or {}).get("model") or {}
        serialized, model_file = described.get("serializedFile"), described.get("modelFile")
        self.model_pt_path = str(model_dir / serialized) if serialized else None
        self.model = self._load(model_dir, model_file)
        if not formats.is_onnx_session(self.model):
            self.model = formats.optimized(self.model, self.model_yaml_config)
        self.mapping = load_label_mapping(model_dir / "index_to_name.json")
        self.initialized = True

    def _load(self, model_dir: Path, model_file: str | None) -> Any:
        if model_file:
            return self._load_pickled_model(str(model_dir), model_file, self.model_pt_path)
        if self.model_pt_path is None:
            raise RuntimeError(
                "No model weights could be loaded: the manifest has no serializedFile and no modelFile"
            )
        path = Path(self.model_pt_path)
        if not path.exists():
            raise RuntimeError(f"serializedFile: {path.name} (expected: a file in the archive)")
        form = formats.format_of(path)
        if form.load is formats.load_torchscript:
            return self._load_torchscript_model(self.model_pt_path)
        return form.load(path, self.device, self.model_yaml_config)

    def _load_torchscript_model(self, model_pt_path: str) -> Any:
        """Loads a TorchScript file onto the device."""
        return formats.load_torchscript(Path(model_pt_path), self.device, self.model_yaml_config)

    def _load_pickled_model(self, model_dir: str, model_file: str, model_pt_path: str | None) -> Any:
        """Makes the model class of a file and loads its state dict, if there is one."""
        weights = None if model_pt_path is None else Path(model_pt_path)
        return formats.load_eager(weights, Path(model_dir) / model_file, self.device, self.model_yaml_config)

    @timed
    def preprocess(self, data: Any) -> Any:
        """Turns the batch into one tensor on the device."""
        import torch

        return torch.as_tensor(data, device=self.device)

    @timed
    def inference(self, data: Any, *args: Any, **kwargs: Any) -> Any:
        """Runs the model on the device without recording gradients."""
        if formats.is_onnx_session(self.model):
            return self._run_onnx(data)
        import torch

        with torch.inference_mode():
            return self.model(_on_device(data, self.device), *args, **kwargs)

    def _run_onnx(self, data: Any) -> Any:
        """Runs a session on its only input, or on a dict of inputs; one output stands for itself."""
        if not isinstance(data, dict):
            data = {self.model.get_inputs()[0].name: data}
        feed = {k: v.detach().cpu().numpy() if hasattr(v, "detach") else v for k, v in data.items()}
        outputs = self.model.run(None, feed)
        return outputs[0] if len(outputs) == 1 else outputs

    @timed
    def postprocess(self, data: Any) -> Any:
        """Turns the model's output into a list with one entry for each request."""
        return data.tolist()

    def handle(self, data: Any, context: Any) -> Any:
        """Serves one batch: explanations or predictions, as its requests ask."""
        started = time.perf_counter()
        self.context = context
        if os.environ.get("ENABLE_TORCH_PROFILER"):
            output, _ = self._infer_with_profiler(data=data)
        elif self._is_describe():
            output = [self.describe_handle()]
        else:
            output = self._steps(data)
        metrics = getattr(context, "metrics", None)
        if metrics is not None:
            metrics.add_time("HandlerTime", round((time.perf_counter() - started) * 1000.0, 2), None, "ms")
        return output

    def _steps(self, data: Any, named: Callable[[str], AbstractContextManager[Any]] = nullcontext) -> Any:
        with named("preprocess"):
            prepared = self.preprocess(data)
        if self._is_explain():
            with named("explain"):
                return self.explain_handle(prepared, data)
        with named("inference"):
            output = self.inference(prepared)
        with named("postprocess"):
            return self.postprocess(output)

    def _infer_with_profiler(self, data: Any) -> tuple[Any, Any]:
        """Serves a batch under the profiler; without arguments that say otherwise, traces go to
        `/tmp/pytorch_profiler/<model>`.
        """
        import torch

        profiler = torch.profiler
        if not self.profiler_args:
            kinds = [profiler.ProfilerActivity.CPU, profiler.ProfilerActivity.CUDA]
            self.profiler_args = {"activities": kinds, "record_shapes": True}
        if "on_trace_ready" not in self.profiler_args:
            manifest = self.manifest or getattr(self.context, "manifest", None) or {}
            folder = _PROFILES / ((manifest.get("model") or {}).get("modelName") or "")
            handler = profiler.tensorboard_trace_handler(str(folder))
            self.profiler_args = {**self.profiler_args, "on_trace_ready": handler}
            logger.info("Saving chrome trace to : %s", folder)
        with profiler.profile(**self.profiler_args) as profile:
            output = self._steps(data, profiler.record_function)
        logger.info(profile.key_averages().table(sort_by="cpu_time_total", row_limit=10))
        return output, profile

    def explain_handle(self, data_preprocess: Any, raw_data: Any) -> Any:
        """Explains a batch through the subclass's `get_insights(tensor, inputs, target)`, which returns a
        list.

        Raises:
            OperationUnsupported: the subclass has no `get_insights`.
        """
        if not hasattr(self, "get_insights"):
            raise OperationUnsupported(f"explain: {type(self).__name__} has no get_insights")
        wanted = [_explained(row) for row in raw_data]
        if (
            len(wanted) <= 1
            or not hasattr(data_preprocess, "__getitem__")
            or len(data_preprocess) != len(wanted)
        ):
            inputs, self.target = wanted[0] if wanted else (None, 0)
            return self.get_insights(data_preprocess, inputs, self.target)
        insights: list[Any] = []
        for index, (inputs, target) in enumerate(wanted):
            self.target = target
            insights += self.get_insights(data_preprocess[index : index + 1], inputs, target)
        return insights

    def _is_explain(self) -> bool:
        self.explain = self._has_header("explain")
        return self.explain

    def _is_describe(self) -> bool:
        return self._has_header("describe")

    def _has_header(self, name: str) -> bool:
        ask = getattr(self.context, "get_request_header", None)
        # No request but the one that a function handler is called with at load.
        if ask is None or getattr(self.context, "request_processor", None) == []:
            return False
        return bool(ask(0, name) == "True")

    def describe_handle(self) -> Any:
        """Returns what a description of the model shall say beside the server's own; None = nothing."""
        return None

    def get_device(self) -> Any:
        """Returns the device."""
        return self.device


def _explained(row: Any) -> tuple[Any, Any]:
    """The inputs of a request that are to be explained, and the class that the explanation is about."""
    if not isinstance(row, dict):
        return row, 0
    inputs = row.get("data")
    return (row.get("body") if inputs is None else inputs), row.get("target") or 0


def _on_device(data: Any, device: Any) -> Any:
    if hasattr(data, "to"):
        return moved(data, device)
    if isinstance(data, (list, tuple)):
        return type(data)(_on_device(value, device) for value in data)
    if isinstance(data, dict):
        return {key: _on_device(value, device) for key, value in data.items()}
    return data
