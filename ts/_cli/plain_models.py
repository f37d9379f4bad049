"""Models without an archive in the flags of commands: where they are looked for, and how one is packed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from ts._cli.errors import CommandError
from ts.runtimes.kinds import Found, UnknownModel, found_at

_FLAG = "--model"
_ENDING = re.compile(r"(?<=.)\.[A-Za-z0-9]+$")
_UNFIT = re.compile(r"[^A-Za-z0-9_]")


def located(models: Sequence[str], store: str | None) -> tuple[str | None, Sequence[str]]:
    """Returns the store of models and their names in it.

    Without a store, models that are there as paths are served from the folder that they lie in.

    Raises:
        CommandError: they lie in several folders.
    """
    given = [_divided(model) for model in models]
    if store is not None or not given or not all(Path(path).exists() for _, path in given):
        return store, models
    paths = [Path(path).absolute() for _, path in given]
    folders = sorted({str(path.parent) for path in paths})
    if len(folders) > 1:
        raise CommandError(
            f"--models: in several folders: {', '.join(folders)} "
            "(expected: one, or --model-store with all of them)"
        )
    names = [name + path.name for (name, _), path in zip(given, paths, strict=True)]
    return folders[0], names


def _divided(model: str) -> tuple[str, str]:
    """`name=` with its sign, or nothing; and the location."""
    name, sign, location = model.partition("=")
    return (f"{name}=", location) if sign else ("", model)


def archiver_flags(arguments: Sequence[str]) -> list[str]:
    """Returns the archiver's flags for `--model PATH`; later flags win, so that each can be given as well.

    Raises:
        CommandError: the flag has no value, or the path is no model of a known kind.
    """
    kept: list[str] = []
    model: str | None = None
    rest = iter(arguments)
    for argument in rest:
        flag, sign, value = argument.partition("=")
        if flag != _FLAG:
            kept.append(argument)
            continue
        model = value if sign else next(rest, None)
        if not model:
            raise CommandError(f"{_FLAG}: no value (expected: a file or folder with a model)", 2)
    return kept if model is None else [*_flags(Path(model)), *kept]


def _flags(path: Path) -> list[str]:
    try:
        found = found_at(path)
    except UnknownModel as fault:
        raise CommandError(f"{_FLAG}: {fault}") from fault
    stem = path.resolve().name if path.is_dir() else _ENDING.sub("", path.name)
    name = _UNFIT.sub("_", stem).lstrip("_") or "model"
    flags = ["--model-name", name, "--version", "1.0", "--handler", found.runtime]
    if found.file is not None:
        flags += ["--serialized-file", str(found.file)]
    return [*flags, *_beside(path, found)]


def _beside(path: Path, found: Found) -> list[str]:
    """What a model's folder holds beside its file, and the data of an ONNX file."""
    if not path.is_dir():
        beside = [path.with_name(path.name + ending) for ending in (".data", "_data")]
        extra = [str(each) for each in beside if found.runtime == "onnx" and each.is_file()]
        return ["--extra-files", _listed(extra)] if extra else []
    flags = ["--extra-files", _listed([str(path)])]
    known = {"--config-file": "model-config.yaml", "--requirements-file": "requirements.txt"}
    if found.runtime == "torch":
        known["--model-file"] = "model.py"
    for flag, name in known.items():
        if (path / name).is_file():
            flags += [flag, str(path / name)]
    return flags


def _listed(paths: Sequence[str]) -> str:
    for path in paths:
        if "," in path:
            raise CommandError(f"{_FLAG}: '{path}' (expected: no comma in the name)")
    return ",".join(paths)
