"""What a hosted model knows of itself: a file in its folder of the engine's store."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ts.compat.mlserver.repository import completed
from ts.compat.mlserver.settings import ModelSettings

SETTINGS_COPY = "mlserver.json"
"""A model's settings as they were at the start, where they came from, and what is around it."""


@dataclass(frozen=True)
class Surroundings:
    """What all models of a server have around them.

    Attributes:
        server_name: `server_name` of the settings.
        search: folders in which modules are found, after the model's own.
    """

    server_name: str = "mlserver"
    search: tuple[str, ...] = ()


def copy_of(settings: ModelSettings, around: Surroundings | None = None) -> str:
    """Returns settings as `hosted_settings` reads them, JSON."""
    found = settings.model_dump(mode="json", by_alias=True, exclude_none=True)
    source = str(Path(settings._source).resolve()) if settings._source else None
    given = around or Surroundings()
    kept = {
        "source": source,
        "server_name": given.server_name,
        "search": list(given.search),
        "settings": found,
    }
    return json.dumps(kept, indent=2) + "\n"


def hosted_settings(folder: Path) -> tuple[ModelSettings, Surroundings]:
    """Returns the settings of a hosted model, and what is around it. What its own file says by now wins, so
    that a model that is loaded anew follows it.
    """
    kept: Mapping[str, Any] = json.loads((folder / SETTINGS_COPY).read_text(encoding="utf-8"))
    values, source = kept["settings"], kept["source"]
    around = Surroundings(kept["server_name"], tuple(kept["search"]))
    if source and Path(source).is_file():
        values = {**values, **json.loads(Path(source).read_text(encoding="utf-8"))}
        return completed(ModelSettings(**values, _source=source)), around
    return ModelSettings(**values), around
