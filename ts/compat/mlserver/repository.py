"""Folders with `model-settings.json`, and the models that they describe."""

from __future__ import annotations

import abc
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ts.compat.mlserver.errors import ModelNotFound
from ts.compat.mlserver.settings import (
    MODEL_SETTINGS_FILE,
    ModelParameters,
    ModelSettings,
    model_environment,
)

if TYPE_CHECKING:
    # `list` is a method below.
    Models = list[ModelSettings]


class ModelRepository(abc.ABC):
    """Where models are found. `model_repository_implementation` names a subclass, which is made with `root`
    (the folder that is served) and `model_repository_implementation_args`.
    """

    @abc.abstractmethod
    async def list(self) -> Models:
        """Returns all models."""

    @abc.abstractmethod
    async def find(self, name: str) -> Models:
        """Returns the versions of a model.

        Raises:
            ModelNotFound: there is none.
        """


class SchemalessModelRepository(ModelRepository):
    """The models below a folder, as `find` finds them.

    Args:
        root: the folder.
    """

    def __init__(self, root: str) -> None:
        self._root = root

    async def list(self) -> Models:
        """Returns all models."""
        return find(Path(self._root))

    async def find(self, name: str) -> Models:
        """Returns the versions of a model; raises ModelNotFound."""
        found = [model for model in await self.list() if model.name == name]
        if not found:
            raise ModelNotFound(name)
        return found


def find(root: Path, environment: Mapping[str, str] | None = None) -> list[ModelSettings]:
    """Returns the models below a folder; where there are none, the one that the environment describes.

    Raises:
        ValueError: a file is not as it should be, or two have one name and version.
    """
    files = sorted(root.glob(f"**/{MODEL_SETTINGS_FILE}"))
    found = [completed(ModelSettings.parse_file(file)) for file in files]
    if not found and model_environment(os.environ if environment is None else environment):
        found = [completed(ModelSettings(), root)]
    return distinct(found)


def distinct(models: Iterable[ModelSettings]) -> list[ModelSettings]:
    """Returns models of which no two have one name and version.

    Raises:
        ValueError: two have.
    """
    found = list(models)
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
