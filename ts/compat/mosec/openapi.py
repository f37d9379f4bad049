"""The OpenAPI document of a server, made of the annotations of `forward`, and a page that shows it."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any, get_args, get_origin, get_type_hints

import msgspec

from mariner.plan import Document
from ts.compat.mosec.runtime import Runtime
from ts.compat.mosec.worker import SSEWorker, Worker
from ts.version import __version__

METADATA = "/openapi/metadata.json"
PAGES = ("/openapi/swagger", "/openapi/swagger/")
_STATUSES = (400, 408, 413, 422, 429, 500, 503)
_REFERENCE = "#/components/schemas/{name}"


def documents(routes: Mapping[str, Sequence[Runtime]]) -> list[Document]:
    """Returns the pages of a server."""
    text = json.dumps(document(routes), indent=2).encode()
    return [
        Document(METADATA, "application/json", text),
        *(Document.showing(path, METADATA) for path in PAGES),
    ]


def document(routes: Mapping[str, Sequence[Runtime]]) -> dict[str, Any]:
    """Returns the document."""
    schemas: dict[str, Any] = {}
    health = {
        "200": {"description": "OK", **_text("text/plain")},
        "503": {"description": "SERVICE_UNAVAILABLE"},
    }
    paths: dict[str, Any] = {
        "/": {"get": {"summary": "Liveness health check", "responses": health}},
        "/metrics": {
            "get": {
                "summary": "Prometheus metrics",
                "responses": {"200": {"description": "OK", **_text("text/plain; version=0.0.4")}},
            }
        },
    }
    for path, way in routes.items():
        if way:
            paths[path] = {"post": _operation(way, schemas)}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Mosec API", "version": __version__},
        "paths": paths,
        "components": {"schemas": schemas} if schemas else {},
    }


def _text(kind: str) -> dict[str, Any]:
    return {"content": {kind: {"schema": {"type": "string"}}}}


def _operation(way: Sequence[Runtime], schemas: dict[str, Any]) -> dict[str, Any]:
    first, last = way[0], way[-1]
    streams = issubclass(last.worker, SSEWorker)
    responses: dict[str, Any] = {"200": {"description": "Server-sent event stream" if streams else "OK"}}
    for status in _STATUSES:
        responses[str(status)] = {"description": HTTPStatus(status).name.replace("REQUEST_ENTITY", "PAYLOAD")}
    operation: dict[str, Any] = {"summary": "Mosec inference", "responses": responses}
    asked = _schema(input_type(first.worker, first.max_batch_size), schemas)
    if asked is not None:
        operation["requestBody"] = {
            "content": {first.worker.req_mime_type: {"schema": asked}},
            "required": True,
        }
    answered = _schema(_output_type(last), schemas)
    if answered is not None:
        responses["200"]["content"] = {last.worker.resp_mime_type: {"schema": answered}}
    return operation


def input_type(worker: type[Worker], max_batch_size: int) -> Any:
    """Returns the annotation of an input of `forward`, without the list of a batch; `Any`: there is none."""
    names = [name for name in inspect.signature(worker.forward).parameters if name != "self"]
    return _one(_hints(worker).get(names[0], Any) if names else Any, max_batch_size)


def _output_type(pool: Runtime) -> Any:
    return _one(_hints(pool.worker).get("return", Any), pool.max_batch_size)


def _hints(worker: type[Worker]) -> dict[str, Any]:
    """Returns the annotations of `forward` that can be found: one that can't says nothing of the others."""
    function = inspect.unwrap(worker.forward)
    found: dict[str, Any] = {}
    for name, hint in inspect.get_annotations(function).items():
        with suppress(NameError, TypeError, SyntaxError):
            found |= get_type_hints(SimpleNamespace(__annotations__={name: hint}), function.__globals__)
    return found


def _one(hint: Any, max_batch_size: int) -> Any:
    if max_batch_size > 1 and get_origin(hint) is list:
        return get_args(hint)[0]
    return hint


def _schema(hint: Any, schemas: dict[str, Any]) -> dict[str, Any] | None:
    if hint is Any:
        return None
    try:
        (schema,), parts = msgspec.json.schema_components([hint], ref_template=_REFERENCE)
    except (TypeError, NameError):
        return None
    schemas.update(parts)
    return dict(schema)
