"""Folders with `model-settings.json`, and the models that they describe."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ts.compat.mlserver.settings import (
    MODEL_SETTINGS_FILE,
    ModelParameters,
    ModelSettings,
    model_environment,
)

SETTINGS_COPY = "mlserver.json"
"""In the folder of a hosted model: its settings as they were at the start, and where they came from."""


def find(root: Path, environment: Mapping[str, str] | None = None) -> list[ModelSettings]:
    """Returns the models below a folder; where there are none, the one that the environment describes.

    Raises:
        ValueError: a file is not as it should be, or two have one name and version.
    """
    files = sorted(root.glob(f"**/{MODEL_SETTINGS_FILE}"))
    found = [completed(ModelSettings.parse_file(file)) for file in files]
    if not found and model_environment(os.environ if environment is None else environment):
        found = [completed(ModelSettings(), root)]
    seen: dict[tuple[str, str | None], str] = {}
    for settings in found:
        key = (settings.name, settings.version)
        if key in seen:
            raise ValueError(
                f"{settings._source}: name {settings.name!r}, version {settings.version!r}, "
                f"as {seen[key]} has (expected: another name or version)"
            )
        seen[key] = str(settings._source)
    return found


def completed(settings: ModelSettings, folder: Path | None = None) -> ModelSettings:
    """Adds what the place of the settings says: name, version, and a URI.

    Args:
        settings: changed in place.
        folder: stands for the one of the settings where they came from no file.
    """
    place = settings.folder or (folder.resolve() if folder else None)
    parameters = settings.parameters or ModelParameters()
    if place is not None:
        is_version = place.name.isdecimal()
        settings.name = settings.name or (place.parent.name if is_version else place.name)
        if is_version and parameters.version is None:
            parameters.version = place.name
        if not parameters.uri:
            parameters.uri = str(place)
    settings.parameters = parameters
    return settings


def copy_of(settings: ModelSettings) -> str:
    """Returns settings as `hosted_settings` reads them, JSON."""
    found = settings.model_dump(mode="json", by_alias=True, exclude_none=True)
    source = str(Path(settings._source).resolve()) if settings._source else None
    return json.dumps({"source": source, "settings": found}, indent=2) + "\n"


def hosted_settings(folder: Path) -> ModelSettings:
    """Returns the settings of a hosted model. What its own file says by now wins, so that a model that is
    loaded anew follows it.
    """
    kept: dict[str, Any] = json.loads((folder / SETTINGS_COPY).read_text(encoding="utf-8"))
    values, source = kept["settings"], kept["source"]
    if source and Path(source).is_file():
        values = {**values, **json.loads(Path(source).read_text(encoding="utf-8"))}
        return completed(ModelSettings(**values, _source=source))
    return ModelSettings(**values)
