"""Clients that keep a connection open without finishing, or send what can be read in two ways."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from peers.running import RunningServer
from peers.table import connection, seen

PATIENCE_SECONDS = 30.0


def _head(server: RunningServer, *headers: str) -> bytes:
    lines = [f"POST {server.kind.path} HTTP/1.1", "Host: localhost", *headers]
    return "\r\n".join(lines).encode() + b"\r\n"


def _watch(link: socket.socket, drop: Callable[[], None], patience: float) -> str:
    """Calls `drop` each second until the server answers or closes; returns the cell."""
    began = time.monotonic()
    while time.monotonic() - began < patience:
        try:
            if select.select([link], [], [], 1.0)[0]:
                answer = link.recv(65536)
                status = int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/") else None
                return connection(status, time.monotonic() - began, False)
            drop()
        except OSError:
            return connection(None, time.monotonic() - began, False)
    return connection(None, patience, True)


def slow_headers(server: RunningServer) -> str:
    """Sends one byte of a header each second."""
    with socket.create_connection(("127.0.0.1", server.port)) as link:
        link.sendall(_head(server) + b"X-Slow: ")
        return _watch(link, lambda: link.sendall(b"a"), PATIENCE_SECONDS)


def half_body(server: RunningServer) -> str:
    """Sends half of the body that it has announced."""
    body, content_type = server.kind.body("echo half")
    with socket.create_connection(("127.0.0.1", server.port)) as link:
        head = _head(server, f"Content-Type: {content_type}", f"Content-Length: {len(body)}")
        link.sendall(head + b"\r\n" + body[: len(body) // 2])
        return _watch(link, lambda: None, PATIENCE_SECONDS)


def silent(server: RunningServer) -> str:
    """Connects and says nothing."""
    with socket.create_connection(("127.0.0.1", server.port)) as link:
        return _watch(link, lambda: None, PATIENCE_SECONDS)


def two_lengths(server: RunningServer) -> str:
    """Sends a chunked body whose Content-Length says something else."""
    body, content_type = server.kind.body("echo both")
    with socket.create_connection(("127.0.0.1", server.port)) as link:
        framing = ("Content-Length: 4", "Transfer-Encoding: chunked")
        head = _head(server, f"Content-Type: {content_type}", *framing)
        link.sendall(head + b"\r\n%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n")
        cell = _watch(link, lambda: None, 10.0)
    return cell.replace("200 at once", "accepted (200)")


def beside_500(server: RunningServer) -> str:
    """Asks while 500 connections are open and idle."""
    with ExitStack() as idle:
        for _ in range(500):
            idle.enter_context(socket.create_connection(("127.0.0.1", server.port)))
        return seen(server.ask("echo x"))


def play(server: RunningServer) -> dict[str, str]:
    """Plays all of them; the slow ones at the same time."""
    slow = {
        "slow-headers": slow_headers,
        "half-body": half_body,
        "silent": silent,
        "two-lengths": two_lengths,
    }
    with ThreadPoolExecutor(len(slow)) as callers:
        cells = {key: callers.submit(client, server) for key, client in slow.items()}
        found = {key: cell.result() for key, cell in cells.items()}
    return {**found, "idle-500": beside_500(server)}
