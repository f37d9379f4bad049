"""What ``--handler`` means: a built-in handler or a file to pack, with an optional entry point."""

from __future__ import annotations

import difflib
import os
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from model_archiver.model_archiver_error import MissingFileError

BUILT_IN = (
    "base_handler",
    "dali_image_classifier",
    "image_classifier",
    "image_segmenter",
    "object_detector",
    "text_classifier",
    "trt_llm_handler",
    "vllm_handler",
)
# Kinds of models that are served as they are; the server has the code for each.
PLAIN_MODELS = (
    "catboost",
    "huggingface",
    "keras",
    "lightgbm",
    "mlflow",
    "onnx",
    "sklearn",
    "torch",
    "xgboost",
)
# Names of TorchServe's that Mariner has no handler for yet: they can be packed, but not be served.
NOT_SERVED_YET = frozenset({"dali_image_classifier", "trt_llm_handler", "vllm_handler"})
BUILT_IN_NATIVE = ("BaseHandler", "TorchScriptHandler")
NATIVE_RUNTIME = "LSP"


@dataclass(frozen=True, slots=True)
class Handler:
    """The manifest's ``handler`` entry, and the file that holds it (``None``: the server brings it)."""

    manifest_entry: str
    file: str | None


def resolve_handler(handler: str, runtime: str) -> Handler:
    """Finds what ``handler`` names: ``NAME``, ``FILE`` or either with ``:ENTRY_POINT``.

    Raises :class:`MissingFileError` when it is neither a built-in handler nor an existing file.
    """
    built_in = BUILT_IN_NATIVE if runtime == NATIVE_RUNTIME else (*BUILT_IN, *PLAIN_MODELS)
    if handler in built_in:
        return Handler(handler, None)
    module = _without_entry_point(handler)
    file = _library(module) if runtime == NATIVE_RUNTIME else _python_file(module)
    if os.path.lexists(file):
        return Handler(Path(handler).name, file)
    if module in built_in:
        return Handler(handler, None)
    raise MissingFileError(_not_found(handler, module, file, built_in))


def warn_if_python_is_unsound(file: Path, flag: str, warn: Callable[[str], None]) -> None:
    """Warns of a Python file that can't be imported; no error, as the server's Python may be another."""
    module, suffix = file.stem, file.suffix
    if suffix != ".py":
        return
    if "." in module:
        warn(f"{flag}: '{file}' can't be imported by that name (expected: no dot before .py)")
    try:
        with file.open("rb") as stream, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(stream.read(), str(file), "exec", dont_inherit=True)
    except SyntaxError as error:
        warn(f"{flag}: '{file}' line {error.lineno or '?'} is not valid Python: {error.msg}")
    except (ValueError, RecursionError, MemoryError) as error:
        warn(f"{flag}: '{file}' is not valid Python: {error}")


def _without_entry_point(handler: str) -> str:
    """Drops ``:fn``; a colon before anything but a name (a drive's letter) is part of the path."""
    path, colon, entry_point = handler.rpartition(":")
    return path if colon and path and entry_point.isidentifier() else handler


def _python_file(module: str) -> str:
    if module.endswith(".py") or (".py" in Path(module).name and os.path.lexists(module)):
        return module
    return f"{module}.py"


def _library(module: str) -> str:
    if module.endswith((".so", ".dylib")):
        return module
    return module + (".dylib" if sys.platform == "darwin" else ".so")


def _not_found(handler: str, module: str, file: str, built_in: tuple[str, ...]) -> str:
    expected = f"an existing file '{file}'"
    if module != file and Path(module).name == module:
        expected += f", or a built-in handler: {', '.join(built_in)}"
    nearest = difflib.get_close_matches(module.removesuffix(".py"), built_in, n=1)
    hint = f"; did you mean '{nearest[0]}'?" if nearest else ""
    return f"--handler: '{handler}' (expected: {expected}){hint}"
