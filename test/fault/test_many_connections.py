"""Ten thousand connections that say nothing: others are served, memory is bounded, all are closed in time."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from faults import HANDLERS, order
from support.fixtures import ServerMaker
from support.packing import pack
from support.waiting import eventually

CONNECTIONS = 10_000
CLIENTS = 2
SPARE_DESCRIPTORS = 1_000
SLACK_DESCRIPTORS = 5
IDLE_TIMEOUT_SECONDS = 20.0
SLACK_SECONDS = 10.0
LOW_LIMIT = 512
PROMPT_SECONDS = 2.0
BYTES_PER_CONNECTION = 24 * 1024
CLIENT = Path(__file__).parent / "idle_clients.py"


@contextmanager
def soft_limit(descriptors: int) -> Iterator[None]:
    """Has child processes begin with this soft limit of open files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@contextmanager
def idle_clients(address: str) -> Iterator[list[subprocess.Popen[str]]]:
    """Starts the client processes; gives them when all connections are open."""
    parts = urlsplit(address)
    each = CONNECTIONS // CLIENTS
    command = [sys.executable, str(CLIENT), str(parts.hostname), str(parts.port), str(each)]
    with soft_limit(each + SPARE_DESCRIPTORS):
        clients = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(CLIENTS)]
    try:
        for client in clients:
            assert client.stdout is not None
            assert client.stdout.readline() == "open\n"
        yield clients
    finally:
        for client in clients:
            client.kill()
            client.wait()
            assert client.stdout is not None
            client.stdout.close()


def needed_descriptors() -> str | None:
    """Returns why the limit is too low, None when it is not."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    needed = CONNECTIONS + SPARE_DESCRIPTORS
    if hard == resource.RLIM_INFINITY or hard >= needed:
        return None
    return f"hard limit of open files: {hard} (expected: >= {needed})"


@pytest.mark.alone
@pytest.mark.nightly
@pytest.mark.skipif(needed_descriptors() is not None, reason=str(needed_descriptors()))
def test_ten_thousand_idle_connections_cost_nobody_anything(make_server: ServerMaker) -> None:
    server = make_server(models=["faulty=faulty.mar"], config={"idle_timeout": f"{IDLE_TIMEOUT_SECONDS:g}s"})
    pack(server.store, "faulty", str(HANDLERS / "faulty.py"))
    with soft_limit(LOW_LIMIT):
        server.start()
    process = psutil.Process(server.process.pid)
    soft, hard = process.rlimit(psutil.RLIMIT_NOFILE)
    assert soft == hard, "the server takes what the operator allows"
    for _ in range(200):
        assert server.predict("faulty", order("answer")).text == "1"
    descriptors, resident = process.num_fds(), process.memory_info().rss
    with idle_clients(server.inference) as clients:
        assert process.num_fds() >= descriptors + CONNECTIONS - SLACK_DESCRIPTORS
        begun = time.monotonic()
        for _ in range(10):
            assert server.predict("faulty", order("answer")).text == "1"
        assert time.monotonic() - begun < PROMPT_SECONDS
        grown = process.memory_info().rss - resident
        print(f"{grown / CONNECTIONS:.0f} bytes of resident memory for each connection")
        assert grown < CONNECTIONS * BYTES_PER_CONNECTION
        for client in clients:
            told = json.loads(client.communicate()[0])
            assert told["ended"] == CONNECTIONS // CLIENTS
            first, last = told["after"]
            assert IDLE_TIMEOUT_SECONDS - 0.5 <= first <= last < IDLE_TIMEOUT_SECONDS + SLACK_SECONDS
    eventually(lambda: process.num_fds() <= descriptors + SLACK_DESCRIPTORS, 20, "descriptors are given back")
    assert server.predict("faulty", order("answer")).text == "1"
    server.stop()
