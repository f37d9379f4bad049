"""A client process with many idle connections: `python idle_clients.py HOST PORT COUNT`.

Each connection makes one request and then says nothing. Prints `open` when all are, and at the end a line
of JSON: how many the server closed, and after how many seconds the first and the last of them.
"""

from __future__ import annotations

import contextlib
import json
import selectors
import socket
import sys
import time

REQUEST = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
PATIENCE_SECONDS = 90.0


def connect(host: str, port: int) -> tuple[socket.socket, float]:
    """Returns a connection that has had its one answer, and the time of it."""
    connection = socket.create_connection((host, port), timeout=30)
    connection.sendall(REQUEST)
    answer = b""
    while b"Live" not in answer:
        piece = connection.recv(4096)
        if not piece:
            raise ConnectionError(f"closed after {answer!r}")
        answer += piece
    # The end of the body is still to come or is here already; neither is the end of the connection.
    connection.settimeout(0)
    return connection, time.monotonic()


def await_ends(opened: dict[socket.socket, float]) -> list[float]:
    """Returns after how many seconds each connection was closed by the server."""
    ended: list[float] = []
    deadline = time.monotonic() + PATIENCE_SECONDS
    with selectors.DefaultSelector() as selector:
        for connection in opened:
            selector.register(connection, selectors.EVENT_READ)
        while len(ended) < len(opened) and time.monotonic() < deadline:
            for key, _ in selector.select(1):
                connection = key.fileobj
                assert isinstance(connection, socket.socket)
                piece = b""
                with contextlib.suppress(ConnectionResetError):
                    piece = connection.recv(4096)
                if not piece:
                    ended.append(time.monotonic() - opened[connection])
                    selector.unregister(connection)
                    connection.close()
    return ended


def main(host: str, port: int, count: int) -> None:
    opened = dict(connect(host, port) for _ in range(count))
    print("open", flush=True)
    ended = await_ends(opened)
    first_and_last = [min(ended), max(ended)] if ended else []
    print(json.dumps({"ended": len(ended), "after": first_and_last}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
