"""What `mariner serve PATH` may be given, and what a server has to be told to serve it.

A kind of path is one entry of `KINDS`: how it is recognised, and the function that prepares it. Runtimes for
files of models add theirs there; modules are imported when a path is of their kind.
"""

from __future__ import annotations

import importlib
import json
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from mariner.errors import DefinitionError
from mariner.plan import Plan

_MANIFEST = "MAR-INF/MANIFEST.json"
_HEAD = "app.json"
_PEERS = {"Mosec": ("mosec", "ts.compat.mosec"), "Flash Serve": ("flash.core.serve", "ts.compat.flash")}


@dataclass(frozen=True)
class Wish:
    """What was asked for.

    Attributes:
        path: an existing file or folder.
        name: what stood behind its colon; None: nothing.
        workers: of each model; None: as they say themselves.
        scratch: an empty folder that is there as long as the server.
    """

    path: Path
    name: str | None
    workers: int | None
    scratch: Path


@dataclass(frozen=True)
class Target:
    """What a server is told.

    Attributes:
        title: what is served.
        flags: of `mariner start`.
        config: keys of the configuration.
        routes: lines for whoever started it: method and path.
        environment: of the server and its workers.
    """

    title: str
    flags: Sequence[str]
    config: Mapping[str, str] = field(default_factory=dict)
    routes: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Kind:
    """A kind of path.

    Attributes:
        what: its name, for messages.
        recognises: whether a path is of this kind.
        prepare: `module:function`; the function makes a `Target` of a `Wish` and raises DefinitionError.
    """

    what: str
    recognises: Callable[[Path], bool]
    prepare: str


def _has(folder: Path, name: str) -> bool:
    return folder.is_dir() and (folder / name).is_file()


def _is_mlservers(path: Path) -> bool:
    return path.is_dir() and any(
        any(path.glob(below + "model-settings.json")) for below in ("", "*/", "*/*/")
    )


def _is_plain(path: Path) -> bool:
    from ts.runtimes.kinds import is_model

    return is_model(path)


KINDS: tuple[Kind, ...] = (
    Kind("a script (.py)", lambda path: path.suffix == ".py" and path.is_file(), "mariner.targets:script"),
    Kind("a model archive (.mar)", lambda path: path.suffix == ".mar", "mariner.targets:archive"),
    Kind("an application archive (.war)", lambda path: path.suffix == ".war", "mariner.targets:packed_app"),
    Kind("a folder of an application", lambda path: _has(path, _HEAD), "mariner.targets:app_folder"),
    Kind("a folder of a model", lambda path: _has(path, _MANIFEST), "mariner.targets:archive"),
    Kind("a folder of MLServer's models", _is_mlservers, "ts.compat.mlserver.hosting:target"),
    Kind("a file or folder of a model that needs no handler", _is_plain, "mariner.targets:plain_model"),
)
"""In the order in which they are asked."""


def target_of(wish: Wish) -> Target:
    """Returns what a server is told to serve a path.

    Raises:
        DefinitionError: the path is of no kind that is known, or not what its kind should be.
    """
    for kind in KINDS:
        if kind.recognises(wish.path):
            module, _, function = kind.prepare.partition(":")
            prepare: Callable[[Wish], Target] = getattr(importlib.import_module(module), function)
            return prepare(wish)
    known = ", ".join(kind.what for kind in KINDS)
    raise DefinitionError(f"{wish.path} can't be served (expected: {known})")


def of_plan(plan: Plan, wish: Wish) -> Target:
    """Returns what a server is told to serve an application; its folder is written."""
    if wish.workers is not None:
        count = {"minWorkers": wish.workers, "maxWorkers": wish.workers}
        plan = replace(plan, stages=[replace(s, options={**s.options, **count}) for s in plan.stages])
    folder = plan.write(wish.scratch / "app")
    return Target(plan.name, ["--app", str(folder)], routes=_routes(folder))


def script(wish: Wish) -> Target:
    """A script with an application or model of `mariner`, or with a handler."""
    from mariner.app import App, app_of
    from mariner.model import Model
    from mariner.source import read_script

    module = read_script(wish.path)
    own = [value for value in vars(module).values() if isinstance(value, (App, Model))]
    if wish.name is None and not own and _is_handler(vars(module), module.__name__):
        return _handler(wish, str(wish.path))
    if wish.name is not None and _is_handler_class(getattr(module, wish.name, None)):
        return _handler(wish, f"{wish.path}:{wish.name}")
    try:
        app = app_of(module, wish.name)
    except DefinitionError:
        peer = _peer_of(vars(module))
        if wish.name is None and peer is not None:
            raise DefinitionError(
                f"{wish.path}: a script of {peer}, which serves by itself (expected: python {wish.path})"
            ) from None
        raise
    app.importable()
    return of_plan(app.plan(), wish)


def _peer_of(names: Mapping[str, object]) -> str | None:
    """Whose classes a script uses, with our own layers or the released packages."""
    origins = {getattr(one, "__module__", None) or getattr(one, "__name__", "") for one in names.values()}
    for peer, packages in _PEERS.items():
        if any(str(origin).startswith(packages) for origin in origins):
            return peer
    return None


def _is_handler(names: Mapping[str, object], module: str) -> bool:
    if callable(names.get("handle")):
        return True
    own = [one for one in names.values() if isinstance(one, type) and one.__module__ == module]
    return any(callable(getattr(one, "handle", None)) for one in own)


def _is_handler_class(found: object) -> bool:
    """Whether a class is one of a handler, and none that could be a model."""
    methods = [callable(getattr(found, name, None)) for name in ("handle", "predict")]
    return isinstance(found, type) and methods == [True, False]


def _handler(wish: Wish, handler: str) -> Target:
    """A handler of archives is packed as one; `handler`: its file, or that and the name of its class."""
    import model_archiver

    name = wish.path.stem
    arguments = ["--model-name", name, "--version", "1.0", "--handler", handler]
    if model_archiver.main([*arguments, "--export-path", str(wish.scratch)]) != 0:
        raise DefinitionError(f"{wish.path}: it can't be packed; the reason stands above")
    beside = {"PYTHONPATH": str(wish.path.resolve().parent)}
    packed = archive(replace(wish, path=wish.scratch / f"{name}.mar", name=None))
    return replace(packed, environment=beside)


def archive(wish: Wish) -> Target:
    """A model archive, or a folder like one."""
    _refuse_name(wish)
    path = wish.path.resolve()
    name = _model_name(path)
    config = {} if wish.workers is None else {"default_workers_per_model": str(wish.workers)}
    flags = ["--model-store", str(path.parent), "--models", f"{name}={path.name}"]
    return Target(name, flags, config, [f"POST /predictions/{name}"])


def plain_model(wish: Wish) -> Target:
    """A model of a library, as it was saved."""
    _refuse_name(wish)
    path = wish.path.resolve()
    bare = path.name if path.is_dir() else path.name.removesuffix(path.suffix)
    name = re.sub("[^A-Za-z0-9_]", "_", bare).lstrip("_") or "model"
    config = {} if wish.workers is None else {"default_workers_per_model": str(wish.workers)}
    flags = ["--model-store", str(path.parent), "--models", f"{name}={path.name}"]
    return Target(name, flags, config, [f"POST /predictions/{name}"])


def _model_name(path: Path) -> str:
    try:
        if path.is_dir():
            text = (path / _MANIFEST).read_text(encoding="utf-8")
        else:
            with zipfile.ZipFile(path) as packed:
                text = packed.read(_MANIFEST).decode()
        return str(json.loads(text)["model"]["modelName"])
    except (OSError, KeyError, TypeError, ValueError, zipfile.BadZipFile) as fault:
        raise DefinitionError(f"{path}: {fault} (expected: a model archive)") from fault


def app_folder(wish: Wish) -> Target:
    """A folder with an `app.json`."""
    _refuse_name(wish)
    folder = wish.path.resolve()
    return Target(folder.name, ["--app", str(folder)], routes=_routes(folder))


def packed_app(wish: Wish) -> Target:
    """An archive with an `app.json`."""
    _refuse_name(wish)
    try:
        with zipfile.ZipFile(wish.path) as packed:
            routes = _route_lines(packed.read(_HEAD))
    except KeyError:
        raise DefinitionError(
            f"{wish.path}: no {_HEAD} in it (expected: an application; workflows are registered at a server "
            "that runs, with POST /workflows)"
        ) from None
    except (OSError, zipfile.BadZipFile) as fault:
        raise DefinitionError(f"{wish.path}: {fault} (expected: an archive)") from fault
    return Target(wish.path.stem, ["--app", str(wish.path.resolve())], routes=routes)


def _refuse_name(wish: Wish) -> None:
    if wish.name is not None:
        raise DefinitionError(f"{wish.path}:{wish.name} (expected: a name only behind a script)")
    if wish.workers is not None and wish.path.suffix == ".war":
        raise DefinitionError("--workers: an archive of an application says itself how many (expected: none)")


def _routes(folder: Path) -> Sequence[str]:
    return _route_lines((folder / _HEAD).read_bytes())


def _route_lines(head: bytes) -> Sequence[str]:
    try:
        document = json.loads(head)
        lines = [f"{route['method']} {route['path']}" for route in document["routes"]]
        pages = {one["path"] for one in document["documents"]}
    except (ValueError, KeyError, TypeError) as fault:
        raise DefinitionError(f"{_HEAD}: {fault!r} (expected: an application)") from fault
    return [*lines, *(["GET /docs"] if "/docs" in pages else [])]
