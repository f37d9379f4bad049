"""The manifest as an object."""

from __future__ import annotations

import enum
import json
import time
from typing import Any

from model_archiver.instant import creation_instant
from model_archiver.manifest import created_on
from model_archiver.manifest_components.model import Model
from model_archiver.version import __version__


class RuntimeType(enum.Enum):
    """What runs the handler."""

    PYTHON = "python"
    PYTHON3 = "python3"
    LSP = "LSP"


class Manifest:
    """The manifest of a model; its text is the content of ``MAR-INF/MANIFEST.json``.

    Raises ``ValueError`` for an unknown runtime.

    Attributes:
        manifest_dict: the same as a JSON object.
    """

    def __init__(self, runtime: str, model: Model) -> None:
        self.creation_time = created_on(creation_instant([int(time.time())]))
        self.runtime = RuntimeType(runtime)
        self.model = model
        self.archiver_version = __version__
        self.manifest_dict: dict[str, Any] = {
            "createdOn": self.creation_time,
            "runtime": self.runtime.value,
            "model": model.model_dict,
            "archiverVersion": self.archiver_version,
        }

    def __str__(self) -> str:
        return json.dumps(self.manifest_dict, indent=2)

    __repr__ = __str__
