"""Where a model's file is, which library it needs, and whether it may be a pickle."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ts.runtimes.kinds import UnknownModel, found_at

logger = logging.getLogger(__name__)


class PickleForbidden(RuntimeError):
    """A model is a pickle, which runs code when it is loaded, and the server or the model forbids that."""


def model_dir(context: Any) -> Path:
    """Returns the folder of a model."""
    return Path(context.system_properties["model_dir"])


def model_file(context: Any) -> Path:
    """Returns a model's file: the manifest's, or the only one in its folder.

    Raises:
        RuntimeError: there is none.
    """
    folder = model_dir(context)
    described = (context.manifest or {}).get("model") or {}
    name = described.get("serializedFile")
    if name:
        path = folder / Path(name).name
        if not path.exists():
            raise RuntimeError(f"serializedFile: {path.name} (expected: a file in the archive)")
        return path
    try:
        file = found_at(folder).file
    except UnknownModel as fault:
        raise RuntimeError(str(fault)) from fault
    if file is None:
        raise RuntimeError(f"{folder.name}: no file of a model (expected: serializedFile in the manifest)")
    return file


def options(context: Any) -> Mapping[str, Any]:
    """Returns `handler` of the model's configuration.

    Raises:
        ValueError: it is no mapping.
    """
    found = (getattr(context, "model_yaml_config", None) or {}).get("handler") or {}
    if not isinstance(found, Mapping):
        raise ValueError(f"handler: {found!r} (expected: a mapping)")
    return found


def threads(context: Any) -> int:
    """Returns how many threads a run may use: `handler: threads`, or 1, since workers share the processors.

    Raises:
        ValueError: it is no number from 1 on.
    """
    count = options(context).get("threads", 1)
    if type(count) is not int or count < 1:
        raise ValueError(f"handler: threads: {count!r} (expected: a number from 1 on)")
    return count


def library(module: str, package: str, path: Path) -> Any:
    """Imports the library that a model needs.

    Raises:
        ModuleNotFoundError: it is not installed; the text says how to install it.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as fault:
        if fault.name is None or not f"{module}.".startswith(f"{fault.name}."):
            raise
        raise ModuleNotFoundError(
            f"{path.name}: needs {package}, which is not installed (expected: pip install {package})",
            name=fault.name,
        ) from fault


def pickles_allowed(context: Any) -> bool:
    """Tells whether a model may be a pickle: `allow_pickle` of the server, then `handler: pickle`.

    Raises:
        ValueError: `handler: pickle` is neither true nor false.
    """
    own = options(context).get("pickle", True)
    if not isinstance(own, bool):
        raise ValueError(f"handler: pickle: {own!r} (expected: true or false)")
    return own and getattr(context, "_allow_pickle", True)


def check_pickle(context: Any, path: Path, instead: str) -> None:
    """Warns of a pickle, or refuses it.

    Args:
        context: the model's.
        path: the file.
        instead: what to use in its place.

    Raises:
        PickleForbidden: pickles are forbidden.
    """
    if not pickles_allowed(context):
        raise PickleForbidden(
            f"{path.name}: a pickle, which runs code when it is loaded; allow_pickle or handler: pickle "
            "forbids it "
            f"(expected: {instead})"
        )
    logger.warning(
        "%s is a pickle: loading it runs the code in it. Serve it only if you trust who made it (safer: %s).",
        path.name,
        instead,
    )
