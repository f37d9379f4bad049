"""Test models, packed with the archiver's own interface."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import model_archiver

from support.places import HANDLERS


def handler_path(handler: str) -> str:
    """Returns the path of one of the handlers beside this module; anything else stays what it is."""
    name, colon, function = handler.partition(":")
    file = HANDLERS / f"{name}.py"
    return f"{file}{colon}{function}" if file.is_file() else handler


def pack(
    store: Path,
    name: str,
    handler: str,
    version: str = "1.0",
    *,
    archive_format: str = "default",
    config: Mapping[str, Any] | None = None,
    serialized_file: Path | None = None,
    model_file: Path | None = None,
    extra_files: str | None = None,
    file_name: str | None = None,
    requirements: str | None = None,
) -> Path:
    """Packs a model into `store` and returns the archive (or folder).

    `handler` is a built-in name, a path, or the name of a module in `support/handlers`. `config` becomes
    `model-config.yaml`, `requirements` is the text of `requirements.txt`. `file_name` renames the result.
    """
    # Packed aside when it is to be renamed: the store may hold another version under the first name.
    folder = store if file_name is None else store.parent / f"aside-{file_name}"
    folder.mkdir(parents=True, exist_ok=True)
    config_file = None
    if config is not None:
        config_file = store.parent / f"config-of-{name}-{version}" / "model-config.yaml"
        config_file.parent.mkdir(exist_ok=True)
        # JSON is YAML.
        config_file.write_text(json.dumps(config), encoding="utf-8")
    requirements_file = None
    if requirements is not None:
        requirements_file = store.parent / f"requirements-of-{name}-{version}" / "requirements.txt"
        requirements_file.parent.mkdir(exist_ok=True)
        requirements_file.write_text(requirements, encoding="utf-8")
    order = model_archiver.ModelArchiverConfig(
        model_name=name,
        handler=handler_path(handler),
        version=version,
        serialized_file=None if serialized_file is None else str(serialized_file),
        model_file=None if model_file is None else str(model_file),
        extra_files=extra_files,
        export_path=str(folder),
        archive_format=archive_format,
        force=True,
        config_file=None if config_file is None else str(config_file),
        requirements_file=None if requirements_file is None else str(requirements_file),
    )
    model_archiver.ModelArchiver.generate_model_archive(order)
    suffix = {"tgz": ".tar.gz", "no-archive": ""}.get(archive_format, ".mar")
    made = folder / f"{name}{suffix}"
    return made if file_name is None else made.rename(store / file_name)
