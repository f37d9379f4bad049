"""Which routes of their own models have, as their sources say, and the application that serves them."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mariner.plan import Node, Plan, Route, Stage
from ts.compat.mlserver.environments import python_of
from ts.compat.mlserver.hosted import SETTINGS_COPY, Surroundings, copy_of
from ts.compat.mlserver.imports import on_path
from ts.compat.mlserver.settings import ModelSettings, Settings

_HANDLER = '''"""Hosts the routes of a model of MLServer."""

from ts.compat.mlserver.handler import RoutedModel


class Hosted(RoutedModel):
    """{name}."""
'''


@dataclass(frozen=True)
class Own:
    """A route of a model's own.

    Attributes:
        method_name: what answers.
        path: of the route.
        method: of HTTP.
    """

    method_name: str
    path: str
    method: str


def routes_of(model: ModelSettings) -> list[Own]:
    """Returns the routes in the source of a model's class; none where that can't be found.

    Raises:
        ValueError: path or method are no plain texts there.
    """
    module, _, name = model.implementation_.rpartition(".")
    source = _source(module, model.folder)
    if source is None:
        return []
    tree = ast.parse(source.read_text(encoding="utf-8"), str(source))
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name]
    return [own for node in classes for own in _marked(node, source)]


def _source(module: str, folder: Path | None) -> Path | None:
    if folder is not None:
        for path in (folder / f"{module.replace('.', '/')}.py", folder / module / "__init__.py"):
            if path.is_file():
                return path
    try:
        with on_path(folder):
            found = importlib.util.find_spec(module) if module else None
    except (ImportError, ValueError):
        return None
    if found is None or found.origin is None or not found.origin.endswith(".py"):
        return None
    return Path(found.origin)


def _marked(node: ast.ClassDef, source: Path) -> Iterator[Own]:
    for method in node.body:
        for mark in getattr(method, "decorator_list", ()):
            if isinstance(mark, ast.Call) and ast.unparse(mark.func).rpartition(".")[2] == "custom_handler":
                yield _own(method, mark, source)


def _own(method: ast.stmt, mark: ast.Call, source: Path) -> Own:
    given = dict(zip(("rest_path", "rest_method"), mark.args, strict=False))
    given.update({word.arg: word.value for word in mark.keywords if word.arg})
    values = {}
    for name, value in given.items():
        if not isinstance(value, ast.Constant) or not isinstance(value.value, str):
            raise ValueError(
                f"{source}:{mark.lineno}: custom_handler: {name}={ast.unparse(value)} (expected: a text)"
            )
        values[name] = value.value
    name = str(getattr(method, "name", ""))
    return Own(name, values.get("rest_path", ""), values.get("rest_method", "POST").upper())


def write(
    folder: Path,
    models: Sequence[ModelSettings],
    settings: Settings,
    around: Surroundings | None = None,
) -> Path | None:
    """Writes the application of all routes of models' own; returns its folder, None where there are none.

    Raises:
        ValueError: as `routes_of` and `python_of`.
    """
    stages, routes = [], []
    for model in models:
        own = routes_of(model)
        if not own:
            continue
        options: dict[str, Any] = {"minWorkers": 1, "asyncCommunication": True}
        python = python_of(model, Path(settings.environments_dir))
        if python is not None:
            options["pythonExecutable"] = str(python)
        files = {SETTINGS_COPY: copy_of(model, around).encode("utf-8")}
        stages.append(Stage(model.name, _HANDLER.format(name=model.name), options, files))
        for one in own:
            routes.append(Route(one.path, [Node(one.method_name, model.name)], method=one.method))
    if not stages:
        return None
    return Plan("mlserver", stages, routes).write(folder)
