"""Pages of a composition: its OpenAPI document, what its endpoints take, and their graphs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from mariner.openapi import OPENAPI
from mariner.plan import Document
from mariner.writing import JSON
from ts.compat.flash.drawing import LEGEND, STYLE, draw
from ts.compat.flash.graph import component_tasks, composition_json, way_json, way_tasks

if TYPE_CHECKING:
    from ts.compat.flash.composition import Composition
    from ts.compat.flash.schemas import EndpointProtocol

VERSION = "0.8.2"
"""Of Flash, whose API this is."""
_HTML = "text/html; charset=utf-8"
_REFERENCE = "#/components/schemas/{model}"
_PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
    '<meta name="viewport" content="width=device-width, initial-scale=1"><style>'
    ":root {{ color-scheme: light dark }}"
    "body {{ font: 16px/1.5 system-ui, sans-serif; margin: 1.5rem; overflow-wrap: anywhere }}"
    "nav {{ display: flex; flex-wrap: wrap; gap: .3rem 1.2rem }}"
    "{style}</style></head><body><h1>{title}</h1>{content}</body></html>"
)
_ALL = "/flashserve"
_PAGES = [
    ("meta", JSON, "JSON schema of its requests"),
    ("dag", _HTML, "What runs for it, drawn"),
    ("dag_json", JSON, "What runs for it"),
]
_PAGES_OF_ALL = [
    ("alive", JSON, "Whether the server lives"),
    ("component_dags", _HTML, "What each component does, drawn"),
    ("dag_json", JSON, "What each component does"),
]
_PROBLEMS = {
    "title": "HTTPValidationError",
    "type": "object",
    "properties": {
        "detail": {
            "title": "Detail",
            "type": "array",
            "items": {"$ref": "#/components/schemas/ValidationError"},
        }
    },
}
_PROBLEM = {
    "title": "ValidationError",
    "type": "object",
    "required": ["loc", "msg", "type"],
    "properties": {
        "loc": {
            "title": "Location",
            "type": "array",
            "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
        },
        "msg": {"title": "Message", "type": "string"},
        "type": {"title": "Error Type", "type": "string"},
    },
}


def documents(composition: Composition, protocols: Sequence[EndpointProtocol]) -> list[Document]:
    """Returns all pages of a composition."""
    connections, components = composition.connections, composition.components
    names = composition.component_uid_names
    drawings = [
        f"<h2>{escape(names[uid])}</h2>{draw(list(component_tasks(one)), names)}"
        for uid, one in components.items()
    ]
    found = [
        Document(OPENAPI, JSON, _json(openapi(protocols))),
        *(Document.showing(path, OPENAPI) for path in ("/docs", "/redoc")),
        Document(f"{_ALL}/alive", JSON, _json({"alive": True})),
        Document(f"{_ALL}/dag_json", JSON, _json(composition_json(components, connections))),
        _page(f"{_ALL}/component_dags", "Components", f"{_ALL}/dag_json", "".join(drawings)),
    ]
    for one in protocols:
        route = one.route.rstrip("/")
        found.append(Document(f"{route}/meta", JSON, _json(one.meta())))
        found.append(Document(f"{route}/dag_json", JSON, _json(way_json(one.way, connections))))
        drawn = draw(list(way_tasks(one.way)), names)
        title = f"{one.name}: {one.route}"
        found.append(_page(f"{route}/dag", title, f"{route}/dag_json", drawn, f"{route}/meta"))
    return found


def openapi(protocols: Sequence[EndpointProtocol]) -> dict[str, Any]:
    """Returns the OpenAPI document of endpoints."""
    schemas: dict[str, Any] = {"HTTPValidationError": _PROBLEMS, "ValidationError": _PROBLEM}
    paths: dict[str, Any] = {}
    for one in protocols:
        paths[one.route] = {"post": _operation(one, schemas)}
        for suffix, kind, text in _PAGES:
            path = f"{one.route.rstrip('/')}/{suffix}"
            paths[path] = _page_operation(text, f"{one.name}_{suffix}", kind, [one.name])
    for suffix, kind, text in _PAGES_OF_ALL:
        paths[f"{_ALL}/{suffix}"] = _page_operation(text, suffix, kind)
    return {
        "openapi": "3.1.0",
        "info": {"title": "FlashServe", "version": VERSION},
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _operation(protocol: EndpointProtocol, schemas: dict[str, Any]) -> dict[str, Any]:
    bodies = []
    for model, mode in ((protocol.request_model, "validation"), (protocol.response_model, "serialization")):
        schema = model.model_json_schema(ref_template=_REFERENCE, mode=mode)  # type: ignore[arg-type]
        schemas.update(schema.pop("$defs", {}))
        schemas[model.__name__] = schema
        bodies.append(_content(model.__name__))
    methods = [type(step.component).__doc__ for step in protocol.way.steps]
    text = "\n\n".join(line.strip() for line in methods if line)
    return {
        "tags": [protocol.name],
        "summary": protocol.name,
        "description": text,
        "operationId": protocol.name,
        "requestBody": {"required": True, "content": bodies[0]},
        "responses": {
            "200": {"description": "Successful Response", "content": bodies[1]},
            "422": {"description": "Validation Error", "content": _content("HTTPValidationError")},
            "default": {"description": "The component failed, or the server is busy"},
        },
    }


def _page_operation(text: str, name: str, kind: str, tags: Sequence[str] = ()) -> dict[str, Any]:
    content = {kind: {"schema": {"type": "object" if kind == JSON else "string"}}}
    answers = {"200": {"description": "Successful Response", "content": content}}
    found = {"summary": text, "operationId": name, "responses": answers}
    return {"get": {**found, "tags": list(tags)} if tags else found}


def _content(name: str) -> dict[str, Any]:
    return {JSON: {"schema": {"$ref": _REFERENCE.replace("{model}", name)}}}


def _page(path: str, title: str, graph: str, content: str, meta: str | None = None) -> Document:
    """Returns a page of a graph, with links to the same in JSON and to the other pages."""
    places = {
        "Graph in JSON": graph,
        "Requests": meta,
        "Components": f"{_ALL}/component_dags",
        "API": "/docs",
    }
    links = [
        f'<a href="{escape(place, quote=True)}">{name}</a>'
        for name, place in places.items()
        if place not in (None, path)
    ]
    body = f"<nav>{''.join(links)}</nav>{LEGEND}{content}"
    text = _PAGE.format(title=escape(title), style=STYLE, content=body)
    return Document(path, _HTML, text.encode())


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
