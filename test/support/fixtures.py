"""Fixtures: the two shared servers of the contract suite, and a maker of own servers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from support.operator import Operator
from support.packing import pack
from support.server import RunningServer

LIMIT_BYTES = 100_000
_STARTED = ("echo", "inspect", "act", "stream", "generate", "describe", "tensors", "hinted")


class ServerMaker(Protocol):
    """Makes a server that is not started yet; whatever the test leaves running is ended after it."""

    def __call__(self, **options: Any) -> RunningServer: ...


def fill_store(store: Path) -> list[str]:
    """Packs what the contract cases need; returns the start-up models."""
    store.mkdir(parents=True)
    pack(store, "echo", "echo")
    pack(store, "echo", "echo", "2.0", file_name="echo2.mar")
    pack(store, "inspect", "inspecting")
    pack(store, "act", "acting")
    pack(store, "stream", "streaming")
    pack(store, "generate", "generating")
    pack(store, "describe", "describing")
    x = {"name": "x", "datatype": "FP32", "shape": [-1, 2]}
    y = {"name": "y", "datatype": "FP32", "shape": [-1, 2]}
    pack(store, "tensors", "doubling_tensors", config={"tensors": {"inputs": [x], "outputs": [y]}})
    pack(store, "hinted", "hinted_tensors")
    pack(store, "unloadable", "raising_at_load")
    pack(store, "nohandler", "two_classes")
    pack(store, "idle", "echo")
    pack(store, "traffic", "echo", config={"responseCacheMb": 1, "priorityAgeingMs": 1000})
    (store / "corrupt.mar").write_bytes(b"this is no archive")
    return [f"{name}={name}.mar" for name in _STARTED]


def _shared(base: Path, profile: str, arguments: list[str]) -> Iterator[RunningServer]:
    models = fill_store(base / "store")
    server = RunningServer(
        base,
        profile=profile,
        models=models,
        arguments=arguments,
        config={"max_request_size": LIMIT_BYTES, "max_response_size": LIMIT_BYTES},
    )
    server.start()
    try:
        yield server
    except BaseException:
        server.kill()
        raise
    server.stop()


@pytest.fixture(scope="session")
def mariner_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server of the mariner profile with its defaults; shared, so tests leave it as it was."""
    yield from _shared(tmp_path_factory.mktemp("m") / "mariner", "mariner", [])


@pytest.fixture(scope="session")
def torchserve_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server of the torchserve profile, without tokens and with the model API; shared."""
    flags = ["--disable-token-auth", "--enable-model-api"]
    yield from _shared(tmp_path_factory.mktemp("t") / "torchserve", "torchserve", flags)


@pytest.fixture(params=["mariner", "torchserve"])
def shared_server(request: pytest.FixtureRequest) -> RunningServer:
    """Each of the two shared servers."""
    server = request.getfixturevalue(f"{request.param}_server")
    assert isinstance(server, RunningServer)
    return server


@pytest.fixture
def make_server(tmp_path: Path) -> Iterator[ServerMaker]:
    """Returns a maker of servers for one test."""
    made: list[RunningServer] = []

    def make(**options: Any) -> RunningServer:
        base = tmp_path / f"server{len(made)}"
        server = RunningServer(base, **options)
        made.append(server)
        return server

    yield make
    for server in made:
        server.kill()


@pytest.fixture
def operator(tmp_path: Path) -> Iterator[Operator]:
    """An operator in a folder of its own; what is left running is ended."""
    one = Operator(tmp_path / "operator")
    yield one
    one.clean()
