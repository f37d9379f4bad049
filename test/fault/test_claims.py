"""Tensors that claim to be more than they are: refused before memory is taken for them."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support import attach
from support.bad_tensors import SYNTAXES, Bad, refusal
from support.packing import pack
from support.server import RunningServer

CLAIMED = 100_000_000
"""Elements; as FP32 they fit into the heap of the tests' servers, so that no error would tell of them."""
ROUNDS = 3
MOST_GROWTH_BYTES = 128 * 1024 * 1024
MOST_LEFT_BYTES = 16 * 1024 * 1024

CLAIMS = [
    Bad("dimensions", 'input "x": .*', {"shape": [CLAIMED]}),
    Bad("a dimension of a product", 'input "x": .*', {"shape": [CLAIMED // 2, 2]}),
    Bad("texts", 'input "x": .*', {"datatype": "BYTES", "shape": [CLAIMED]}),
    Bad(
        "a length",
        'input "x": element 0: 400000000 bytes ',
        {"datatype": "BYTES", "shape": [1]},
        data=struct.pack("<I", 4 * CLAIMED) + b"ab",
        syntaxes=("binary", "grpc"),
    ),
    Bad(
        "a size behind the JSON",
        'input "x": binary_data_size: 400000000 ',
        {"shape": [CLAIMED], "parameters": {"binary_data_size": 4 * CLAIMED}},
        syntaxes=("binary",),
    ),
]
MANY = [
    Bad("100,000 inputs", "inputs: more than 1024 ", others=100_000),
    Bad("100,000 outputs", "outputs: more than 1024 ", outputs=tuple(f"y{i}" for i in range(100_000))),
]


@pytest.fixture(scope="module")
def tensors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server with the limits that it has by default."""
    server = RunningServer(tmp_path_factory.mktemp("claims") / "server", models=["tensors=tensors.mar"])
    x = {"name": "x", "datatype": "FP32", "shape": [-1, 2]}
    pack(server.store, "tensors", "doubling_tensors", config={"tensors": {"inputs": [x], "outputs": []}})
    with server:
        yield server


def most_resident_bytes(server: RunningServer) -> int:
    """Returns the most memory that the frontend ever had."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    assert found is not None, status
    return int(found[1]) * 1024


def live_heap_bytes(server: RunningServer) -> int:
    """Returns what is left of the heap after a collection."""
    attach.order(server.process.pid, "GC.run")
    used = re.findall(r"total \d+K, used (\d+)K", attach.order(server.process.pid, "GC.heap_info"))
    assert used
    return sum(map(int, used)) * 1024


def refuse_all(server: RunningServer, bads: Sequence[Bad]) -> None:
    """Sends each request in all of its syntaxes, a few at once, several times."""
    cases = [(bad, syntax) for _ in range(ROUNDS) for bad in bads for syntax in bad.syntaxes]
    with ThreadPoolExecutor(len(SYNTAXES)) as clients:
        refused = list(clients.map(lambda case: refusal(case[0], server, case[1]), cases))
    for (bad, syntax), (status, message) in zip(cases, refused, strict=True):
        assert status == bad.status[syntax == "grpc"], (bad.name, syntax, message)
        assert re.match(bad.error, message), (bad.name, syntax, message)


def test_claims_take_no_memory(tensors: RunningServer) -> None:
    before = most_resident_bytes(tensors)
    refuse_all(tensors, CLAIMS)
    assert most_resident_bytes(tensors) - before < MOST_GROWTH_BYTES


def test_what_many_tensors_took_is_given_back(tensors: RunningServer) -> None:
    before = live_heap_bytes(tensors)
    refuse_all(tensors, MANY)
    assert live_heap_bytes(tensors) - before < MOST_LEFT_BYTES
