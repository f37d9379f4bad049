"""Small things that models use."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlparse

from ts.compat.mlserver.errors import InvalidModelURI
from ts.compat.mlserver.settings import ModelSettings


def generate_uuid() -> str:
    """Returns a new random id."""
    return str(uuid.uuid4())


def to_absolute_path(model_settings: ModelSettings, uri: str) -> str:
    """Returns a path, a relative one from the folder of the settings."""
    folder = model_settings.folder
    return uri if folder is None or Path(uri).is_absolute() else str(folder / uri)


async def get_model_uri(settings: ModelSettings, wellknown_filenames: Sequence[str] = ()) -> str:
    """Returns the path of a model's file.

    Args:
        settings: of the model; without a `uri`, it is their folder.
        wellknown_filenames: looked for where the URI is a folder; else the folder is it.

    Raises:
        InvalidModelURI: there is none.
    """
    uri = settings.parameters.uri if settings.parameters else None
    if not uri:
        if settings.folder is None:
            raise InvalidModelURI(settings.name)
        uri = str(settings.folder)
    parsed = urlparse(uri)
    path = Path(to_absolute_path(settings, parsed.path if parsed.scheme == "file" else uri))
    if path.is_file():
        return str(path)
    if path.is_dir():
        found = next((path / name for name in wellknown_filenames if (path / name).is_file()), None)
        if found is not None or not wellknown_filenames:
            return str(found or path)
    raise InvalidModelURI(settings.name, str(path))
