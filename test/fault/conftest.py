"""Fixtures of the fault tests: one server for each profile, and the base line that each test must leave."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
pytest.register_assert_rewrite("observation", "faults")

from faults import HANDLERS, order, warm_up  # noqa: E402
from observation import Observation, assert_recovers  # noqa: E402
from support.packing import pack  # noqa: E402
from support.server import RunningServer  # noqa: E402

PROFILES = ("mariner", "torchserve")
WINDOW = {"batchSize": 8, "maxBatchDelay": 1500}
MODELS: dict[str, tuple[str, dict[str, Any]]] = {
    "faulty": ("faulty", {}),
    "brief": ("faulty", {"responseTimeout": 1}),
    "short": ("faulty", {"jobQueueSize": 2}),
    "mates": ("faulty", WINDOW),
    "unstarted": ("faulty", {**WINDOW, "retryOnWorkerLoss": "unstarted"}),
    "never": ("faulty", {**WINDOW, "retryOnWorkerLoss": "never"}),
    "ahead": ("preparing", {"prepareAhead": True, "responseTimeout": 3}),
    "bystander": ("faulty", {}),
}


@pytest.fixture(scope="session", params=PROFILES)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    """A server whose models can be made to fail in every way; after each test it has to be as before."""
    running = RunningServer(
        tmp_path_factory.mktemp("faults") / request.param,
        profile=request.param,
        models=[f"{name}={name}.mar" for name in (*MODELS, "stream")],
        arguments=["--disable-token-auth", "--enable-model-api"],
        config={
            "heartbeat_interval": "1s",
            "heartbeat_timeout": "3s",
            "max_inflight_bytes": 4_000_000,
            "max_request_size": 3_000_000,
            "idle_timeout": "3s",
            "header_timeout": "3s",
            "min_body_rate_grace": "3s",
            "stream_stall_timeout": "2s",
            "event_stream_keep_alive": "1s",
        },
    )
    for name, (handler, config) in MODELS.items():
        pack(running.store, name, str(HANDLERS / f"{handler}.py"), config=config)
    pack(running.store, "stream", "streaming")
    with running:
        warm_up(running)
        yield running


@pytest.fixture
def base(server: RunningServer) -> Iterator[Observation]:
    """The base line before the test; the server has to come back to it."""
    before = Observation.of(server)
    assert not before.uncounted
    yield before
    assert_recovers(server, before)
    # A worker that has served is restarted at once after its next loss: tests do not wait for each other.
    for model in ("bystander", "faulty", "brief"):
        assert server.predict(model, order("answer")).text == "1"
