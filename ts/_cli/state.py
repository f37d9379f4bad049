"""What the JVM says about itself in its state file."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class ModelState:
    """One model version that the server was asked to load. State is fetching, loading, ready or failed."""

    name: str
    version: str | None
    location: str | None
    state: str
    workers: int
    wanted: int
    reason: str | None

    @property
    def label(self) -> str:
        """Name, with the version once it is known."""
        return f"{self.name} {self.version}" if self.version else self.name

    @property
    def short_reason(self) -> str:
        """The first line of the reason; what follows is a traceback."""
        return (self.reason or "").partition("\n")[0]


@dataclass(frozen=True)
class ServerState:
    """The server's phase, addresses, models and certificate of TLS (DER); `starting` with nothing else until
    the JVM has written its file."""

    phase: str = "starting"
    profile: str = ""
    listeners: Mapping[str, str] = field(default_factory=dict)
    models: tuple[ModelState, ...] = ()
    certificate: bytes | None = None
    problems: tuple[str, ...] = ()

    @property
    def listening(self) -> bool:
        """Whether all listeners answer."""
        return self.phase in ("listening", "ready")

    @property
    def failed_models(self) -> list[ModelState]:
        """The models that can't be used."""
        return [model for model in self.models if model.state == "failed"]

    @property
    def healthy(self) -> bool:
        """Whether every start-up model is ready."""
        return self.phase == "ready" and not self.failed_models


def _model(entry: Mapping[str, Any]) -> ModelState:
    def text(key: str) -> str | None:
        value = entry.get(key)
        return None if value is None else str(value)

    return ModelState(
        name=str(entry["name"]),
        version=text("version"),
        location=text("location"),
        state=str(entry["state"]),
        workers=int(entry.get("workers") or 0),
        wanted=int(entry.get("wanted") or 0),
        reason=text("reason"),
    )


def _certificate(text: object) -> bytes | None:
    return None if text is None else base64.b64decode(str(text), validate=True)


def read_state(path: Path) -> ServerState:
    """Reads the state file; a missing one means that the JVM has only begun. Raises nothing for a foreign
    file."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return ServerState(
            phase=str(content["phase"]),
            profile=str(content.get("profile", "")),
            listeners={str(key): str(value) for key, value in (content.get("listeners") or {}).items()},
            models=tuple(_model(entry) for entry in content.get("models") or ()),
            certificate=_certificate(content.get("certificate")),
            problems=tuple(str(problem) for problem in content.get("problems") or ()),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return ServerState()
