"""Compositions on a server: the script that made one runs again in each worker, up to its `serve`.

So whatever the script does before, at its top level, in a function or behind `if __name__ == "__main__"`,
makes the same composition there; nothing of it has to be pickled.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import threading
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any

from mariner.errors import DefinitionError
from mariner.stage import Program
from mariner.targets import Target, Wish, of_plan
from ts.compat.flash.composition import Composition
from ts.compat.flash.downloads import kept
from ts.compat.flash.plans import plan_of, pools_of, stage_programs

POOLS_FILE = "pools.yaml"
_MAIN = "__main__"
_DEVICES = "CUDA_VISIBLE_DEVICES"


class _Reached(BaseException):
    """The script came to the `serve` that was looked for; not for a script's own `except Exception`."""


@dataclass
class _Search:
    """Which `serve` of a script is looked for, and what was found there."""

    number: int
    calls: int = 0
    composition: Composition | None = None
    components: Mapping[str, Any] | None = None


_search: ContextVar[_Search | None] = ContextVar("flash_search", default=None)
_numbers = count()


@dataclass(frozen=True)
class Origin:
    """How to make a composition again.

    Attributes:
        file: the script.
        module: its name, where it was started as a module (`python -m`).
        arguments: of the script.
        folder: in which it was started.
        path: where it looks for modules.
        number: which of its calls of `serve`, from 0.
    """

    file: str
    module: str | None
    arguments: list[str]
    folder: str
    path: list[str]
    number: int

    @classmethod
    def of_main(cls, number: int) -> Origin:
        """Returns how the running script can be run again.

        Raises:
            RuntimeError: it is none.
        """
        main = sys.modules.get(_MAIN)
        file = getattr(main, "__file__", None)
        if not file or not Path(file).is_file():
            raise RuntimeError(
                "Composition.serve: no script is running (expected: a file, which workers can run again; in "
                "a notebook, TESTING=True)"
            )
        spec = getattr(main, "__spec__", None)
        path = [str(Path(entry or ".").resolve()) for entry in sys.path]
        return cls(
            str(Path(file).resolve()),
            None if spec is None else spec.name,
            sys.argv[1:],
            str(Path.cwd()),
            path,
            number,
        )

    def run(self) -> tuple[Composition, Mapping[str, Any] | None]:
        """Runs the script up to its `serve`; returns the composition, and the `components` it gave.

        The process stays in the script's folder, and the script stays its main module, as objects of its
        classes go to other workers.

        Raises:
            RuntimeError: it ended before.
            Exception: whatever it raises.
        """
        search = _Search(self.number)
        sys.path[:0] = [entry for entry in self.path if entry not in sys.path]
        sys.argv = [self.file, *self.arguments]
        os.chdir(self.folder)
        module = ModuleType(_MAIN)
        vars(module).update(__file__=self.file, __builtins__=__builtins__)
        if self.module is not None:
            module.__package__ = self.module.rpartition(".")[0]
        _keep(sys.modules[_MAIN])
        sys.modules[_MAIN] = module
        token = _search.set(search)
        try:
            with kept():
                exec(compile(Path(self.file).read_bytes(), self.file, "exec"), vars(module))
        except _Reached:
            pass
        finally:
            _search.reset(token)
        if search.composition is None:
            raise RuntimeError(
                f"{self.file}: it ended before its Composition.serve, number {self.number + 1}"
            )
        return search.composition, search.components


def _keep(module: ModuleType) -> None:
    """Keeps the worker's own main module, whose functions still run."""
    sys.modules.setdefault("ts.compat.flash._worker_main", module)


def serve_composition(
    composition: Composition, host: str, port: int, components: Mapping[str, Any] | None
) -> None:
    """Serves a composition until it is interrupted; in a worker, ends the script that made it.

    Raises:
        RuntimeError: it is of no script, or in another thread than the main one.
        DefinitionError: `components` is not what it should be.
        SystemExit: it can't be served; the reason was printed.
    """
    thread = threading.current_thread()
    if thread is not threading.main_thread():
        raise RuntimeError(
            f"Composition.serve: in {thread.name} (expected: the main thread of a script, which workers "
            "can run again; within this process, TESTING=True)"
        )
    search = _search.get()
    if search is not None:
        search.calls += 1
        if search.calls <= search.number:
            return
        search.composition, search.components = composition, components
        raise _Reached
    from ts._cli.errors import CommandError
    from ts._cli.serve import run

    origin = Origin.of_main(next(_numbers))
    name = re.sub(r"\W", "_", Path(origin.file).stem)
    plan = plan_of(composition, name, pools_of(composition, _wished(origin, components)), _files(origin))

    def prepare(wish: Wish) -> Target:
        return of_plan(plan, wish)

    options = argparse.Namespace(host=host, port=port, workers=None, name=None, wait=None, log_config=None)
    try:
        code = run(options, os.environ, f"{name}-{port}", prepare)
    except CommandError as error:
        print(f"{name}: {error}", file=sys.stderr)
        code = error.exit_code
    if code != 0:
        sys.exit(code)


def _files(origin: Origin) -> dict[str, bytes]:
    return {"origin.json": json.dumps(asdict(origin)).encode()}


def _wished(origin: Origin, components: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Returns what `serve` was told, else what the file beside the script says."""
    if components is not None:
        return components
    file = Path(origin.file).with_name(POOLS_FILE)
    if not file.is_file():
        return None
    import yaml

    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as fault:
        raise DefinitionError(f"{file}: {fault} (expected: components and their resources)") from fault
    if not isinstance(found, dict):
        raise DefinitionError(f"{file}: {found!r} (expected: components and their resources)")
    return found


def visible_devices(visible: str | None, gpu: int) -> str:
    """Returns which device a worker is to see as its first: the number counts those that the server sees."""
    devices = [name.strip() for name in (visible or "").split(",") if name.strip()]
    return devices[gpu] if gpu < len(devices) else str(gpu)


def stage_program(file: Path, stage: str, gpu: int | None = None) -> Program:
    """Returns what a stage runs, in a worker.

    Args:
        file: how the composition was made.
        stage: its name.
        gpu: the only device that the script is to see there, as `cuda`; None: whatever there is.

    Raises:
        RuntimeError: the script makes another composition than before.
        Exception: whatever the script raises.
    """
    if gpu is not None:
        os.environ[_DEVICES] = visible_devices(os.environ.get(_DEVICES), gpu)
    origin = Origin(**json.loads(file.read_bytes()))
    composition, components = origin.run()
    programs = stage_programs(composition, pools_of(composition, _wished(origin, components)))
    if stage not in programs:
        raise RuntimeError(f"{origin.file}: no stage {stage!r} any more (expected: the same at each run)")
    return programs[stage]
