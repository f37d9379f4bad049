"""A small client: values in, values of a model's own answer type out.

client = mariner.Client("http://127.0.0.1:8080", Sentiment, route="/sentiment")
label = client.predict("a fine film")
"""

from __future__ import annotations

import asyncio
import http.client
import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from mariner.arrays import NPY, is_array, is_image, npy, packed, picture, read_leaf
from mariner.errors import HTTPError
from mariner.hints import ANY, ARRAY, IMAGE, TENSOR, TEXT, Hint
from mariner.messages import File
from mariner.model import Model
from mariner.reading import MSGPACK_TYPES, Parameter, Part, Reader
from mariner.writing import BINARY, EVENTS

_MSGPACK = MSGPACK_TYPES[0]
_OK = 200


class Client:
    """Asks a served model.

    Args:
        url: of the server, `http://HOST:PORT`.
        model: the model (or class, or function) that answers last on the route: its answers get its type.
            None: answers are what JSON has.
        route: where it answers.
        timeout: longest wait for the server, seconds.
        headers: sent with each request.
    """

    def __init__(
        self,
        url: str,
        model: Any = None,
        route: str = "/predict",
        *,
        timeout: float = 60.0,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"url: {url!r} (expected: http://HOST:PORT)")
        self._parts = parts
        self._path = parts.path.rstrip("/") + route
        self._timeout = timeout
        self._headers = dict(headers or {})
        self._model = None if model is None else Model.of(model)
        self._hint = Hint.of(Any if self._model is None else self._model.answer)
        self._reader = Reader([Parameter("answer", self._hint)])

    def predict(self, *values: Any, **named: Any) -> Any:
        """Returns the answer to one request: one value is the body, several are its members by name.

        Raises:
            HTTPError: the server answered with a status of failure.
            OSError: it could not be reached.
        """
        connection, answer = self._ask(values, named, _accept(self._hint))
        try:
            return self._value(answer, answer.read())
        finally:
            connection.close()

    def stream(self, *values: Any, **named: Any) -> Iterator[Any]:
        """Yields the pieces of a streamed answer, each as its event has it."""
        connection, answer = self._ask(values, named, EVENTS)
        try:
            if answer.status != _OK:
                raise _failure(answer.status, answer.read())
            lines: list[str] = []
            for line in answer:
                text = line.decode().rstrip("\r\n")
                if text.startswith("data:"):
                    lines.append(text[5:].removeprefix(" "))
                elif not text and lines:
                    yield self._piece("\n".join(lines))
                    lines = []
        finally:
            connection.close()

    def _ask(
        self, values: tuple[Any, ...], named: dict[str, Any], accept: str
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        kind, body = _body(self._arguments(values, named))
        secure = self._parts.scheme == "https"
        make = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = make(str(self._parts.hostname), self._parts.port, timeout=self._timeout)
        try:
            connection.request(
                "POST", self._path, body, {"Content-Type": kind, "Accept": accept, **self._headers}
            )
            return connection, connection.getresponse()
        except BaseException:
            connection.close()
            raise

    def _arguments(self, values: tuple[Any, ...], named: dict[str, Any]) -> Any:
        if len(values) == 1 and not named:
            return values[0]
        names = [] if self._model is None else [one.name for one in self._model.parameters]
        if len(values) > len(names):
            raise TypeError(f"{len(values)} values (expected: one, or values by name)")
        return {**dict(zip(names, values, strict=False)), **named}

    def _value(self, answer: http.client.HTTPResponse, body: bytes) -> Any:
        if answer.status != _OK:
            raise _failure(answer.status, body)
        part = Part("answer", answer.getheader("content-type") or "", body)
        return self._reader.read([part])[0]

    def _piece(self, text: str) -> Any:
        if self._hint.kind in (TEXT, ANY):
            return text
        return msgspec.json.decode(text, type=self._hint.type, dec_hook=read_leaf)


class AsyncClient:
    """Like `Client`, with `await client.predict(...)`; each request has a thread while it lasts."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._client = Client(*arguments, **options)

    async def predict(self, *values: Any, **named: Any) -> Any:
        """See `Client.predict`."""
        return await asyncio.to_thread(self._client.predict, *values, **named)


def _accept(hint: Hint) -> str:
    by_kind = {ARRAY: NPY, TENSOR: NPY, IMAGE: "image/png", TEXT: "text/plain"}
    return by_kind.get(hint.kind, f"{_MSGPACK}, */*" if hint.kind != ANY else "*/*")


def _body(value: Any) -> tuple[str, bytes]:
    if isinstance(value, str):
        return "text/plain; charset=utf-8", value.encode()
    if isinstance(value, (bytes, bytearray, memoryview)):
        return BINARY, bytes(value)
    if isinstance(value, File):
        return value.type or BINARY, value.content
    if is_array(value):
        return NPY, npy(value)
    if is_image(value):
        return "image/png", picture(value, "image/png")
    return _MSGPACK, msgspec.msgpack.encode(value, enc_hook=packed)


def _failure(status: int, body: bytes) -> Exception:
    try:
        detail = str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        detail = body.decode("utf-8", "replace")
    return HTTPError(status, detail) if 400 <= status <= 599 else OSError(f"status {status}: {detail}")
