"""Classes by their import paths, and paths of classes."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def on_path(folder: Path | str | None) -> Iterator[None]:
    """Has modules of a folder found first."""
    if folder is None:
        yield
        return
    entry = str(folder)
    sys.path.insert(0, entry)
    try:
        yield
    finally:
        if entry in sys.path:
            sys.path.remove(entry)


def import_string(path: str, folder: Path | str | None = None) -> Any:
    """Returns what `module.Name` is.

    Args:
        path: of the class.
        folder: where its module may lie; None: only where Python looks.

    Raises:
        ImportError: there is no such module, or it has no such name.
    """
    module_name, dot, name = path.rpartition(".")
    if not dot:
        raise ImportError(f"implementation: {path!r} (expected: module.Class)")
    with on_path(folder):
        if folder is not None:
            _forget_other(module_name, Path(folder))
        module = importlib.import_module(module_name)
    if not hasattr(module, name):
        raise ImportError(f"implementation: {path!r}: module {module_name} has no {name}")
    return getattr(module, name)


def _forget_other(module_name: str, folder: Path) -> None:
    """Folders of models may have modules of one name: one that another folder brought is imported anew."""
    root = module_name.partition(".")[0]
    here = folder / f"{root}.py"
    package = folder / root / "__init__.py"
    loaded = sys.modules.get(root)
    file = getattr(loaded, "__file__", None)
    own = next((path for path in (here, package) if path.is_file()), None)
    if own is not None and file is not None and Path(file).resolve() != own.resolve():
        for name in [each for each in sys.modules if each == root or each.startswith(root + ".")]:
            del sys.modules[name]
        importlib.invalidate_caches()


def import_path(implementation: type) -> str:
    """Returns the import path of a class."""
    module = implementation.__module__
    if module == "__main__":
        # Workers have another one: a script is imported by its name there.
        file = getattr(sys.modules["__main__"], "__file__", None)
        if file is not None:
            module = Path(file).stem
    return f"{module}.{implementation.__qualname__}"
