"""Typed clients: values in, values of a model's own answer type out.

with mariner.Client("http://127.0.0.1:8080", Sentiment, route="/sentiment") as client:
    label = client.predict("a fine film")

They need the extra `client`: httpx carries the requests, httpx-sse reads events.
"""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import msgspec

from mariner.arrays import NPY, is_array, is_image, npy, packed, picture, read_leaf
from mariner.errors import HTTPError, InvalidRequest
from mariner.hints import ANY, ARRAY, BYTES, IMAGE, TENSOR, TEXT, Hint
from mariner.messages import File
from mariner.model import Model
from mariner.reading import MSGPACK_TYPES, Parameter, Part, Reader
from mariner.writing import BINARY, EVENTS

try:
    import httpx
    import httpx_sse
except ImportError as fault:
    # Told when a client is made: `from mariner import *` names the classes, too.
    _absent: ImportError | None = fault
else:
    _absent = None

_MSGPACK = MSGPACK_TYPES[0]
_FAILED = 400
_MOST = 599


class _Exchange:
    """What clients of both kinds send and what they make of the answers."""

    def __init__(self, url: str, model: Any, route: str) -> None:
        if _absent is not None:
            raise ImportError(
                f"mariner.Client needs {_absent.name} (expected: pip install 'mariner-serve[client]')",
                name=_absent.name,
            ) from _absent
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"url: {url!r} (expected: http://HOST:PORT)")
        if not route.startswith("/"):
            raise ValueError(f"route: {route!r} (expected: a path like /predict)")
        self.url = url.rstrip("/") + route
        self._model = None if model is None else Model.of(model)
        self._hint = Hint.of(Any if self._model is None else self._model.answer)
        self._reader = Reader([Parameter("answer", self._hint)], exact=False)

    def request(
        self, values: tuple[Any, ...], named: Mapping[str, Any], accept: str | None = None
    ) -> dict[str, Any]:
        """Returns body and headers for httpx; `accept`: other than what suits the type of the answer."""
        kind, body = _body(self._arguments(values, named))
        headers = {"Content-Type": kind, "Accept": accept or _accept(self._hint)}
        return {"url": self.url, "content": body, "headers": headers}

    def _arguments(self, values: tuple[Any, ...], named: Mapping[str, Any]) -> Any:
        if len(values) == 1 and not named:
            return values[0]
        names = [] if self._model is None else [one.name for one in self._model.parameters]
        if len(values) > len(names):
            expected = ", ".join(names) or "one"
            raise TypeError(f"{len(values)} values (expected: {expected}, or values by name)")
        given = dict(zip(names, values, strict=False))
        twice = [name for name in given if name in named]
        if twice:
            raise TypeError(f"{twice[0]}: given twice (expected: by place or by name)")
        return {**given, **named}

    def answer(self, response: httpx.Response) -> Any:
        """Returns the value of a whole answer; raises HTTPError, and ValueError when it has another type."""
        _check(response.status_code, response.content)
        if not response.content and "content-type" not in response.headers:
            return None  # `Response(status=204)`
        part = Part("answer", response.headers.get("content-type", ""), response.content)
        try:
            return self._reader.read([part])[0]
        except InvalidRequest as fault:
            raise ValueError(f"{self.url}: {fault.detail}") from None

    def piece(self, event: httpx_sse.ServerSentEvent) -> Any:
        """Returns the value of one event; raises HTTPError for one that ends a stream with a failure, and
        ValueError when it has another type.
        """
        if event.event == "error":
            raise _late_failure(event.data)
        data: str | bytes = event.data
        if event.event == "base64":  # no UTF-8
            data = base64.b64decode(event.data)
        if self._hint.kind == BYTES:
            return data.encode() if isinstance(data, str) else data
        if self._hint.kind in (TEXT, ANY) or isinstance(data, bytes):
            return data
        try:
            return msgspec.json.decode(data, type=self._hint.type, dec_hook=read_leaf)
        except msgspec.MsgspecError as fault:
            raise ValueError(f"{self.url}: a piece of the answer: {fault}") from None


class Client:
    """Asks a served model. Connections are kept; threads may share it. `close` it, or use it with `with`.

    Args:
        url: of the server, `http://HOST:PORT`.
        model: the model (or class, or function) that answers last on the route: its answers get its type.
            None: answers are what JSON has.
        route: where it answers.
        timeout: longest wait for the server, seconds.
        headers: sent with each request.
        http: an httpx client of your own, for certificates, proxies or limits of connections; it stays open,
            and its time-outs and headers hold instead.

    Raises:
        ImportError: httpx is not installed.
        ValueError: the address is none.
    """

    def __init__(
        self,
        url: str,
        model: Any = None,
        route: str = "/predict",
        *,
        timeout: float = 60.0,
        headers: Mapping[str, str] | None = None,
        http: httpx.Client | None = None,
    ) -> None:
        self._exchange = _Exchange(url, model, route)
        self._owns = http is None
        self._http = httpx.Client(timeout=timeout, headers=headers) if http is None else http

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes its connections."""
        if self._owns:
            self._http.close()

    def predict(self, *values: Any, **named: Any) -> Any:
        """Returns the answer to one request: one value is the body, several are its members by name.

        Raises:
            HTTPError: the server answered with a status of failure; InvalidRequest names the fields.
            ValueError: the answer is not of the type that the model tells.
            OSError: it could not be reached (ConnectionError), or took too long (TimeoutError).
        """
        with _reaching(self._exchange.url):
            response = self._http.post(**self._exchange.request(values, named))
        return self._exchange.answer(response)

    def stream(self, *values: Any, **named: Any) -> Iterator[Any]:
        """Yields the pieces of a streamed answer, as they come; raises what `predict` does, midway too."""
        request = self._exchange.request(values, named, EVENTS)
        with _reaching(self._exchange.url), self._http.stream("POST", **request) as response:
            if not _is_success(response.status_code):
                _check(response.status_code, response.read())
            for event in httpx_sse.EventSource(response).iter_sse():
                yield self._exchange.piece(event)


class AsyncClient:
    """Like `Client`, for an event loop: `await client.predict(...)`, `async for piece in client.stream(...)`.

    Args and errors are those of `Client`; `http` is an `httpx.AsyncClient`.
    """

    def __init__(
        self,
        url: str,
        model: Any = None,
        route: str = "/predict",
        *,
        timeout: float = 60.0,
        headers: Mapping[str, str] | None = None,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self._exchange = _Exchange(url, model, route)
        self._owns = http is None
        self._http = httpx.AsyncClient(timeout=timeout, headers=headers) if http is None else http

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes its connections."""
        if self._owns:
            await self._http.aclose()

    async def predict(self, *values: Any, **named: Any) -> Any:
        """See `Client.predict`."""
        with _reaching(self._exchange.url):
            response = await self._http.post(**self._exchange.request(values, named))
        return self._exchange.answer(response)

    async def stream(self, *values: Any, **named: Any) -> AsyncIterator[Any]:
        """See `Client.stream`."""
        request = self._exchange.request(values, named, EVENTS)
        with _reaching(self._exchange.url):
            async with self._http.stream("POST", **request) as response:
                if not _is_success(response.status_code):
                    _check(response.status_code, await response.aread())
                async for event in httpx_sse.EventSource(response).aiter_sse():
                    yield self._exchange.piece(event)


@contextmanager
def _reaching(url: str) -> Iterator[None]:
    """Turns httpx's failures of the way into those that Python has."""
    try:
        yield
    except httpx.TimeoutException as fault:
        raise TimeoutError(f"{url}: no answer in time ({type(fault).__name__})") from fault
    except httpx.TransportError as fault:
        raise ConnectionError(f"{url}: {fault or type(fault).__name__}") from fault


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


def _is_success(status: int) -> bool:
    return 200 <= status < 300


def _check(status: int, body: bytes) -> None:
    """Raises what a status of failure means."""
    if not _is_success(status):
        raise _failure(status, body)


def _failure(status: int, body: bytes) -> Exception:
    try:
        told = json.loads(body)
        detail = str(told["message"])
        problems = [(str(one["field"]), str(one["message"])) for one in told.get("errors", ())]
    except (ValueError, KeyError, TypeError, AttributeError):
        detail, problems = body.decode("utf-8", "replace"), []
    if not _FAILED <= status <= _MOST:
        return OSError(f"status {status}: {detail}")
    return InvalidRequest(problems, status) if problems else HTTPError(status, detail)


def _late_failure(data: str) -> Exception:
    try:
        status = int(json.loads(data)["code"])
    except (ValueError, KeyError, TypeError):
        status = 500
    return _failure(status, data.encode())
