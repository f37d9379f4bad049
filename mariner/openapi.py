"""What an application says of itself: its OpenAPI document, and the page that shows it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec

from mariner.arrays import NPY
from mariner.faults import MISSING
from mariner.hints import ANY, ARRAY, BYTES, DOCUMENT, FILE, IMAGE, TENSOR, TEXT, Hint
from mariner.members import Members
from mariner.messages import File
from mariner.plan import Document
from mariner.reading import MSGPACK_TYPES, Parameter, whole_of
from mariner.writing import BINARY, EVENTS, JSON, stream_type

if TYPE_CHECKING:
    from mariner.app import App
    from mariner.graph import Flow
    from mariner.model import Model

_KINDS = {"int": "integer", "uint": "integer", "bool": "boolean", "str": "string"}
"""Types of an array's elements in JSON, by numpy's name without its bits; others are numbers."""
OPENAPI = "/openapi.json"
"""Path of the document."""
# Of an array whose depth is not known.
_ELEMENTS = {"anyOf": [{"type": "number"}, {"type": "boolean"}, {"type": "array", "items": {}}]}
_REFERENCE = "#/components/schemas/{name}"
_FILE = {"type": "string", "format": "binary"}
_ERROR = {
    "title": "Error",
    "type": "object",
    "required": ["code", "type", "message"],
    "properties": {
        "code": {"type": "integer"},
        "type": {"type": "string"},
        "message": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
_FAILURES = {
    "400": "The body is not what its content type says",
    "415": "No value can be read from such a content type",
    "422": "The request is not what the types ask for",
    "429": "Too many requests wait",
    "500": "The model failed",
    "503": "The application is not ready",
    "default": "The model chose another status",
}


def document(app: App) -> dict[str, Any]:
    """Returns the OpenAPI 3.1 document of an application."""
    schemas: dict[str, Any] = {"Error": _ERROR}
    paths = {path: {"post": _operation(path, flow, schemas)} for path, flow in app.routes.items()}
    return {
        "openapi": "3.1.0",
        "info": {"title": app.name, "version": "1.0"},
        "paths": paths,
        "components": {"schemas": schemas},
    }


def documents(app: App) -> tuple[Document, ...]:
    """Returns the pages `/openapi.json` and `/docs`, which shows it."""
    text = json.dumps(document(app), indent=2, ensure_ascii=False).encode()
    return Document(OPENAPI, JSON, text), Document.showing("/docs", OPENAPI)


def _operation(path: str, flow: Flow, schemas: dict[str, Any]) -> dict[str, Any]:
    from mariner.app import describe

    bodies = [_request_content(model, schemas) for model in flow.first]
    content = {media: schema for body in bodies for media, schema in body.items()}
    failures = {
        status: {"description": text, "content": {JSON: {"schema": {"$ref": "#/components/schemas/Error"}}}}
        for status, text in _FAILURES.items()
    }
    answer = {"description": "The answer", "content": _answer_content(flow.last, schemas)}
    answers = {"200": answer}
    if flow.last.may_respond:
        answers["2XX"] = {"description": "The answer, with a status that the model chose"}
    found: dict[str, Any] = {
        "operationId": path.strip("/").replace("/", "_"),
        "summary": describe(flow.last) or describe(flow.first[0]) or " >> ".join(k.name for k in flow.knots),
        "responses": {**answers, **failures},
    }
    if content:
        found["requestBody"] = {"required": True, "content": content}
    query = [one for model in flow.first for one in _query(model, schemas)]
    if query:
        found["parameters"] = query
    return found


def _query(model: Model[Any], schemas: dict[str, Any]) -> list[dict[str, Any]]:
    """Returns the parameters that stand in the query when another one is the whole body."""
    whole = whole_of(model.parameters)
    return [
        # Without a default, which Swagger UI would send beside the form's.
        {
            "name": one.name,
            "in": "query",
            "description": "Beside a body that is no form",
            "schema": schema_of(one.hint, schemas),
        }
        for one in model.parameters
        if whole is not None and one is not whole
    ]


def _request_content(model: Model[Any], schemas: dict[str, Any]) -> dict[str, Any]:
    parameters = model.parameters
    if not parameters:
        return {}
    if len(parameters) == 1:
        return _content(parameters[0].hint, schemas, request=True)
    members: dict[str, Any] = {
        "type": "object",
        "properties": {one.name: _schema_with_default(one, schemas) for one in parameters},
        "required": [one.name for one in parameters if one.default is MISSING],
        "additionalProperties": False,
    }
    # In a form they are files, which Swagger UI has a button for.
    files = {one.name: _FILE for one in parameters if one.hint.kind in (BYTES, FILE, IMAGE)}
    form = {**members, "properties": {**members["properties"], **files}}
    plain = all(one.hint.kind in (DOCUMENT, TEXT, ANY, ARRAY, TENSOR) for one in parameters)
    medias = {
        "multipart/form-data": form,
        **(dict.fromkeys((JSON, MSGPACK_TYPES[0]), members) if plain else {}),
    }
    found = {media: {"schema": medias[media]} for media in sorted(medias)}
    only = whole_of(parameters)
    if only is not None:
        bodies = _content(only.hint, schemas, request=True)
        found.update({media: body for media, body in bodies.items() if media not in (JSON, MSGPACK_TYPES[0])})
    return found


def _schema_with_default(parameter: Parameter, schemas: dict[str, Any]) -> dict[str, Any]:
    schema = schema_of(parameter.hint, schemas)
    if isinstance(parameter.default, (str, int, float)):
        return {**schema, "default": parameter.default}
    return schema


def _answer_content(model: Model[Any], schemas: dict[str, Any]) -> dict[str, Any]:
    hint = Hint.of(model.answer)
    if not model.streams:
        return _content(hint, schemas, request=False)
    schema = {"schema": schema_of(hint, schemas)}
    return {EVENTS: schema, stream_type(hint.kind).partition(";")[0]: schema}


def _content(hint: Hint, schemas: dict[str, Any], request: bool) -> dict[str, Any]:
    binary: dict[str, Any] = {"schema": {}}
    schema = {"schema": schema_of(hint, schemas)}
    if hint.kind == TEXT:
        return {"text/plain": schema, JSON: schema}
    if hint.kind in (BYTES, FILE):
        return {BINARY if hint.kind == BYTES else "*/*": binary}
    if hint.kind == IMAGE:
        return {"image/*" if request else "image/png": binary, **({JSON: schema} if request else {})}
    media = {JSON: schema, MSGPACK_TYPES[0]: schema}
    return {**media, NPY: binary} if hint.kind in (ARRAY, TENSOR) else media


def schema_of(hint: Hint, schemas: dict[str, Any]) -> dict[str, Any]:
    """Returns the JSON schema of a type; those that have names are added to `schemas`."""
    if hint.kind in (ANY, DOCUMENT) and hint.type is Any:
        return {}
    if hint.kind in (FILE, BYTES):
        return {"type": "string", "contentMediaType": BINARY}
    if hint.kind in (ARRAY, TENSOR, IMAGE):
        return _leaf_schema(hint)
    inner: dict[str, Any] = {}

    def leaf(kind: Any) -> dict[str, Any]:
        schema = getattr(kind, "model_json_schema", None)
        if schema is None:
            return {"type": "string"} if kind is File else _leaf_schema(Hint.of(kind))
        found = schema(ref_template=_REFERENCE.replace("{name}", "{model}"))
        inner.update(found.pop("$defs", {}))
        inner[kind.__name__] = found
        return {"$ref": _REFERENCE.format(name=kind.__name__)}

    found: dict[str, Any]
    (found,), components = msgspec.json.schema_components(
        [hint.type], schema_hook=leaf, ref_template=_REFERENCE
    )
    members = Members.of(hint.type)
    for component in components.values():
        if members is not None and component.get("title") in members.closed:
            component.setdefault("additionalProperties", False)
    schemas.update(components)
    schemas.update(inner)
    return found


def _leaf_schema(hint: Hint) -> dict[str, Any]:
    if hint.kind == IMAGE:
        return {"type": "string", "contentEncoding": "base64", "contentMediaType": "image/png"}
    text = f"an array of {hint.dtype or 'numbers'}"
    if hint.shape is None:
        return {"type": "array", "items": _ELEMENTS, "description": text}
    nested: dict[str, Any] = {"type": _KINDS.get((hint.dtype or "").rstrip("0123456789"), "number")}
    for size in reversed(hint.shape):
        nested = {"type": "array", "items": nested}
        if size >= 0:
            nested.update(minItems=size, maxItems=size)
    return {**nested, "description": f"{text}, shape {list(hint.shape)}"}
