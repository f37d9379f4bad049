"""Where an application's code is, and its import in another process."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from mariner.errors import DefinitionError
from ts.utils.modules import import_own

_importing: ContextVar[bool] = ContextVar("mariner_importing", default=False)
_OUTSIDE = ("site-packages", "dist-packages")


def is_importing() -> bool:
    """Returns whether the running code is a script that is imported for what it defines."""
    return _importing.get()


@contextmanager
def importing() -> Iterator[None]:
    """Has `App.serve` do nothing meanwhile: a script may call it without asking for `__main__`."""
    token = _importing.set(True)
    try:
        yield
    finally:
        _importing.reset(token)


@dataclass(frozen=True)
class Source:
    """A script, and the name of an application, model, class or function in it.

    Attributes:
        file: the script.
        name: at its top level.
    """

    file: Path
    name: str

    def load(self) -> Any:
        """Imports the script and returns what has the name.

        Raises:
            DefinitionError: it has no such name.
            Exception: whatever the script raises.
        """
        return named(load_script(self.file), self.name)


def load_script(file: Path) -> ModuleType:
    """Imports a script under its own name; modules beside it can be imported then.

    Raises:
        DefinitionError: there is no such file, or it can't be a module.
    """
    file = file.resolve()
    if not file.is_file() or re.fullmatch(r"[A-Za-z_]\w*\.py", file.name) is None:
        raise DefinitionError(f"{file} (expected: a Python file whose name can be imported)")
    if str(file.parent) not in sys.path:
        sys.path.insert(0, str(file.parent))
    with importing():
        return import_own(file.stem, file, "app")


def read_script(file: Path) -> ModuleType:
    """Imports a script for a command, which tells its user what the script raises.

    Raises:
        DefinitionError: there is no such file, it can't be a module, or it raises something.
    """
    try:
        return load_script(file)
    except DefinitionError:
        raise
    except SystemExit as end:
        raise DefinitionError(
            f"{file.name}: it ended with {end.code!r} while it was imported (expected: a script that defines "
            'things, and does the rest below `if __name__ == "__main__":`)'
        ) from end
    except Exception as fault:
        from ts._worker.traces import placed_message, trace_of

        told = placed_message(fault, str(file.resolve().parent))
        raise DefinitionError(f"{told}\n{trace_of(fault).rstrip()}") from fault


def named(module: ModuleType, name: str) -> Any:
    """Returns what has a name in a module; raises DefinitionError."""
    try:
        return getattr(module, name)
    except AttributeError:
        known = ", ".join(sorted(key for key in vars(module) if not key.startswith("_"))) or "nothing"
        raise DefinitionError(f"{module.__name__}: no {name!r} (expected: one of {known})") from None


def local_files(file: Path) -> dict[str, bytes]:
    """Returns a script and the modules beside it that are imported in this process, by relative path."""
    root = file.resolve().parent
    found = {file.name: file.read_bytes()}
    for module in list(sys.modules.values()):
        origin = getattr(module, "__file__", None)
        if not isinstance(origin, str) or not origin.endswith(".py"):
            continue
        path = Path(origin).resolve()
        if not path.is_relative_to(root) or any(part in _OUTSIDE for part in path.parts):
            continue
        relative = path.relative_to(root)
        if path.is_file() and not any(part.startswith(".") for part in relative.parts):
            found[relative.as_posix()] = path.read_bytes()
    return found
