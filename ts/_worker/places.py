"""The surroundings of each model of a worker: its own modules, its working folder, its module path.

Handlers open files by bare names, and import modules that lie beside them. In a process of several models
each has to find its own, though all of them may have a `handler.py` and a `model.py`. So the process changes
places before it calls a model: modules that were imported from the model's folder stand in `sys.modules`
only while it runs, and with them go `sys.path`, the working folder and `PYTHONPATH`, as the model left them.

This holds for a model's load, for its runs of the modes `serial` and `continuous` up to their first `await`,
and for a concurrent run up to its first `await`. A thread or task that goes on while another model runs
finds what that one has; what it has imported before stays its own in any case.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

_VARIABLE = "PYTHONPATH"


class _Place:
    """What one model has for itself while others run."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.roots = tuple({f"{root}{os.sep}" for root in (folder, os.path.realpath(folder))})
        self.modules: dict[str, ModuleType] = {}
        self.path: list[str] = []
        self.inherited = ""
        self.known = 0

    def owns(self, module: Any) -> bool:
        """Whether a module was imported from the folder."""
        names = getattr(module, "__dict__", {})  # a module may make its attributes when it is asked for them
        source = names.get("__file__")
        if source is None:
            source = next(iter(names.get("__path__") or ()), None)
        return isinstance(source, str) and source.startswith(self.roots)


class Places:
    """The places of a worker's models, of which the process is in one.

    Attributes:
        current: handle of the model in whose place the process is; None: in that of none.
    """

    def __init__(self) -> None:
        self.current: int | None = None
        self._places: dict[int, _Place] = {}
        self._base: tuple[list[str], str | None, str] | None = None

    def open(self, handle: int, folder: str) -> None:
        """Makes a place for a model, and goes there.

        Raises:
            OSError: the folder is not there.
        """
        self.close(handle)
        self._leave()
        if self._base is None:
            self._base = (list(sys.path), os.environ.get(_VARIABLE), str(Path.cwd()))
        path, inherited, _ = self._base
        os.chdir(folder)
        place = _Place(folder)
        place.path = list(path)
        entries = [entry for entry in (inherited or "").split(os.pathsep) if entry]
        if folder not in path:
            # After the server's own, before the installed packages.
            places = [path.index(entry) + 1 for entry in entries if entry in path]
            place.path.insert(max(places, default=0), folder)
            entries.append(folder)
        # Processes that the handler starts look there too.
        place.inherited = os.pathsep.join(entries)
        self._places[handle] = place
        importlib.invalidate_caches()
        self._take_up(handle, place)

    def enter(self, handle: int) -> None:
        """Goes to the place of a model; does nothing in it, or if there is none."""
        place = self._places.get(handle)
        if handle == self.current or place is None:
            return
        self._leave()
        with contextlib.suppress(
            OSError
        ):  # its folder may be gone; most handlers need it for their load only
            os.chdir(place.folder)
        self._take_up(handle, place)

    def close(self, handle: int) -> None:
        """Forgets the place of a model, and the modules that were in it."""
        if handle == self.current:
            self._leave()
            if self._base is not None:
                sys.path[:], inherited, folder = self._base
                _set_variable(inherited)
                with contextlib.suppress(OSError):
                    os.chdir(folder)
        place = self._places.pop(handle, None)
        if place is not None:
            sys.path_importer_cache.pop(place.folder, None)

    def _take_up(self, handle: int, place: _Place) -> None:
        sys.path[:] = place.path
        sys.modules.update(place.modules)
        _set_variable(place.inherited)
        place.known = len(sys.modules)
        self.current = handle

    def _leave(self) -> None:
        if self.current is None:
            return
        place = self._places[self.current]
        self.current = None
        place.path = list(sys.path)
        place.inherited = os.environ.get(_VARIABLE, "")
        with contextlib.suppress(OSError):
            place.folder = os.getcwd()  # noqa: PTH109 (Path.cwd takes three times as long)
        if len(sys.modules) != place.known:
            place.modules = {name: module for name, module in list(sys.modules.items()) if place.owns(module)}
        for name in place.modules:
            sys.modules.pop(name, None)


def _set_variable(value: str | None) -> None:
    if not value:
        os.environ.pop(_VARIABLE, None)
    else:
        os.environ[_VARIABLE] = value
