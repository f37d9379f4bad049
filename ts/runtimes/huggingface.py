"""Folders of Hugging Face: a pipeline of transformers for the model's task.

Settings are in `handler` of model-config.yaml, or in `parameters: extra` of a `model-settings.json` as
MLServer's runtime reads it: task, pretrained_model, pretrained_tokenizer, model_kwargs, device. Code of a
folder is not run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ts._worker.signature import TensorSpec
from ts.runtimes.declared import ANY, Call, Declared
from ts.runtimes.files import library, model_dir, options
from ts.runtimes.frames import texts

_SETTINGS = "model-settings.json"
_KEYS = (
    "task",
    "task_suffix",
    "pretrained_model",
    "pretrained_tokenizer",
    "framework",
    "optimum_model",
    "device",
    "batch_size",
    "inter_op_threads",
    "intra_op_threads",
    "model_kwargs",
)
_OWN = ("threads", "pickle")
_TASKS = {
    "ForSequenceClassification": "text-classification",
    "ForTokenClassification": "token-classification",
    "ForQuestionAnswering": "question-answering",
    "ForMaskedLM": "fill-mask",
    "ForCausalLM": "text-generation",
    "LMHeadModel": "text-generation",
    "ForImageClassification": "image-classification",
    "Model": "feature-extraction",
}
_INPUTS = {"question-answering": ("question", "context"), "text-generation": ("text_inputs",)}


class HuggingFaceModel:
    """Serves a pipeline. Its output is one JSON text for each input."""

    declared = Declared()

    def initialize(self, context: Any) -> None:
        """Makes the pipeline, from files of the folder alone unless a name of the hub is set.

        Raises:
            RuntimeError: the task is neither set nor known from the model.
            ValueError: a setting is unknown.
        """
        folder = model_dir(context)
        transformers = library("transformers", "transformers", folder)
        settings = _settings(folder, context)
        model = _source(settings.get("pretrained_model"), folder)
        task = settings.get("task") or _task(folder)
        arguments: dict[str, Any] = {"model": model, "device": _device(settings.get("device"), context)}
        if settings.get("pretrained_tokenizer"):
            arguments["tokenizer"] = _source(settings["pretrained_tokenizer"], folder)
        if settings.get("model_kwargs"):
            arguments["model_kwargs"] = dict(settings["model_kwargs"])
        _set_threads(settings)
        self.task = str(task)
        self.pipeline = transformers.pipeline(
            f"{task}{settings.get('task_suffix') or ''}", trust_remote_code=False, **arguments
        )
        self.size = int(settings.get("batch_size") or 0)
        names = _INPUTS.get(self.task, ("inputs",))
        inputs = tuple(TensorSpec(name, "BYTES", (ANY,)) for name in names)
        outputs = (TensorSpec("output", "BYTES", (ANY,)),)
        self.declared = Declared(
            inputs, outputs, columns=names if len(names) > 1 else (), strict=False, as_json=True
        )

    def handle(self, call: Call, context: Any) -> dict[str, Any]:
        """Runs the pipeline on all inputs."""
        import numpy

        columns = {name: texts(value).reshape(-1).tolist() for name, value in call.inputs.items()}
        arguments = dict(call.parameters)
        if len(columns) == 1:
            data: Any = next(iter(columns.values()))
        else:
            data = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        if self.size:
            arguments.setdefault("batch_size", self.size)
        found = self.pipeline(data, **arguments)
        rows = found if isinstance(found, list) and len(found) == len(data) else [found]
        encoded = numpy.empty(len(rows), dtype=object)
        encoded[:] = [json.dumps(row, default=_plain) for row in rows]
        return {"output": encoded}


def _settings(folder: Path, context: Any) -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    path = folder / _SETTINGS
    if path.is_file():
        document = json.loads(path.read_text(encoding="utf-8"))
        found.update((document.get("parameters") or {}).get("extra") or {})
    found.update(options(context))
    for key in found:
        if key not in _KEYS and key not in _OWN:
            raise ValueError(f"handler: {key!r} is unknown (expected: {', '.join(_KEYS)})")
    if found.get("framework") not in (None, "pt"):
        raise ValueError(f"framework: {found['framework']!r} (expected: pt)")
    if found.get("optimum_model"):
        raise ValueError(
            "optimum_model: true (expected: false; export the model to ONNX and serve the .onnx file)"
        )
    return found


def _source(name: Any, folder: Path) -> str:
    """A folder below the model's, the model's itself, or a name of the hub."""
    if not name:
        return str(folder)
    own = folder / str(name)
    return str(own) if own.is_dir() else str(name)


def _task(folder: Path) -> str:
    path = folder / "config.json"
    document = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    architectures = document.get("architectures") or [""]
    task = next((task for ending, task in _TASKS.items() if str(architectures[0]).endswith(ending)), None)
    if task is None:
        raise RuntimeError(
            f"config.json: architectures: {architectures[0]!r} says no task "
            "(expected: handler: task in model-config.yaml)"
        )
    return task


def _device(named: Any, context: Any) -> Any:
    if named not in (None, -1):
        return named
    gpu = context.system_properties.get("gpu_id")
    import torch

    return int(gpu) if gpu is not None and torch.cuda.is_available() else -1


def _set_threads(settings: Mapping[str, Any]) -> None:
    import torch

    count = settings.get("intra_op_threads") or settings.get("threads")
    if count:
        torch.set_num_threads(int(count))
    if settings.get("inter_op_threads"):
        torch.set_num_interop_threads(int(settings["inter_op_threads"]))


def _plain(value: Any) -> Any:
    """Numbers of numpy and tensors in a pipeline's answer."""
    for method in ("tolist", "item"):
        if hasattr(value, method):
            return getattr(value, method)()
    return str(value)
