"""Applications within this process: for tests, notebooks, and layers that offer such a mode.

A `Runner` begins with a `Plan`, as the frontend does, and calls the handlers of its stages as a worker does:
the same decoding, codecs between stages, batches and failures, without sockets and processes. A stage has one
instance, whatever its replicas; its requests come one after the other.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from mariner.errors import HTTPError
from mariner.local import LocalStage
from mariner.messages import Headers
from mariner.plan import Answer, Plan, Route
from mariner.requests import body_of, parts_of
from ts._wire.codec import decode_pairs, encode_pairs
from ts._wire.messages import ErrorCode, Part, ReplyItem, RequestItem

_FAILED = 400
_NOT_FOUND, _NOT_ALLOWED = 404, 405
_UNBOUND = 1 << 62


@dataclass(frozen=True)
class LocalAnswer:
    """An answer as a client would get it.

    Attributes:
        status: HTTP status.
        headers: by name, in any case.
        body: the whole of it.
        pieces: of a stream, as they came; empty for other answers.
    """

    status: int
    headers: Headers
    body: bytes
    pieces: tuple[bytes, ...] = ()

    @property
    def text(self) -> str:
        """The body as UTF-8."""
        return self.body.decode()

    def json(self) -> Any:
        """The body as JSON; raises ValueError."""
        return json.loads(self.body)


class Runner:
    """Runs an application within this process. As a context manager it starts and ends its stages.

    Args:
        plan: the application.
        raise_errors: whether what a handler raises comes out of the call; else it is an answer of 500.
    """

    def __init__(self, plan: Plan, raise_errors: bool = True) -> None:
        self._plan = plan
        self._raises = raise_errors
        self._stages: dict[str, LocalStage] = {}
        self._numbers = iter(range(1, _UNBOUND))
        self._ends = ExitStack()

    def __enter__(self) -> Runner:
        plan = self._plan
        names = [f"{number}#{node.name}" for number, route in enumerate(plan.routes) for node in route.nodes]
        with ExitStack() as undo:
            folder = Path(undo.enter_context(tempfile.TemporaryDirectory(prefix="mariner-local-")))
            plan.write(folder)
            for number, stage in enumerate(plan.stages):
                started = LocalStage(stage, plan.name, folder / "stages" / stage.name, names, number + 1)
                undo.callback(started.close)
                self._stages[stage.name] = started
            self._ends = undo.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        fault: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends its stages."""
        self._stages = {}
        self._ends.close()

    def post(
        self,
        path: str,
        *,
        json: Any = None,
        content: bytes | str | None = None,
        data: Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, bytes]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> LocalAnswer:
        """Asks one of its routes.

        Args:
            path: with a query, if it has one.
            json: a value that goes as JSON.
            content: a body that goes as it is; its content type is in `headers`.
            data: fields of a form.
            files: parts of a multipart body: name to content type and bytes.
            headers: of the request.

        Returns:
            The answer, whatever its status.
        """
        kind, body = body_of(json, content, data, files)
        found = dict(headers or {})
        if kind and "content-type" not in Headers(found):
            found["Content-Type"] = kind
        return self.request("POST", path, body, found)

    def request(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> LocalAnswer:
        """Asks any route or document."""
        return self.batch(method, path, [(body, headers or {})])[0]

    def batch(
        self, method: str, path: str, requests: Sequence[tuple[bytes, Mapping[str, str]]]
    ) -> list[LocalAnswer]:
        """Asks a route with several requests at once: each of its stages gets them as one batch."""
        bare, _, query = path.partition("?")
        document = next((one for one in self._plan.documents if one.path == bare), None)
        if document is not None:
            found = LocalAnswer(200, Headers({"Content-Type": document.type}), document.content)
            return [found] * len(requests)
        routes = [(number, one) for number, one in enumerate(self._plan.routes) if one.path == bare]
        if not routes:
            return [_refusal(_NOT_FOUND, f"no route {bare}")] * len(requests)
        for number, route in routes:
            if route.method == method:
                return _Way(self, number, route, query, requests).run()
        return [_refusal(_NOT_ALLOWED, f"{method} {bare} (expected: {routes[0][1].method})")] * len(requests)

    def next_number(self) -> int:
        """Returns the id of the next request."""
        return next(self._numbers)

    def stage(self, name: str) -> LocalStage:
        """Returns a stage that runs; raises RuntimeError before the start."""
        try:
            return self._stages[name]
        except KeyError:
            raise RuntimeError(
                f"stage {name!r} does not run (expected: `with app.local() as local`)"
            ) from None

    def shown_failure(self, reply: ReplyItem, fault: BaseException | None) -> LocalAnswer:
        """Returns how a failure looks to a client, or raises what the handler raised."""
        if fault is not None and self._raises and reply.error != ErrorCode.PREDICTION_EXCEPTION:
            raise fault
        text = bytes(reply.body).decode()
        status = reply.status or 500
        kind = ErrorCode(reply.error).name
        shown: Answer | None = self._plan.failures.get(kind) or self._plan.failures.get("*")
        if shown is None:
            return _refusal(status, text, kind)
        body = shown.text.replace("{json}", json.dumps(text)).replace("{message}", text)
        headers = {} if shown.type is None else {"Content-Type": shown.type}
        return LocalAnswer(shown.status, Headers(headers), body.encode())


class _Way:
    """Some requests on their way through one route."""

    def __init__(
        self,
        runner: Runner,
        number: int,
        route: Route,
        query: str,
        requests: Sequence[tuple[bytes, Mapping[str, str]]],
    ) -> None:
        self._runner = runner
        self._number = number
        self._route = route
        self._names = [f"{n}#{node.name}" for n, one in enumerate(runner._plan.routes) for node in one.nodes]
        self._headers = [encode_pairs(tuple(headers.items())) for _, headers in requests]
        raw = route.body == "raw"
        self._parts = [parts_of(body, Headers(headers), query, raw) for body, headers in requests]
        self._bodies = [body for body, _ in requests]
        self._answers: list[LocalAnswer | None] = [None] * len(requests)
        self._given: list[dict[str, Part]] = [{} for _ in requests]

    def run(self) -> list[LocalAnswer]:
        """Goes through all nodes."""
        empty = self._route.empty_body
        for index, body in enumerate(self._bodies):
            if empty is not None and not body:
                headers = Headers({} if empty.type is None else {"Content-Type": empty.type})
                self._answers[index] = LocalAnswer(empty.status, headers, empty.text.encode())
        taken = {name for node in self._route.nodes for name in node.inputs}
        for node in self._route.nodes:
            live = [index for index, answer in enumerate(self._answers) if answer is None]
            if not live:
                break
            stage = self._runner.stage(node.stage)
            place = 1 + self._names.index(f"{self._number}#{node.name}")
            items = [self._item(index, node.inputs, place) for index in live]
            for index, (told, fault) in zip(live, stage.run(items), strict=True):
                self._take(index, node.name, node.name not in taken, told, fault)
        return [one if one is not None else _refusal(500, "no answer") for one in self._answers]

    def _item(self, index: int, inputs: Sequence[str], place: int) -> RequestItem:
        parts: Sequence[Part] = self._parts[index]
        if inputs:
            given = self._given[index]
            only = len(inputs) == 1
            parts = [given[name]._replace(name="body" if only else name) for name in inputs]
            # A worker may change what it was given.
            parts = [part._replace(body=bytearray(part.body)) for part in parts]
        return RequestItem(self._runner.next_number(), 0, 0, 0, "", "", place, self._headers[index], parts)

    def _take(
        self, index: int, node: str, last: bool, told: list[ReplyItem], fault: BaseException | None
    ) -> None:
        *pieces, end = told
        if end.error:
            self._answers[index] = self._runner.shown_failure(end, fault)
        elif last or end.status >= _FAILED:
            self._answers[index] = _answer(pieces, end)
        else:
            self._given[index][node] = Part(node, end.content_type, bytes(end.body))


def _answer(pieces: Sequence[ReplyItem], end: ReplyItem) -> LocalAnswer:
    first = pieces[0] if pieces else end
    headers = dict(decode_pairs(first.header_block))
    if first.content_type:
        headers["Content-Type"] = first.content_type
    bodies = tuple(bytes(one.body) for one in pieces)
    return LocalAnswer(first.status or 200, Headers(headers), b"".join(bodies) + bytes(end.body), bodies)


def _refusal(status: int, message: str, kind: str = "") -> LocalAnswer:
    body = json.dumps({"code": status, "type": kind or HTTPError.__name__, "message": message})
    return LocalAnswer(status, Headers({"Content-Type": "application/json"}), body.encode())
