"""The table of model formats, and `torch.compile` as a model's configuration asks for it."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ts.utils.modules import import_own
from ts.utils.util import check_valid_pt2_backend, list_classes_from_module

logger = logging.getLogger(__name__)
Config = Mapping[str, Any]


class ModelFormat(NamedTuple):
    """A kind of model file: its suffix and how it is loaded from a path, for a device, under a
    configuration.
    """

    suffix: str
    load: Callable[[Path, Any, Config], Any]


def load_torchscript(path: Path, device: Any, config: Config) -> Any:
    """Loads a TorchScript file.

    Raises:
        RuntimeError: the file holds something else, such as a state dict.
    """
    import torch

    try:
        model = torch.jit.load(str(path), map_location=device)
    except RuntimeError as fault:
        if "constants.pkl" in str(fault) or "locating file" in str(fault):
            raise RuntimeError(
                f"{path.name}: not TorchScript (expected: a scripted or traced module; "
                "a state dict needs the model file that defines its class)"
            ) from fault
        raise
    model.eval()
    return model


def load_exported(path: Path, device: Any, config: Config) -> Any:
    """Loads an exported program, or with `pt2: {export: {aot_compile: true}}` a compiled package."""
    import torch

    if _is_compiled_ahead(config):
        from torch._inductor import aoti_load_package

        return aoti_load_package(str(path))
    return torch.export.load(path).module().to(device)


def load_shared_library(path: Path, device: Any, config: Config) -> Any:
    """Loads a model that was compiled ahead of time into a shared library.

    Raises:
        RuntimeError: the configuration does not say that it is such a library.
    """
    if not _is_compiled_ahead(config):
        raise RuntimeError(
            f"{path.name}: a shared library (expected: with pt2: {{export: {{aot_compile: true}}}})"
        )
    from torch._export import aot_load

    return aot_load(str(path), str(device))


def load_onnx(path: Path, device: Any, config: Config) -> Any:
    """Loads an ONNX file into an onnxruntime session, on the device's provider where there is one."""
    try:
        import onnxruntime
    except ModuleNotFoundError as fault:
        raise ModuleNotFoundError(
            f"{path.name}: needs the package onnxruntime, which is not installed"
        ) from fault
    providers = ["CPUExecutionProvider"]
    if getattr(device, "type", str(device)) == "cuda":
        providers.insert(0, "CUDAExecutionProvider")
    available = onnxruntime.get_available_providers()
    return onnxruntime.InferenceSession(str(path), providers=[p for p in providers if p in available])


def load_eager(path: Path | None, model_file: Path, device: Any, config: Config) -> Any:
    """Makes the class of a model file, with a state dict if there is one.

    Weights are loaded with `weights_only=True` unless the model's configuration says `handler: weights_only:
    false`.

    Raises:
        RuntimeError: the model file is absent or defines none or several modules.
    """
    import torch

    if not model_file.is_file():
        raise RuntimeError(f"modelFile: {model_file.name} (expected: a file in the archive)")
    module = import_own(model_file.stem, model_file, f"model_file_{abs(hash(str(model_file)))}")
    own = list_classes_from_module(module)
    classes = own if len(own) == 1 else [c for c in own if issubclass(c, torch.nn.Module)]
    if len(classes) != 1:
        names = ", ".join(c.__name__ for c in classes) or "none"
        raise RuntimeError(f"{model_file.name}: model classes {names} (expected: exactly one)")
    model = classes[0]()
    if path is not None:
        options = config.get("handler")
        safely = not (isinstance(options, Mapping) and options.get("weights_only") is False)
        model.load_state_dict(torch.load(path, map_location=device, weights_only=safely))
    model.to(device)
    model.eval()
    return model


FORMATS = (
    ModelFormat(".pt", load_torchscript),
    ModelFormat(".pth", load_torchscript),
    ModelFormat(".pt2", load_exported),
    ModelFormat(".onnx", load_onnx),
    ModelFormat(".so", load_shared_library),
)


def format_of(path: Path) -> ModelFormat:
    """Returns the format of a model file.

    Raises:
        RuntimeError: the suffix is none of the table.
    """
    found = next((f for f in FORMATS if path.suffix == f.suffix), None)
    if found is None:
        known = ", ".join(f.suffix for f in FORMATS)
        raise RuntimeError(
            f"No model weights could be loaded: {path.name} (expected: {known}, or a model file)"
        )
    return found


def is_onnx_session(model: Any) -> bool:
    """Tells whether a loaded model is an onnxruntime session."""
    return type(model).__name__ == "InferenceSession"


def _is_compiled_ahead(config: Config) -> bool:
    pt2 = config.get("pt2")
    export = pt2.get("export") if isinstance(pt2, Mapping) else None
    return isinstance(export, Mapping) and bool(export.get("aot_compile"))


def compile_options(config: Config) -> dict[str, Any] | None:
    """Returns what to call `torch.compile` with, or None when the configuration does not ask for it."""
    pt2 = config.get("pt2")
    if isinstance(pt2, str):
        options: dict[str, Any] = {"backend": pt2}
    elif isinstance(pt2, Mapping) and "compile" in pt2:
        options = dict(pt2["compile"] or {})
        if not options.pop("enable", False):
            return None
    elif isinstance(pt2, Mapping) and "export" not in pt2 and pt2:
        options = dict(pt2)
    else:
        return None
    backend = options.get("backend", "inductor")
    if not check_valid_pt2_backend(backend):
        logger.warning("pt2: backend %r is not known, the model is not compiled", backend)
        return None
    return options


def optimized(model: Any, config: Config) -> Any:
    """Compiles a model, or optimises it for Intel's extension, as configuration and environment ask."""
    options = compile_options(config)
    if options is not None:
        import torch

        told = ", ".join(f"{name} {value}" for name, value in options.items())
        try:
            compiled = torch.compile(model, **options)
        except Exception as fault:
            logger.warning("pt2: the model is served without compilation, %s failed: %s", told, fault)
            return model
        logger.info("Compiled model with %s", told)
        return compiled
    if os.environ.get("TS_IPEX_ENABLE", "false").lower() == "true":
        try:
            import intel_extension_for_pytorch as ipex  # type: ignore[import-not-found,unused-ignore]
        except ModuleNotFoundError:
            logger.warning("ipex_enable: the package intel_extension_for_pytorch is not installed")
        else:
            optimised = ipex.optimize(model)
            logger.info("Compiled model with ipex")
            return optimised
    return model
