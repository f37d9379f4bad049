"""An HTTP API that answers what it was told to, and remembers what it was asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeVar


@dataclass(frozen=True)
class Asked:
    """A request as it arrived."""

    method: str
    path: str
    token: str | None
    content_type: str | None
    body: bytes


class Api(ThreadingHTTPServer):
    """Answers requests with `reply`: status, content type, body; those for a path in `replies` with that."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.reply: tuple[int, str, bytes] = (200, "application/json", b"{}")
        self.replies: dict[str, tuple[int, str, bytes]] = {}
        self.headers: dict[str, str] = {}
        self.asked: list[Asked] = []

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Api

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        head = (self.headers.get("Authorization"), self.headers.get("Content-Type"))
        self.server.asked.append(Asked(self.command, self.path, *head, body))
        status, kind, content = self.server.replies.get(self.path.partition("?")[0], self.server.reply)
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: object) -> None:
        """Prints nothing."""


_API = TypeVar("_API", bound=Api)


@contextmanager
def answering(kind: type[_API]) -> Iterator[_API]:
    """Runs an API as long as the block."""
    server = kind()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
