"""Workers that come and go as the options say: nothing accepted is lost, and the server stays ready."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from faults import HANDLERS, order
from load import Load
from support import rest
from support.packing import pack
from support.server import RunningServer
from support.waiting import eventually

MODELS: dict[str, tuple[str, dict[str, Any]]] = {
    "requests": ("faulty", {"minWorkers": 2, "maxWorkerRequests": 100}),
    "rss": ("growing", {"maxWorkerRssMb": 120}),
    "age": ("faulty", {"maxWorkerAgeSec": 4}),
    "elastic": (
        "slow",
        {"minWorkers": 1, "maxWorkers": 3, "autoscale": True, "autoscaleCooldownSec": 1},
    ),
    "idle": ("faulty", {"idleUnloadSec": 2}),
}


@pytest.fixture(scope="module", params=["mariner", "torchserve"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    """A server whose models differ in when their workers come and go."""
    running = RunningServer(
        tmp_path_factory.mktemp("staffing") / request.param,
        profile=request.param,
        models=[f"{name}={name}.mar" for name in MODELS],
        arguments=["--disable-token-auth", "--enable-model-api"],
    )
    for name, (handler, config) in MODELS.items():
        pack(running.store, name, str(HANDLERS / f"{handler}.py"), config=config)
    with running:
        yield running


def counted(server: RunningServer, name: str, model: str) -> float:
    """Returns the sum of the model's series of that metric."""
    page = rest.call(server.metrics, "GET", "/metrics").text
    rows = re.findall(rf"^{name}{{([^}}]*)}} (\S+)$", page, re.MULTILINE)
    return sum(float(value) for labels, value in rows if f'model_name="{model}"' in labels)


def ready(server: RunningServer, model: str) -> int:
    """Returns the number of workers that take requests."""
    return sum(worker["status"] == "READY" for worker in server.describe(model)["workers"])


@pytest.mark.parametrize("reason", ["requests", "rss", "age"])
def test_recycling_under_load_loses_nothing(server: RunningServer, reason: str) -> None:
    """Readiness does not waver either, and a worker that was replaced is no loss."""
    seen: set[int] = set()

    def recycled_twice() -> bool:
        seen.add(rest.call(server.inference, "GET", f"/readyz?model={reason}").status)
        return counted(server, "mariner_worker_recycles_total", reason) >= before + 2

    first = {worker["id"] for worker in server.describe(reason)["workers"]}
    before = counted(server, "mariner_worker_recycles_total", reason)
    with Load(server, reason, 1) as load:
        eventually(recycled_twice, 90, "two workers are replaced")
        load.await_more(load.answered + 20)
    assert load.unexpected() == {}
    assert seen == {200}
    described = server.describe(reason)
    assert "lastFailure" not in described
    assert not first & {worker["id"] for worker in described["workers"] if worker["status"] == "READY"}
    assert counted(server, "mariner_worker_losses_total", reason) == 0
    wanted = described["minWorkers"]
    eventually(lambda: len(server.describe(reason)["workers"]) == wanted, 30, "no worker is left over")
    assert f'reason="{reason}"' in rest.call(server.metrics, "GET", "/metrics").text


def test_workers_follow_the_load_and_nothing_is_lost(server: RunningServer) -> None:
    assert ready(server, "elastic") == 1
    with Load(server, "elastic", 2) as load:
        eventually(lambda: ready(server, "elastic") == 3, 60, "the load has brought three workers")
        load.await_more(load.answered + 50)
        assert rest.call(server.inference, "GET", "/readyz?model=elastic").status == 200
    eventually(lambda: len(server.describe("elastic")["workers"]) == 1, 60, "they have gone again")
    assert load.unexpected() == {}
    assert counted(server, "mariner_worker_losses_total", "elastic") == 0
    assert server.predict("elastic", order("answer")).status == 200


def test_an_idle_model_gives_its_memory_back_until_it_is_asked(server: RunningServer) -> None:
    before = int(server.predict("idle", order("pid")).text)
    eventually(lambda: server.describe("idle").get("unloaded"), 30, "the model is unloaded")
    eventually(lambda: not psutil.pid_exists(before), 30, "its process is gone")
    eventually(lambda: not server.describe("idle")["workers"], 30, "the server has seen it go")
    assert rest.call(server.inference, "GET", "/readyz?model=idle").status == 200
    answer = server.predict("idle", order("pid"))
    assert answer.status == 200
    assert int(answer.text) != before
    assert "unloaded" not in server.describe("idle")
    assert "idleUnloadSec" in server.log("ts_log.log")


def test_sigterm_in_the_middle_of_replacements_loses_nothing(tmp_path: Path) -> None:
    """Every worker is replaced after a few requests, so there is always one on its way."""
    server = RunningServer(tmp_path / "own", models=["brisk=brisk.mar"])
    pack(server.store, "brisk", str(HANDLERS / "faulty.py"), config={"maxWorkerRequests": 5})
    server.start()
    try:
        family, listeners = server.family(), server.state()["listeners"]
        with Load(server, "brisk", 1) as load:
            eventually(lambda: counted(server, "mariner_worker_recycles_total", "brisk") >= 2, 60, "two")
            load.listeners_may_close()
            server.process.terminate()
            assert server.process.wait(30) == 0
        assert load.unexpected("refused", "closed") == {}
        server.assert_nothing_left(family, listeners)
    finally:
        server.kill()
