"""The manifest: what the server reads first of an archive."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

from model_archiver.handlers import Handler
from model_archiver.model_archiver_config import ModelArchiverConfig
from model_archiver.version import __version__

MANIFEST_NAME = "MAR-INF/MANIFEST.json"
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def manifest_json(config: ModelArchiverConfig, handler: Handler, created_s: int) -> bytes:
    """The manifest's bytes; ``created_s`` (seconds since 1970, UTC) becomes ``createdOn``."""
    model = {
        "modelName": config.model_name,
        "serializedFile": _base_name(config.serialized_file),
        "handler": handler.manifest_entry,
        "modelFile": _base_name(config.model_file),
        "modelVersion": config.version,
        "requirementsFile": _base_name(config.requirements_file),
        "configFile": _base_name(config.config_file),
    }
    manifest = {
        "createdOn": created_on(created_s),
        "runtime": config.runtime,
        "model": {key: value for key, value in model.items() if value is not None},
        "archiverVersion": __version__,
    }
    return json.dumps(manifest, indent=2).encode("ascii")


def created_on(created_s: int) -> str:
    """An instant (seconds since 1970, UTC) as the manifest writes it."""
    return (_EPOCH + timedelta(seconds=created_s)).strftime("%d/%m/%Y %H:%M:%S")


def _base_name(path: str | None) -> str | None:
    return Path(path).name if path else None
