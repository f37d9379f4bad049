"""The description of an application: its stages, and the routes that lead through them.

Everything that makes applications (classes of `mariner`, the layers below `ts.compat`) ends in a `Plan`,
and everything that runs them (the frontend, the runner within a process) begins with one. `Plan.write` makes
the folder that `proto/app` describes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

_HANDLER = "stage_handler.py"


@dataclass(frozen=True)
class Stage:
    """One program with workers of its own.

    Attributes:
        name: its name within the application, a file name.
        handler: source text of its handler module; it ends in the function or class that answers.
        options: what `model-config.yaml` of its model says (`minWorkers`, `batchSize`, ...), JSON values.
        files: more files of its folder, by relative path.
        handler_class: the handler as a class, for the runner within this process; None: it imports `handler`.
    """

    name: str
    handler: str
    options: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    handler_class: type | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Node:
    """A step of a route: which stage works, on whose answers (none: on the request), and how often it is
    tried again after a failure that another try may mend."""

    name: str
    stage: str
    inputs: Sequence[str] = ()
    retries: int = 0

    def json(self) -> dict[str, Any]:
        """What `app.json` has for it."""
        named = {"name": self.name, "stage": self.stage, "inputs": list(self.inputs)}
        return {**named, "retries": self.retries} if self.retries else named


@dataclass(frozen=True)
class Answer:
    """A fixed answer of the frontend: status, content type (absent: no header), text."""

    status: int
    text: str
    type: str | None = None

    def json(self) -> dict[str, Any]:
        """What `app.json` has for it."""
        return _present({"status": self.status, "type": self.type, "text": self.text})


@dataclass(frozen=True)
class Route:
    """An address, and the graph that answers there.

    Attributes:
        path: begins with a fixed word.
        nodes: steps with exactly one exit.
        method: of HTTP.
        body: `raw` (all bytes under `body`) or `inputs` (forms, parts and parameters become inputs).
        events: whether answers are server-sent events.
        compression: whether answers of 1 KiB and more are packed with a coding that the client takes.
        timeout_ms: deadline of the whole way, milliseconds; absent: none.
        empty_body: the answer to a request without a body; absent: it goes its way.
    """

    path: str
    nodes: Sequence[Node]
    method: str = "POST"
    body: str = "raw"
    events: bool = False
    compression: bool = False
    timeout_ms: int | None = None
    empty_body: Answer | None = None

    def json(self) -> dict[str, Any]:
        """What `app.json` has for it."""
        packed = {"compression": True} if self.compression else {}
        return _present(
            {
                **packed,
                "method": self.method,
                "path": self.path,
                "nodes": [node.json() for node in self.nodes],
                "body": self.body,
                "events": self.events,
                "timeoutMs": self.timeout_ms,
                "emptyBody": None if self.empty_body is None else self.empty_body.json(),
            }
        )


@dataclass(frozen=True)
class Document:
    """A fixed page: where it is, its content type, its bytes.

    Attributes:
        health: it answers 503 with `drain_text` while the application is not ready or is draining.
        metrics: begins the names of the application's metrics, which it shows instead of its bytes.
        openapi: path of an OpenAPI document; the frontend shows Swagger UI of it instead of the bytes.
    """

    path: str
    type: str
    content: bytes
    health: bool = False
    drain_text: str | None = None
    metrics: str | None = None
    openapi: str | None = None

    @classmethod
    def showing(cls, path: str, openapi: str) -> Document:
        """Returns the page that shows an OpenAPI document: Swagger UI, which the frontend has. Within this
        process its bytes only name the document.
        """
        address = escape(openapi, quote=True)
        text = f'<!doctype html><title>API</title><p>See <a href="{address}">{address}</a>.</p>\n'
        return cls(path, "text/html; charset=utf-8", text.encode(), openapi=openapi)


@dataclass(frozen=True)
class Plan:
    """An application.

    Attributes:
        name: models of its stages are called NAME__STAGE.
        failures: by kind of error, or `*`: how failures of the frontend are shown on its routes.
    """

    name: str
    stages: Sequence[Stage]
    routes: Sequence[Route]
    documents: Sequence[Document] = ()
    failures: Mapping[str, Answer] = field(default_factory=dict)

    def write(self, folder: Path) -> Path:
        """Writes the application's folder.

        Args:
            folder: an empty folder, or one that is not there yet.

        Returns:
            The folder.

        Raises:
            OSError: it can't be written.
        """
        documents: list[dict[str, Any]] = []
        for number, document in enumerate(self.documents):
            name = f"documents/{number}"
            if document.openapi is not None:
                documents.append({"path": document.path, "openapi": document.openapi})
                continue
            if document.metrics is not None:
                page = {"path": document.path, "type": document.type, "metrics": document.metrics}
                documents.append(page)
                continue
            _write(folder / name, document.content)
            documents.append(
                _present(
                    {
                        "path": document.path,
                        "type": document.type,
                        "file": name,
                        "health": document.health,
                        "drainText": document.drain_text,
                    }
                )
            )
        for stage in self.stages:
            self._write_stage(folder / "stages" / stage.name, stage)
        head = {
            "format": 1,
            "name": self.name,
            "stages": {stage.name: {"folder": f"stages/{stage.name}"} for stage in self.stages},
            "routes": [route.json() for route in self.routes],
            "documents": documents,
            "failures": {kind: answer.json() for kind, answer in self.failures.items()},
        }
        _write(folder / "app.json", _json(head))
        return folder

    def _write_stage(self, folder: Path, stage: Stage) -> None:
        manifest = {
            "createdOn": "",
            "runtime": "python",
            "model": {
                "modelName": f"{self.name}__{stage.name}",
                "handler": _HANDLER,
                "modelVersion": "1.0",
                "configFile": "model-config.yaml",
            },
            "archiverVersion": "0",
        }
        _write(folder / "MAR-INF" / "MANIFEST.json", _json(manifest))
        # JSON is YAML, and needs no library to be written.
        _write(folder / "model-config.yaml", _json(dict(stage.options)))
        _write(folder / _HANDLER, stage.handler.encode())
        for name, content in stage.files.items():
            _write(folder / name, content)


def _present(fields: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if value is not None}


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
