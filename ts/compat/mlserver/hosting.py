"""Starts the engine for models of MLServer, in the foreground."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ts._cli.errors import CommandError
from ts.compat.mlserver import routes as own_routes
from ts.compat.mlserver import store
from ts.compat.mlserver.hosted import Surroundings
from ts.compat.mlserver.imports import import_string, on_path
from ts.compat.mlserver.repository import completed, distinct, find
from ts.compat.mlserver.settings import SETTINGS_FILE, ModelSettings, Settings

if TYPE_CHECKING:
    from mariner.targets import Target, Wish


def load(folder: Path) -> tuple[Settings, list[ModelSettings]]:
    """Returns the settings of a folder and its models.

    Raises:
        CommandError: there is no such folder, or a file is not as it should be.
    """
    if not folder.is_dir():
        raise CommandError(f"{folder}: no such folder", 2)
    try:
        file = folder / SETTINGS_FILE
        settings: Settings = Settings.parse_file(file) if file.is_file() else Settings()
        said = settings.model_repository_implementation
        return settings, find(folder) if said is None else _listed(settings, folder)
    except (ValueError, OSError) as fault:
        raise CommandError(str(fault)) from fault


def _listed(settings: Settings, folder: Path) -> list[ModelSettings]:
    """Returns the models that a repository of the user's lists.

    Raises:
        CommandError: it can't be imported or made, or does not list them.
    """
    said = settings.model_repository_implementation
    try:
        with on_path(folder):
            kind: Any = import_string(said, folder) if isinstance(said, str) else said
            repository = kind(root=str(folder), **settings.model_repository_implementation_args)
            found = asyncio.run(repository.list())
    except Exception as fault:
        raise CommandError(
            f"model_repository_implementation: {said}: {type(fault).__name__}: {fault} (expected: a class "
            "whose list() returns settings of models)"
        ) from fault
    return distinct(completed(model) for model in found)


def run(
    settings: Settings,
    models: Sequence[ModelSettings],
    environment: Mapping[str, str],
    title: str,
    search: Sequence[Path] = (),
) -> int:
    """Serves models until it is interrupted; returns the exit code.

    Args:
        settings: of the server.
        models: that it serves.
        environment: of this process.
        title: names the server.
        search: folders in which models find modules, after their own.

    Raises:
        CommandError: they can't be served.
    """
    from ts._cli.serve import run as serve

    _check(settings, models, search)

    def prepared(wish: Wish) -> Target:
        return _target(settings, models, title, wish, search)

    options = argparse.Namespace(
        host=settings.host, port=settings.http_port, workers=None, name=None, wait=None, log_config=None
    )
    options.name = f"mlserver-{settings.http_port or os.getpid()}"
    return serve(options, environment, title, prepared)


def target(wish: Wish) -> Target:
    """Returns what `mariner serve FOLDER` tells a server; its own host and port count, not those of
    `settings.json`.

    Raises:
        DefinitionError: a file is not as it should be.
    """
    from mariner.errors import DefinitionError

    if wish.name is not None or wish.workers is not None:
        given = f":{wish.name}" if wish.name is not None else f" --workers {wish.workers}"
        raise DefinitionError(
            f"{wish.path}{given} (expected: a folder of MLServer alone; model-settings.json says how many "
            "workers)"
        )
    try:
        settings, models = load(wish.path)
        search = searched(wish.path)
        _check(settings, models, search)
    except CommandError as fault:
        raise DefinitionError(str(fault)) from fault
    return _target(settings, models, wish.path.resolve().name, wish, search)


def searched(folder: Path) -> list[Path]:
    """Returns where the models of a folder find modules that do not lie beside them."""
    return [folder.resolve(), Path.cwd()]


def _target(
    settings: Settings, models: Sequence[ModelSettings], title: str, wish: Wish, search: Sequence[Path]
) -> Target:
    from mariner.errors import DefinitionError
    from mariner.targets import Target

    around = Surroundings(settings.server_name, tuple(map(str, search)))
    folder = wish.scratch / "store"
    folder.mkdir()
    try:
        loaded = store.write(folder, models, settings, around)
        with _findable(search):
            app = own_routes.write(wish.scratch / "app", models, settings, around)
    except (ValueError, OSError, subprocess.SubprocessError) as fault:
        raise DefinitionError(str(fault)) from fault
    flags = ["--model-store", str(folder), "--enable-model-api"]
    if loaded and settings.load_models_at_startup:
        flags += ["--models", *loaded]
    if app is not None:
        flags += ["--app", str(app)]
    routes = [f"POST /v2/models/{name}/infer" for name in sorted({model.name for model in models})]
    return Target(title, flags, store.configuration(settings), routes)


@contextmanager
def _findable(search: Sequence[Path]) -> Iterator[None]:
    with ExitStack() as stack:
        for folder in reversed(search):
            stack.enter_context(on_path(folder))
        yield


def _check(settings: Settings, models: Sequence[ModelSettings], search: Sequence[Path]) -> None:
    try:
        store.configuration(settings)
        found = store.problems(settings, models)
        with _findable(search):
            for model in models:
                own_routes.routes_of(model)
    except (ValueError, SyntaxError) as fault:
        found = [str(fault)]
    if found:
        raise CommandError("; ".join(found))
    for text in store.remarks(settings):
        print(f"WARNING: {text}", file=sys.stderr, flush=True)


def main() -> int:
    """Serves what `MLServer` wrote into a file; returns the exit code."""
    order = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    models = [ModelSettings(**one["settings"], _source=one["source"]) for one in order["models"]]
    try:
        return run(Settings(**order["settings"]), models, os.environ, "MLServer")
    except CommandError as error:
        print(f"MLServer: {error}", file=sys.stderr)
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
