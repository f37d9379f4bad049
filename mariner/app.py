"""An application: models, and the routes that lead through them."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from mariner.errors import DefinitionError
from mariner.graph import Flow, Step
from mariner.hints import ANY, DOCUMENT, FORMS, Hint, type_name
from mariner.model import Model
from mariner.plan import Document, Plan, Route, Stage
from mariner.program import ModelProgram
from mariner.source import Source, is_importing, local_files
from mariner.stage import ConcurrentHandler, Program, StageHandler

if TYPE_CHECKING:
    from mariner.runner import Runner

DEFAULT_ROUTE = "/predict"
_PATH = re.compile(r"/[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*")
_OWN = ("/docs", "/openapi.json")

_HANDLER = '''"""Stage {stage} of an application."""

import os
from pathlib import Path

os.environ.update({env!r})

from mariner.app import stage_program
from mariner.source import Source
from mariner.stage import {base}


class Handler({base}):
    def make_program(self):
        source = Source(Path(__file__).parent / {file!r}, {name!r})
        return stage_program(source, {stage!r})
'''


class App:
    """An application.

    Args:
        flow: a model, or several: `Tokenize >> Encode >> Classify`; or a mapping of routes to such.
        route: where the flow answers; `/predict` unless told.
        name: of the application; the script's if it is not given.
        timeout: deadline of a whole way, seconds; None: none.
        files: more files of the script's folder that an archive is to have.
        compression: whether answers of 1 KiB and more are packed (gzip, deflate, zstd) for clients that take
            that; most HTTP clients say that they do, and packing takes the server's time.

    Raises:
        DefinitionError: models don't fit each other, or a route can't be one.
    """

    def __init__(
        self,
        flow: Step | Mapping[str, Step],
        route: str | None = None,
        *,
        name: str | None = None,
        timeout: float | None = None,
        files: Sequence[str] = (),
        compression: bool = False,
    ) -> None:
        if isinstance(flow, Mapping):
            if route is not None:
                raise DefinitionError(f"route: {route!r} beside a mapping of routes (expected: one of them)")
            routes = dict(flow)
        else:
            routes = {route or DEFAULT_ROUTE: flow}
        if not routes:
            raise DefinitionError("routes: none (expected: at least one)")
        self.routes = {_checked_path(path): Flow.of(step) for path, step in routes.items()}
        self.timeout = timeout
        self.files = tuple(files)
        self.compression = compression
        self._name = name
        self._implied: str | None = None
        self._module = sys._getframe(1).f_globals.get("__name__", "__main__")
        for path, found in self.routes.items():
            _check_ends(path, found)
        self._stages = self._named_stages()

    def _named_stages(self) -> dict[str, Model[Any]]:
        stages: dict[str, Model[Any]] = {}
        for flow in self.routes.values():
            for knot in flow.knots:
                if any(one is knot.model for one in stages.values()):
                    continue
                same = next((n for n, one in stages.items() if _same(one, knot.model)), None)
                if same is not None:
                    continue
                name, number = knot.model.name, 2
                while name in stages:
                    name, number = f"{knot.model.name}_{number}", number + 1
                stages[name] = knot.model
        return stages

    def _stage_of(self, model: Model[Any]) -> str:
        return next(name for name, one in self._stages.items() if one is model or _same(one, model))

    @property
    def name(self) -> str:
        """Name of the application."""
        if self._name is not None:
            return self._name
        module = sys.modules.get(self._module)
        file = getattr(module, "__file__", None)
        return Path(file).stem if file else "app"

    @property
    def models(self) -> Mapping[str, Model[Any]]:
        """Its models by the names of their stages."""
        return dict(self._stages)

    def plan(self, packed: bool = False, documents: bool = True) -> Plan:
        """Returns its description.

        Args:
            packed: whether stages carry the script with them, as in an archive; else they import it from
                where it is.
            documents: whether `/docs` and `/openapi.json` belong to it.

        Raises:
            DefinitionError: the script can't be found again by another process.
        """
        source = self._source()
        files = self._files(source) if packed and source else {}
        timeout = None if self.timeout is None else round(self.timeout * 1000)
        routes = [
            Route(
                path,
                flow.nodes(self._stage_of),
                body="inputs",
                compression=self.compression,
                timeout_ms=timeout,
            )
            for path, flow in self.routes.items()
        ]
        pages = self._documents() if documents else ()
        stages = [self._stage(name, model, source, packed, files) for name, model in self._stages.items()]
        return Plan(self.name, stages, routes, pages)

    def _stage(
        self, name: str, model: Model[Any], source: Source | None, packed: bool, files: Mapping[str, bytes]
    ) -> Stage:
        text = ""
        if source is not None:
            base = ConcurrentHandler if model.concurrent else StageHandler
            file = source.file.name if packed else str(source.file)
            text = _HANDLER.format(
                stage=name, base=base.__name__, file=file, name=source.name, env=dict(model.resources.env)
            )
        options = model.resources.model_options(model.concurrent)
        return Stage(name, text, options, files, _handler_class(model))

    def _files(self, source: Source) -> dict[str, bytes]:
        found = local_files(source.file)
        root = source.file.parent
        for pattern in self.files:
            matches = [path for path in sorted(root.glob(pattern)) if path.is_file()]
            if not matches:
                raise DefinitionError(f"files: {pattern!r} (expected: files below {root})")
            found.update({path.relative_to(root).as_posix(): path.read_bytes() for path in matches})
        return found

    def _documents(self) -> tuple[Document, ...]:
        from mariner.openapi import documents

        return documents(self)

    def _source(self) -> Source | None:
        """Returns where another process finds this application; None when it is at no module's top level."""
        module = sys.modules.get(self._module)
        file = getattr(module, "__file__", None)
        if module is None or not file:
            return None
        names = [name for name, value in vars(module).items() if value is self]
        name = names[0] if names else self._implied
        return None if name is None else Source(Path(file).resolve(), name)

    def importable(self) -> Source:
        """Returns where another process finds this application.

        Raises:
            DefinitionError: it does not.
        """
        source = self._source()
        if source is None:
            raise DefinitionError(
                f"App {self.name}: not at the top level of a script (expected: `app = mariner.App(…)` there, "
                "so that workers find it)"
            )
        return source

    def local(self) -> Runner:
        """Returns a runner that answers within this process, for tests:

        with app.local() as local:
            assert local.post("/classify", json="great").json() == ...
        """
        from mariner.runner import Runner

        return Runner(self.plan(documents=True))

    def serve(self, **options: Any) -> int:
        """Serves it until it is interrupted; `host`, `port` and so on are those of `mariner serve`.

        Does nothing in a process that imports the script for its definitions.
        """
        if is_importing():
            return 0
        from mariner.serving import serve_app

        return serve_app(self, **options)


def app_of(module: ModuleType, name: str | None = None) -> App:
    """Returns the application that a script has: by name; else its only one, or its only model.

    Raises:
        DefinitionError: it has none, or several.
    """
    if name is not None:
        from mariner.source import named

        return as_app(named(module, name), module, name)
    apps = {key: value for key, value in vars(module).items() if isinstance(value, App)}
    found: dict[str, Any] = dict(apps)
    if not apps:
        found = {key: value for key, value in vars(module).items() if isinstance(value, Model)}
    distinct = {id(value): key for key, value in found.items()}
    if len(distinct) != 1:
        names = ", ".join(sorted(distinct.values())) or "none"
        raise DefinitionError(
            f"{module.__name__}: {'several' if distinct else 'no'} applications or models: {names} "
            f"(expected: one, or a name: {module.__name__}.py:NAME)"
        )
    key = next(iter(distinct.values()))
    return as_app(found[key], module, key)


def as_app(found: Any, module: ModuleType, name: str) -> App:
    """Returns an application as it is; one with the only route `/predict` for a model, class or function."""
    if isinstance(found, App):
        return found
    app = App(found, name=name.lower())
    app._module, app._implied = module.__name__, name
    return app


def stage_program(source: Source, stage: str) -> Program:
    """Returns what a stage of an application runs, in a worker."""
    from mariner.source import load_script

    app = app_of(load_script(source.file), source.name)
    model = app.models.get(stage)
    if model is None:
        raise DefinitionError(f"{source.file.name}: {source.name} has no stage {stage!r} any more")
    return ModelProgram(model)


def _handler_class(model: Model[Any]) -> type[StageHandler]:
    base = ConcurrentHandler if model.concurrent else StageHandler

    class Handler(base):  # type: ignore[valid-type, misc]
        def make_program(self) -> Program:
            return ModelProgram(model)

    return Handler


def _same(one: Model[Any], other: Model[Any]) -> bool:
    """Whether two models are the same: plain classes become a model each time they are used."""
    return one.target is other.target and one.name == other.name and one.resources == other.resources


def _checked_path(path: str) -> str:
    if not isinstance(path, str) or _PATH.fullmatch(path) is None or path in _OWN:
        raise DefinitionError(f"route: {path!r} (expected: a path like /classify)")
    return path


def _check_ends(path: str, flow: Flow) -> None:
    """Raises DefinitionError when a way has several exits, or when requests can't be read."""
    _ = flow.last
    for model in flow.first:
        for one in model.parameters:
            if not _readable(one.hint):
                raise DefinitionError(
                    f"{path}: {model.where}: {one.name}: {type_name(one.hint.type)} can't be read from a "
                    f"request (expected: {FORMS})"
                )


def _readable(hint: Hint) -> bool:
    if hint.kind != DOCUMENT:
        return True
    import msgspec

    found: list[Any] = []

    def schema_of(kind: Any) -> dict[str, Any]:
        found.append(kind)
        return {"type": "object"}

    try:
        msgspec.json.schema_components([hint.type], schema_hook=schema_of)
    except TypeError:
        return False
    return all(Hint.of(kind).kind not in (DOCUMENT, ANY) or hasattr(kind, "model_validate") for kind in found)


def describe(model: Model[Any]) -> str:
    """Returns the first line of what a model's author says of it."""
    text = inspect.getdoc(model.method if model.method_name is None else model.target) or ""
    return text.strip().partition("\n")[0]
