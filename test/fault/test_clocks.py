"""A wall clock that jumps under a running server: nobody is killed, nothing times out, keys live as long."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from faults import HANDLERS, bearer, order
from observation import counts
from support import rest
from support.packing import pack
from support.rest import RawConnection, request_bytes
from support.server import RunningServer
from support.waiting import eventually

HEARTBEAT_SECONDS = 3.0
SLACK_SECONDS = 3.0
JUMPS = {"+3600": timedelta(hours=1), "-3600": -timedelta(hours=1), "+10y": timedelta(days=3650)}
LIBRARY = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)

pytestmark = [
    pytest.mark.timed,
    pytest.mark.skipif(
        LIBRARY is None, reason="libfaketime is missing (expected: Debian's package faketime)"
    ),
]


class Clock:
    """The wall clock of a server; the monotonic one stays real."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.jump("+0")

    def jump(self, offset: str) -> None:
        """Puts the clock at this distance from the real one."""
        fresh = self.file.with_suffix(".new")
        fresh.write_text(offset + "\n", encoding="ascii")
        fresh.rename(self.file)

    def environment(self) -> dict[str, str]:
        """Returns what the server and its workers need to follow this clock."""
        return {
            "LD_PRELOAD": str(LIBRARY),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DISABLE_SHM": "1",
            # Or waits on the monotonic clock end at once, in a JVM.
            "FAKETIME_FORCE_MONOTONIC_FIX": "0",
            "DONT_FAKE_MONOTONIC": "1",
        }


class Guarded:
    """A server with tokens on, and its keys."""

    def __init__(self, server: RunningServer, clock: Clock) -> None:
        self.server = server
        self.clock = clock

    def keys(self) -> Mapping[str, Mapping[str, str]]:
        """Returns what the key file says."""
        return dict(json.loads((self.server.base / "key_file.json").read_text(encoding="utf-8")))

    def predict(
        self, model: str, do: str, headers: Mapping[str, str] | None = None, **more: Any
    ) -> rest.Reply:
        """Predicts with the key of inference."""
        sent = {**bearer(self.keys()["inference"]["key"]), **(headers or {})}
        return rest.call(self.server.inference, "POST", f"/predictions/{model}", order(do, **more), sent)

    def renewed_until(self) -> datetime:
        """Has the key of management renewed; returns when it ends, as the server's calendar says."""
        key = bearer(self.keys()["API"]["key"])
        answer = rest.call(self.server.management, "GET", "/token?type=management", headers=key)
        assert answer.status == 200, answer.text
        return datetime.fromisoformat(self.keys()["management"]["expiration time"][:19]).replace(
            tzinfo=timezone.utc
        )


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    base = tmp_path_factory.mktemp("clocks")
    clock = Clock(base / "clock")
    server = RunningServer(
        base / "server",
        models=["faulty=faulty.mar", "brief=brief.mar"],
        config={
            "heartbeat_interval": "1s",
            "heartbeat_timeout": f"{HEARTBEAT_SECONDS:g}s",
            "disable_token_authorization": "false",
            "idle_timeout": "60s",
        },
        environment=clock.environment(),
    )
    pack(server.store, "faulty", str(HANDLERS / "faulty.py"))
    pack(server.store, "brief", str(HANDLERS / "faulty.py"), config={"responseTimeout": 1})
    with server:
        yield Guarded(server, clock)


@pytest.mark.parametrize("offset", JUMPS)
def test_a_jump_of_the_wall_clock_is_not_noticed(guarded: Guarded, offset: str, tmp_path: Path) -> None:
    server, mark, began = guarded.server, tmp_path / "mark", tmp_path / "began"
    guarded.clock.jump("+0")
    worker = guarded.predict("faulty", "pid").text
    losses = {model: of.losses for model, of in counts(server).items()}
    patient = {"X-Request-Timeout-Ms": "50000"}
    with ThreadPoolExecutor(2) as callers, RawConnection(server.inference) as known:
        known.send(request_bytes("GET", "/livez"))
        assert known.read_reply().status == 200
        runs = callers.submit(guarded.predict, "faulty", "wait", patient, began=began, until=mark)
        eventually(began.exists, 20, "it runs")
        waits = callers.submit(guarded.predict, "faulty", "pid", patient)
        jumped = time.monotonic()
        guarded.clock.jump(offset)
        # The clock did jump: what the server writes down is of the other time.
        expected = datetime.now(timezone.utc) + JUMPS[offset] + timedelta(minutes=60)
        assert abs(guarded.renewed_until() - expected) < timedelta(days=5 if "y" in offset else 0, minutes=5)
        # Time for heartbeats of the idle model to be missed, if they were to be.
        eventually(lambda: time.monotonic() - jumped > HEARTBEAT_SECONDS + 2, 10)
        assert not runs.done()
        assert not waits.done()
        mark.touch()
        assert (runs.result(20).text, waits.result(20).text) == ("waited", worker)
        known.send(request_bytes("GET", "/livez"))
        assert known.read_reply().status == 200
    assert {model: of.losses for model, of in counts(server).items()} == losses
    assert guarded.predict("brief", "answer").text == "1", "the key of before the jump opens still"


@pytest.mark.parametrize("offset", JUMPS)
def test_limits_count_real_time_after_a_jump(guarded: Guarded, offset: str, tmp_path: Path) -> None:
    guarded.clock.jump("+0")
    mark, began = tmp_path / "mark", tmp_path / "began"
    with ThreadPoolExecutor(2) as callers:
        hung = callers.submit(seconds, guarded, "brief", "hang_here", began=began)
        eventually(began.exists, 20, "it runs")
        late = callers.submit(
            seconds, guarded, "faulty", "wait", {"X-Request-Timeout-Ms": "1500"}, until=mark
        )
        guarded.clock.jump(offset)
        try:
            for answer, limit in ((hung, 1.0), (late, 1.5)):
                reply, took = answer.result(20)
                assert reply.status == 504
                assert limit <= took < limit + SLACK_SECONDS
        finally:
            mark.touch()
    eventually(lambda: guarded.predict("brief", "answer").status == 200, 20, "replaced")


def seconds(guarded: Guarded, *arguments: Any, **more: Any) -> tuple[rest.Reply, float]:
    begun = time.monotonic()
    return guarded.predict(*arguments, **more), time.monotonic() - begun
