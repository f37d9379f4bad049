"""Compositions within this process: an ASGI application for tests."""

from __future__ import annotations

import weakref
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from mariner.plan import Plan
from mariner.runner import LocalAnswer, Runner

if TYPE_CHECKING:
    from ts.compat.flash.composition import Composition

Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
_PAGE_METHODS = ("GET", "HEAD")


class LocalApp:
    """A composition as an ASGI application. It answers one request after the other, in the caller's thread.

    What a component raises is answered with 500 and then raised, as test clients expect.

    Attributes:
        composition: what it was made of.
        plan: what it runs.
    """

    def __init__(self, composition: Composition, components: Mapping[str, Any] | None = None) -> None:
        from ts.compat.flash.plans import plan_of, pools_of

        self.composition = composition
        self.plan: Plan = plan_of(composition, "flash", pools_of(composition, components))
        self._runner: Runner | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answers one connection of a client, or its start and end."""
        kind = scope["type"]
        if kind == "lifespan":
            await self._live(receive, send)
        elif kind == "http":
            await self._answer(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            kind = (await receive())["type"]
            if kind == "lifespan.shutdown":
                self.close()
            await send({"type": f"{kind}.complete"})
            if kind == "lifespan.shutdown":
                return

    def close(self) -> None:
        """Ends what runs; the next request begins anew."""
        if self._runner is not None:
            self._runner.close()
            self._runner = None

    def _running(self) -> Runner:
        if self._runner is None:
            self._runner = Runner(self.plan).__enter__()
            # Test clients need not say that they are done.
            weakref.finalize(self, self._runner.close)
        return self._runner

    async def _answer(self, scope: Message, receive: Receive, send: Send) -> None:
        body = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
        method = scope["method"]
        path = self._known(_below(scope["path"], scope.get("root_path", "")))
        fault: Exception | None = None
        headers = {name.decode("latin-1"): text.decode("latin-1") for name, text in scope["headers"]}
        refusal = self._refused(method, path)
        if refusal is not None:
            status, kind, content = refusal
        else:
            try:
                status, kind, content = _parts(self._running().request(method, path, bytes(body), headers))
            except Exception as raised:
                fault = raised
                status, kind, content = self._failure("*")
        found = [(b"content-length", str(len(content)).encode())]
        if kind:
            found.append((b"content-type", kind.encode()))
        await send({"type": "http.response.start", "status": status, "headers": found})
        await send({"type": "http.response.body", "body": b"" if method == "HEAD" else content})
        if fault is not None:
            raise fault

    def _known(self, path: str) -> str:
        """Returns a path as the plan has it: a slash at its end makes no difference, as on the server."""
        known = [one.path for one in self.plan.routes] + [one.path for one in self.plan.documents]
        return next((one for one in known if one.rstrip("/") == path.rstrip("/")), path)

    def _refused(self, method: str, path: str) -> tuple[int, str | None, bytes] | None:
        methods = {one.method for one in self.plan.routes if one.path == path}
        if any(one.path == path for one in self.plan.documents):
            methods.update(_PAGE_METHODS)
        if not methods:
            return self._failure("ROUTE_NOT_FOUND")
        return None if method in methods else self._failure("METHOD_NOT_ALLOWED")

    def _failure(self, kind: str) -> tuple[int, str | None, bytes]:
        shown = self.plan.failures[kind]
        return shown.status, shown.type, shown.text.encode()


def _below(path: str, root: str) -> str:
    """Returns a path without that at which the application is mounted in another one."""
    root = root.rstrip("/")
    return path[len(root) :] if path.startswith(f"{root}/") else path


def _parts(answer: LocalAnswer) -> tuple[int, str | None, bytes]:
    return answer.status, answer.headers.get("Content-Type"), answer.body
