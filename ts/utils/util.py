"""Tools that handlers import: label mappings, class look-up, configuration files, `PredictionException`."""

from __future__ import annotations

import enum
import functools
import inspect
import itertools
import json
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

CLEANUP_REGEX = re.compile(r"<.*?>|&([a-z0-9]+|#[0-9]{1,6}|#x[0-9a-f]{1,6});")
"""HTML tags and character references."""


class PredictionException(Exception):
    """Raised by a handler to answer its batch with an error of its choice.

    Args:
        message: what the client reads.
        error_code: the HTTP status of the answer.
    """

    def __init__(self, message: str, error_code: int = 500) -> None:
        super().__init__(message, error_code)
        self.message = message
        self.error_code = error_code

    def __str__(self) -> str:
        return f"{self.message} : {self.error_code}"


class PT2Backend(str, enum.Enum):
    """Backends that a model configuration may name for `torch.compile`."""

    EAGER = "eager"
    AOT_EAGER = "aot_eager"
    INDUCTOR = "inductor"
    NVFUSER = "nvfuser"
    AOT_NVFUSER = "aot_nvfuser"
    AOT_CUDAGRAPHS = "aot_cudagraphs"
    OFI = "ofi"
    FX2TRT = "fx2trt"
    ONNXRT = "onnxrt"
    IPEX = "ipex"
    TORCHXLA_TRACE_ONCE = "torchxla_trace_once"
    OPENVINO = "openvino"
    TENSORRT = "tensorrt"
    HPU_BACKEND = "hpu_backend"


def check_valid_pt2_backend(backend: str) -> bool:
    """Tells whether a backend's name is one of `PT2Backend`."""
    return any(backend == known.value for known in PT2Backend)


def list_classes_from_module(module: ModuleType, parent_class: type | None = None) -> list[type]:
    """Returns the classes that a module defines itself, optionally only those below a parent."""
    own = [c for _, c in inspect.getmembers(module, inspect.isclass) if c.__module__ == module.__name__]
    return own if parent_class is None else [c for c in own if issubclass(c, parent_class)]


def load_label_mapping(mapping_file_path: str | Path) -> dict[str, Any] | None:
    """Reads an `index_to_name.json`, or returns None when there is no such file.

    A list as value stands for its last entry. A file of the form `{"object_type_names": [...]}` is a list of
    names.

    Raises:
        ValueError: the file's content is neither form.
    """
    path = Path(mapping_file_path)
    if not path.is_file():
        return None
    mapping = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(mapping, dict):
        raise ValueError(f"{path.name}: {type(mapping).__name__} (expected: a JSON object of index to name)")
    names = mapping.get("object_type_names")
    if isinstance(names, list):
        mapping = {str(index): name for index, name in enumerate(names)}
    wrong = next((v for v in mapping.values() if not isinstance(v, (str, list))), None)
    if wrong is not None:
        raise ValueError(f"{path.name}: {wrong!r} (expected: a string or a list of strings)")
    return {key: value[-1] if isinstance(value, list) else value for key, value in mapping.items()}


def map_class_to_label(
    probs: Sequence[Sequence[Any]],
    mapping: Mapping[str, str] | None = None,
    lbl_classes: Sequence[Sequence[Any]] | None = None,
) -> list[dict[Any, Any]]:
    """Turns each row of probabilities into a dict of label to probability.

    Args:
        probs: one row per request.
        mapping: index (as text) to label; without it, or where it has no entry, the index is the label.
        lbl_classes: the indexes that the rows stand for; without it 0, 1, 2...
    """
    if not isinstance(probs, Sequence):
        probs = list(probs)
    classes = (
        lbl_classes if lbl_classes is not None else itertools.repeat(range(len(probs[0]) if probs else 0))
    )
    results = []
    for row_classes, row in zip(classes, probs, strict=False):
        labels = (str(c) if mapping is None else mapping.get(str(c), str(c)) for c in row_classes)
        results.append(dict(zip(labels, row, strict=False)))
    return results


def get_yaml_config(yaml_file_path: str | Path) -> dict[str, Any]:
    """Reads a YAML file; an empty one is `{}`.

    Raises:
        ModuleNotFoundError: PyYAML is not installed.
        ValueError: the file is not YAML, or not a mapping.
    """
    import yaml

    path = Path(yaml_file_path)
    try:
        config = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as fault:
        raise ValueError(f"{path.name}: not valid YAML: {fault}") from fault
    if config is None:
        return {}
    if not isinstance(config, dict):
        raise ValueError(f"{path.name}: {type(config).__name__} (expected: a mapping)")
    return config


def deprecated(
    version: str, replacement: str = "", klass: type[Warning] = PendingDeprecationWarning
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Marks a function as deprecated in a version; each call warns, in a category of choice."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            moved = f" and moved to {replacement}" if replacement else ""
            text = f"{function.__name__} is deprecated in {version}{moved}"
            warnings.warn(text, klass, stacklevel=2)
            return function(*args, **kwargs)

        return call

    return decorate
