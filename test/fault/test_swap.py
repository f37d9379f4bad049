"""Swaps and changes of the default version under load: no request fails, a failed swap leaves nothing."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from faults import HANDLERS
from load import CLOSED, REFUSED, Load
from observation import Observation, assert_recovers
from support import archives, rest
from support.packing import pack
from support.server import RunningServer
from support.waiting import eventually

MODEL = "swapping"
ENOUGH = 100
"""Answers on either side of an event that show that there was load."""
CONNECTIONS_EACH_WAY = 22
"""Of three ways: a new connection for each request, one that is kept, gRPC."""
WARM: Mapping[str, Any] = {"batchSize": 4, "warmup": [{"text": "hello"}]}


def archive(server: RunningServer, version: str, config: Mapping[str, Any] = WARM) -> str:
    """Packs a version and returns its name in the store."""
    name = f"{MODEL}-{version}.mar"
    handler = str(HANDLERS / "versioned.py")
    pack(server.store, MODEL, handler, version, config=config, file_name=name)
    return name


def swap(server: RunningServer, url: str, **more: object) -> rest.Reply:
    return server.manage("POST", f"/models/{MODEL}/swap", url=url, **more)


@pytest.fixture
def swapped(server: RunningServer, base: Observation) -> Iterator[RunningServer]:
    """A server with a model in version 1 with two workers; `base` checks that removing it leaves nothing."""
    query = {"url": archive(server, "1"), "initial_workers": 2, "synchronous": "true"}
    registered = server.manage("POST", "/models", **query)
    assert registered.status == 200, registered.text
    yield server
    # The default version can go only last.
    default = server.describe(MODEL)["modelVersion"]
    for one in server.manage("GET", f"/models/{MODEL}/all").json():
        if one["modelVersion"] != default:
            assert server.manage("DELETE", f"/models/{MODEL}/{one['modelVersion']}").status == 200
    assert server.manage("DELETE", f"/models/{MODEL}").status == 200


def test_five_swaps_under_load_cost_no_request(swapped: RunningServer) -> None:
    with Load(swapped, MODEL, CONNECTIONS_EACH_WAY) as load:
        load.await_more(ENOUGH)
        # The last one has the version of the one before it.
        for version in ("2", "3", "4", "5", "5"):
            done = swap(swapped, archive(swapped, version))
            assert done.status == 200, done.text
            assert (done.json()["to"], done.json()["workers"]) == (version, 2)
            assert [step["step"] for step in done.json()["steps"]] == [
                "fetch",
                "load",
                "probe",
                "flip",
                "drain",
            ]
            load.await_more(load.answered + ENOUGH)
    assert load.unexpected() == {}
    assert load.texts == {b"1", b"2", b"3", b"4", b"5"}
    assert [one["modelVersion"] for one in swapped.manage("GET", f"/models/{MODEL}/all").json()] == ["5"]
    assert swapped.predict(MODEL, "x").text == "5"


def broken(server: RunningServer, fault: str) -> str:
    """Returns the name of an archive of version 9 that can't be swapped to for this reason."""
    if fault == "missing":
        return "missing.mar"
    if fault == "corrupt":
        archives.truncated(server.store / "corrupt.mar", server.store / archive(server, "9"))
        return "corrupt.mar"
    return archive(server, "9", {"unloadable": True} if fault == "load" else {"warmup": [{"text": "poison"}]})


@pytest.mark.parametrize(
    ("fault", "status", "step", "message"),
    [
        ("load", 500, "load", "weights are missing"),
        ("warm-up", 500, "load", "warm-up input 1 (text): Prediction failed"),
        ("corrupt", 400, "fetch", ""),
        ("missing", 404, "fetch", "missing.mar"),
    ],
)
def test_a_swap_that_fails_under_load_changes_nothing(
    swapped: RunningServer, fault: str, status: int, step: str, message: str
) -> None:
    before = Observation.of(swapped)
    url = broken(swapped, fault)
    with Load(swapped, MODEL) as load:
        load.await_more(ENOUGH)
        refused = swap(swapped, url)
        load.await_more(load.answered + ENOUGH)
    assert refused.status == status, refused.text
    assert f"Swap of model {MODEL} from version 1 was undone at step {step}: " in refused.message
    assert message in refused.message
    assert load.unexpected() == {}
    assert load.texts == {b"1"}
    assert [one["modelVersion"] for one in swapped.manage("GET", f"/models/{MODEL}/all").json()] == ["1"]
    assert_recovers(swapped, before)
    # Its version is free again.
    assert swap(swapped, archive(swapped, "9")).status == 200


def test_a_change_of_the_default_under_load_costs_no_request(swapped: RunningServer) -> None:
    """As in TorchServe, the old default can still be called by its version."""
    query = {"url": archive(swapped, "2"), "initial_workers": 1, "synchronous": "true"}
    assert swapped.manage("POST", "/models", **query).status == 200
    with Load(swapped, MODEL, 8) as load:
        for version in ("2", "1", "2"):
            load.await_more(load.answered + ENOUGH)
            assert swapped.manage("PUT", f"/models/{MODEL}/{version}/set-default").status == 200
        load.await_more(load.answered + ENOUGH)
    assert load.unexpected() == {}
    assert load.texts == {b"1", b"2"}
    assert swapped.predict(MODEL, "x").text == "2"
    assert swapped.predict(f"{MODEL}/1", "x").text == "1"


def test_a_worker_of_the_old_version_that_is_lost_does_not_stop_the_swap(swapped: RunningServer) -> None:
    victim = int(swapped.workers(MODEL)[0]["pid"])
    url = archive(swapped, "2")
    with Load(swapped, MODEL) as load:
        load.await_more(ENOUGH)
        os.kill(victim, signal.SIGKILL)
        done = swap(swapped, url)
        assert done.status == 200, done.text
        load.await_more(load.answered + ENOUGH)
    # Only what the killed process ran may have failed, and only because of its death.
    assert all("Worker died" in what for what in load.unexpected()), load.outcomes
    assert swapped.predict(MODEL, "x").text == "2"
    eventually(lambda: len(swapped.workers(MODEL)) == 2, 30, "two workers")


def test_sigterm_during_a_swap_ends_the_swap_and_loses_nothing(tmp_path: Path) -> None:
    own = RunningServer(tmp_path / "own", models=[f"{MODEL}={MODEL}-1.mar"])
    archive(own, "1")
    began = tmp_path / "began"
    own.start()
    try:
        family, listeners = own.family(), own.state()["listeners"]
        with Load(own, MODEL) as load, ThreadPoolExecutor(1) as caller:
            load.await_more(ENOUGH)
            swapping = caller.submit(swap, own, archive(own, "2", {"began": str(began)}))
            eventually(began.exists, 20, "the new version loads")
            load.listeners_may_close()
            own.process.send_signal(signal.SIGTERM)
            assert own.process.wait(20) == 0
            refused = swapping.result(20)
        assert refused.status == 503, refused.text
        assert "was undone at step load: " in refused.message
        assert load.unexpected(REFUSED, CLOSED) == {}
        own.assert_nothing_left(family, listeners)
        own.assert_clean_output()
    finally:
        own.kill()
