"""Routes of a model's own."""

from __future__ import annotations

import inspect
import json
import typing
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pydantic

from ts.compat.mlserver.errors import MLServerError

_MARK = "__custom_handler__"


def custom_handler(rest_path: str, rest_method: str = "POST") -> Callable[[Any], Any]:
    """Makes a method of a model answer at a route.

    The server finds the route in the source, without running it: path and method have to be texts there.

    Args:
        rest_path: of the route, with a slash before it.
        rest_method: of HTTP.
    """

    def marked(method: Any) -> Any:
        setattr(method, _MARK, (rest_path, rest_method.upper()))
        return method

    return marked


class Request:
    """A request as it came.

    Attributes:
        headers: of the request.
        method: of HTTP.
    """

    def __init__(self, body: bytes, headers: Mapping[str, str], method: str) -> None:
        self._body = body
        self.headers = headers
        self.method = method

    async def body(self) -> bytes:
        """Returns the body."""
        return self._body

    async def json(self) -> Any:
        """Returns what the body says in JSON.

        Raises:
            MLServerError: it is no JSON; status 422.
        """
        try:
            return json.loads(self._body or b"null")
        except ValueError as fault:
            raise MLServerError(f"body: {fault} (expected: JSON)", 422) from fault


class Response:
    """An answer as it goes.

    Args:
        content: bytes or text.
        status_code: of HTTP.
        headers: of the answer.
        media_type: its content type; None: none.
    """

    def __init__(
        self,
        content: bytes | str = b"",
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str | None = None,
    ) -> None:
        self.body = content.encode("utf-8") if isinstance(content, str) else bytes(content)
        self.status_code = status_code
        self.headers = dict(headers or {})
        self.media_type = media_type


async def call(method: Callable[..., Awaitable[Any]], request: Request) -> Response:
    """Calls a method that is marked, with what its only argument says it wants.

    Raises:
        MLServerError: the body is not that; status 422.
    """
    found = await method(*await _arguments(method, request))
    return found if isinstance(found, Response) else _response(found)


def refusal(fault: MLServerError) -> Response:
    """Returns what the client is told of a fault, as at the other routes."""
    text = json.dumps({"error": str(fault)}, ensure_ascii=False)
    return Response(text, fault.status_code, media_type="application/json")


async def _arguments(method: Callable[..., Any], request: Request) -> list[Any]:
    names = list(inspect.signature(method).parameters)
    if not names:
        return []
    hint = typing.get_type_hints(method).get(names[0], Any)
    # Requests of other frameworks are asked in the same words.
    if getattr(hint, "__name__", "") == "Request":
        return [request]
    body = await request.json()
    if hint is Any:
        return [body]
    try:
        return [pydantic.TypeAdapter(hint).validate_python(body)]
    except pydantic.ValidationError as fault:
        raise MLServerError(f"body: {fault}", 422) from fault


def _response(value: Any) -> Response:
    if hasattr(value, "body") and hasattr(value, "status_code"):
        kept = {name: text for name, text in dict(value.headers).items() if name.lower() != "content-length"}
        return Response(value.body, value.status_code, kept, getattr(value, "media_type", None))
    if isinstance(value, pydantic.BaseModel):
        return Response(value.model_dump_json(), media_type="application/json")
    if isinstance(value, (bytes, str)):
        return Response(value)
    from ts.compat.mlserver.codecs.json import encode_to_json

    return Response(encode_to_json(value), media_type="application/json")
