"""Import of the modules that belong to one model, in a process that may host several."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType


def import_own(name: str, file: Path, alias_suffix: str) -> ModuleType:
    """Imports a module by name if that leads to this file, else from the file, under an alias.

    Args:
        name: the module's dotted name.
        file: its file, or `<folder>.py` for the folder of a package.
        alias_suffix: what tells the alias from those of other models.

    Raises:
        ImportError: the file is no Python module.
        Exception: whatever the module raises.
    """
    importlib.invalidate_caches()
    if _leads_to(name, file):
        return importlib.import_module(name)
    # The name is taken, by another model of this process or by a module that came earlier on the path.
    alias = f"{name.replace('.', '_')}__{alias_suffix}"
    source = file if file.is_file() else file.with_suffix("") / "__init__.py"
    spec = importlib.util.spec_from_file_location(alias, source)
    if spec is None or spec.loader is None:
        raise ImportError(f"module: {source.name} (expected: a Python file)")
    module = importlib.util.module_from_spec(spec)
    sys.modules[alias] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[alias]
        raise
    return module


def _leads_to(name: str, file: Path) -> bool:
    known = sys.modules.get(name)
    if known is not None:
        origin = getattr(known, "__file__", None)
    else:
        spec = importlib.util.find_spec(name)
        origin = None if spec is None else spec.origin
    if not origin:
        return False
    places = (file.resolve(), (file.with_suffix("") / "__init__.py").resolve())
    return Path(origin).resolve() in places
