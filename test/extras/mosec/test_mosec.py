"""One script on released Mosec and on Mariner, asked the same."""

from __future__ import annotations

import gzip
import io
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zstandard
from support import rest
from support.places import PYTHON, ROOT
from support.scripts import RunningScript

SCRIPT = Path(__file__).parent / "service.py"
ALIAS = ROOT / "aliases" / "mosec"
FLAGS = ["--max-request-size", "1000", "--compression"]
FRAME = re.compile(rb": <frame .*", re.DOTALL)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningScript, RunningScript]]:
    base = tmp_path_factory.mktemp("mosec")
    theirs = RunningScript(SCRIPT, base / "theirs", FLAGS, python=sys.executable, path=[])
    ours = RunningScript(SCRIPT, base / "ours", FLAGS, python=PYTHON, path=[str(ALIAS), str(ROOT)])
    with theirs, ours:
        yield theirs, ours
    for script in (theirs, ours):
        assert script.process is not None
        assert script.process.returncode == 0
        assert "run returned" in script.text()


def shown(server: RunningScript, method: str, path: str, body: bytes) -> tuple[int, str | None, bytes]:
    answer = rest.call(server.address, method, path, body)
    kind = answer.headers.get("content-type")
    return answer.status, kind, FRAME.sub(b"", answer.body)


WISHES = ["validation", "nothing", "client", "server", "encoding", "decoding", "mosec", "own", "other"]
TYPED: list[Any] = [{"name": "a", "count": 1}, {"name": "a"}, {"name": "a", "count": "x"}, [1], "x"]
CASES: list[tuple[str, str, bytes]] = [
    *[("POST", "/inference", json.dumps({"wish": wish}).encode()) for wish in WISHES],
    *[
        ("POST", "/inference", json.dumps({"wish": wish}).encode())
        for wish in ("unserialisable", "nan", "slow")
    ],
    *[("POST", "/inference", body) for body in (b"", b"{", b"[1]", b'{"\\u00e9": "\xc3\xa9"}', b" " * 1001)],
    *[("POST", "/lists", body) for body in (b'"x"', b"[1]", b'"short"')],
    ("POST", "/views", b"\x00\xff"),
    ("POST", "/twice", b'"ab"'),
    ("POST", "/once", b"3"),
    ("POST", "/twice", b"{"),
    ("POST", "/events", b"1"),
    ("POST", "/events", b'"bad"'),
    ("POST", "/events", b"{"),
    *[("POST", "/typed", msgspec.msgpack.encode(value)) for value in TYPED],
    ("POST", "/nowhere", b"1"),
    ("GET", "/inference", b""),
    ("GET", "/", b""),
]


@pytest.mark.parametrize(("method", "path", "body"), CASES)
def test_answers_are_the_same(
    both: tuple[RunningScript, RunningScript], method: str, path: str, body: bytes
) -> None:
    theirs, ours = (shown(server, method, path, body) for server in both)
    assert ours == theirs


CODINGS = {"gzip": gzip, "zstd": zstandard}


@pytest.mark.parametrize("coding", CODINGS)
def test_bodies_are_packed_both_ways(both: tuple[RunningScript, RunningScript], coding: str) -> None:
    value = {"a": [0] * 300}
    body = CODINGS[coding].compress(json.dumps(value).encode())
    for server in both:
        headers = {"Content-Encoding": coding, "Accept-Encoding": coding}
        answer = rest.call(server.address, "POST", "/inference", body, headers)
        assert (answer.status, answer.headers["content-encoding"]) == (200, coding)
        with CODINGS[coding].open(io.BytesIO(answer.body)) as unpacked:
            assert json.loads(unpacked.read()) == value


def test_metrics_have_the_same_names(both: tuple[RunningScript, RunningScript]) -> None:
    def names(server: RunningScript) -> set[str]:
        assert rest.call(server.address, "POST", "/lists", b"1").status == 200
        text = rest.call(server.address, "GET", "/metrics").text
        return set(re.findall(r"^(mosec_service_\w+)", text, re.MULTILINE))

    theirs, ours = (names(server) for server in both)
    assert theirs <= ours


def test_the_api_is_described_alike(both: tuple[RunningScript, RunningScript]) -> None:
    theirs, ours = (rest.call(one.address, "GET", "/openapi/metadata.json").json()["paths"] for one in both)
    assert set(ours) == set(theirs)
    for path, methods in theirs.items():
        for method, operation in methods.items():
            assert set(ours[path][method]["responses"]) == set(operation["responses"])
