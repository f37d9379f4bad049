"""Which files and folders are models, and the module that serves each.

The server's store has the same table (`ModelKind.java`); `proto/runtimes/kinds.json` is what both are tested
with.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

PACKAGE = "ts.runtimes"
MANIFEST = "MAR-INF/MANIFEST.json"
_HEAD_BYTES = 64
_MAX_SETTINGS_BYTES = 1 << 20


class Kind(NamedTuple):
    """One kind of model.

    Attributes:
        name: the module below `ts.runtimes`, also the name of a built-in handler.
        what: what it is, for messages.
        endings: of its files, lower case.
        begins: what such a file begins with; empty: anything.
    """

    name: str
    what: str
    endings: tuple[str, ...]
    begins: bytes = b""


FILES = (
    Kind("torch", "TorchScript, torch.export", (".pt", ".pts", ".pth", ".pt2")),
    Kind("onnx", "ONNX", (".onnx",)),
    Kind("sklearn", "scikit-learn", (".joblib", ".pkl", ".pickle", ".skops")),
    Kind("lightgbm", "LightGBM", (".txt", ".model", ".bst"), b"tree"),
    Kind("xgboost", "XGBoost", (".ubj", ".json", ".bst"), b"{"),
    Kind("xgboost", "XGBoost in its old binary form", (".bst",)),
    Kind("catboost", "CatBoost", (".cbm",)),
    Kind("keras", "Keras", (".keras",)),
)
"""Kinds of files, in the order in which they are asked."""

NAMES = (*dict.fromkeys(kind.name for kind in FILES), "mlflow", "huggingface")
"""The modules below `ts.runtimes` that serve models."""

# Notes, lists and settings lie beside models, under any name but the model's own.
_SIDE_ENDINGS = (".json", ".txt")
_OWN_NAME = "model."
_WEIGHTS = ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin")


class Found(NamedTuple):
    """What a path turned out to be.

    Attributes:
        runtime: the module below `ts.runtimes`.
        file: the model's file; None: the whole folder is the model.
    """

    runtime: str
    file: Path | None


class UnknownModel(ValueError):
    """A path is no model of a known kind; the text names the kinds."""


def found_at(path: Path) -> Found:
    """Finds out what kind of model a file or folder is.

    Raises:
        UnknownModel: it is none, or a folder holds several.
    """
    if path.is_dir():
        return _of_folder(path)
    if not path.is_file():
        raise UnknownModel(f"{path}: nothing is there (expected: a file or folder with a model)")
    kind = _of_file(path)
    if kind is None:
        raise UnknownModel(f"{path.name}: no model of a known kind (expected: {known()})")
    return Found(kind.name, path)


def is_model(path: Path) -> bool:
    """Tells whether a path is a model that needs no handler; an archive's folder is none."""
    if (path / MANIFEST).is_file():
        return False
    try:
        found_at(path)
    except UnknownModel:
        return False
    return True


def known() -> str:
    """Returns the kinds, for messages."""
    named: dict[str, list[str]] = {}
    for kind in FILES:
        if "old" not in kind.what:
            named.setdefault(kind.what, []).extend(kind.endings)
    files = ", ".join(f"{what} ({' '.join(endings)})" for what, endings in named.items())
    return (
        f"{files}, or a folder of MLflow (MLmodel), Hugging Face (config.json with weights) or TensorFlow "
        "(saved_model.pb), or with one such file"
    )


def _of_file(path: Path) -> Kind | None:
    suffix = path.suffix.lower()
    kinds = [kind for kind in FILES if suffix in kind.endings]
    if not kinds:
        return None
    with path.open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
    return next((kind for kind in kinds if head.startswith(kind.begins)), None)


def _of_folder(folder: Path) -> Found:
    for name, recognises in _FOLDERS:
        if recognises(folder):
            return Found(name, None)
    files = sorted(
        path
        for path in folder.iterdir()
        if path.is_file() and not path.name.startswith(".") and not _is_side_file(path.name.lower())
    )
    models = [(path, kind) for path in files if (kind := _of_file(path)) is not None]
    if len(models) != 1:
        names = ", ".join(path.name for path, _ in models) or "none"
        raise UnknownModel(f"{folder.name}: files of models: {names} (expected: one, or {known()})")
    path, kind = models[0]
    return Found(kind.name, path)


def _is_side_file(name: str) -> bool:
    return name.endswith(_SIDE_ENDINGS) and not name.startswith(_OWN_NAME)


def _is_transformers(folder: Path) -> bool:
    if any((folder / name).is_file() for name in _WEIGHTS) and (folder / "config.json").is_file():
        return True
    settings = folder / "model-settings.json"
    if not settings.is_file() or settings.stat().st_size > _MAX_SETTINGS_BYTES:
        return False
    try:
        document = json.loads(settings.read_text(encoding="utf-8"))
    except ValueError:
        return False
    return isinstance(document, dict) and "HuggingFace" in str(document.get("implementation"))


_FOLDERS: tuple[tuple[str, Callable[[Path], bool]], ...] = (
    ("mlflow", lambda folder: (folder / "MLmodel").is_file()),
    ("huggingface", _is_transformers),
    ("keras", lambda folder: (folder / "saved_model.pb").is_file()),
)
