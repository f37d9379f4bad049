"""The manifest's part about the model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


class Model:
    """What the manifest says of a model; files are named by their base names.

    Attributes:
        model_dict: the same as the JSON object of the manifest.
    """

    def __init__(
        self,
        model_name: str,
        serialized_file: str | None,
        handler: str,
        model_file: str | None = None,
        model_version: str | None = None,
        extensions: Any = None,
        requirements_file: str | None = None,
        config_file: str | None = None,
    ) -> None:
        self.model_name = model_name
        self.serialized_file = _base_name(serialized_file)
        self.model_file = model_file
        self.model_version = model_version
        self.extensions = extensions
        self.handler = Path(handler).name
        self.requirements_file = requirements_file
        self.config_file = _base_name(config_file)
        entries = {
            "modelName": model_name,
            "serializedFile": self.serialized_file,
            "handler": self.handler,
            "modelFile": _base_name(model_file),
            "modelVersion": model_version,
            "extensions": extensions,
            "requirementsFile": _base_name(requirements_file),
            "configFile": self.config_file,
        }
        self.model_dict: dict[str, Any] = {key: value for key, value in entries.items() if value}

    def __str__(self) -> str:
        return json.dumps(self.model_dict)

    __repr__ = __str__


def _base_name(path: str | None) -> str | None:
    return Path(path).name if path else None
