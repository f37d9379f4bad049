"""Workers that are groups of ranks: started by torchrun, they answer, fail and end as one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml
from support import rest
from support.packing import pack
from support.server import RunningServer
from support.waiting import eventually

torch = pytest.importorskip("torch")

EXAMPLE = Path(__file__).parents[2] / "examples" / "tensor_parallel"
PATIENCE_SECONDS = 60
GROUP = {"deviceType": "cpu", "parallelType": "tp", "parallelLevel": 2, "batchSize": 4}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    running = RunningServer(
        tmp_path_factory.mktemp("ranks") / "server",
        models=["ranks=ranks.mar"],
        arguments=["--disable-token-auth", "--enable-model-api"],
        config={"heartbeat_interval": "1s", "heartbeat_timeout": "3s"},
    )
    pack(running.store, "ranks", "ranked", config={**GROUP, "responseTimeout": 7})
    with running:
        yield running


def ask(server: RunningServer, **order: Any) -> rest.Reply:
    return server.predict("ranks", json.dumps(order))


def answer(server: RunningServer, **order: Any) -> dict[str, Any]:
    """Returns the answer to a request, once the group serves."""

    def answered() -> Any:
        reply = ask(server, **order)
        return reply.json() if reply.status == 200 else None

    return dict(eventually(answered, PATIENCE_SECONDS, "the group serves"))


def await_failure(server: RunningServer, *words: str) -> None:
    def told() -> bool:
        failure = str(server.describe("ranks").get("lastFailure"))
        return all(word in failure for word in words)

    eventually(told, PATIENCE_SECONDS, f"lastFailure says {words}")


def gone(*pids: int) -> None:
    eventually(lambda: not any(psutil.pid_exists(pid) for pid in pids), 20, f"none of {pids} is left")


def test_all_ranks_work_and_rank_0_answers(server: RunningServer) -> None:
    told = answer(server)
    assert told["sum"] == 3
    assert [told[name] for name in ("RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE")] == list("0022")
    assert told["OMP_NUM_THREADS"] == "1"
    assert told["gpu_id"] is None
    model = server.describe("ranks")
    assert (model["parallelType"], model["parallelLevel"]) == ("tp", 2)
    assert [worker["pid"] for worker in model["workers"]] == told["pids"][:1]


def test_a_stream_comes_from_rank_0(server: RunningServer) -> None:
    answer(server)
    assert ask(server, pieces=3).text == "0:3;1:3;2:3;"


def test_lines_say_which_rank_has_printed_them(server: RunningServer) -> None:
    answer(server)
    for rank in (0, 1):
        eventually(lambda mark=f"rank {rank}: joined as one of 2": mark in server.text(), 20)


def test_an_exception_of_all_ranks_is_the_handlers(server: RunningServer) -> None:
    before = answer(server)["pids"]
    assert ask(server, rank="all", how="raise").status in (500, 503)
    assert answer(server)["pids"] == before


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("kill", "Rank 1 was ended by signal 9"),
        pytest.param("exit", "Rank 1 exited with code 7", marks=pytest.mark.nightly),
    ],
)
def test_a_rank_that_ends_in_a_run_ends_its_group_and_is_named(
    server: RunningServer, how: str, words: str
) -> None:
    before = answer(server, child=True)
    reply = ask(server, rank=1, how=how)
    assert reply.status >= 500
    assert words in reply.message
    await_failure(server, words)
    gone(*before["pids"], before["agent"], before["child"])
    assert answer(server)["pids"] != before["pids"]


@pytest.mark.nightly
def test_a_rank_that_fails_alone_is_named(server: RunningServer) -> None:
    before = answer(server)["pids"]
    reply = ask(server, rank=1, how="raise")
    assert "Rank 1 failed in a run that the others did not end" in reply.message
    await_failure(server, "rank 1: ", "ValueError")
    gone(*before)


def test_a_rank_that_hangs_in_a_run_is_named_with_the_stacks_of_all(server: RunningServer) -> None:
    before = answer(server)["pids"]
    reply = ask(server, rank=1, how="hang")
    assert reply.status >= 500
    assert "Late: rank" in reply.message
    await_failure(server, "rank 0: ", "rank 1: ", "ranked.py")
    gone(*before)


def test_an_idle_rank_that_is_stopped_is_named(server: RunningServer) -> None:
    before = answer(server)["pids"]
    psutil.Process(before[1]).suspend()
    await_failure(server, "Late: rank 1.")
    gone(*before)


@pytest.mark.nightly
def test_the_end_of_torchrun_ends_the_ranks(server: RunningServer) -> None:
    before = answer(server)
    psutil.Process(before["agent"]).kill()
    await_failure(server, "torchrun was ended by signal 9")
    gone(*before["pids"])


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("raise", "rank 1: "),
        pytest.param("kill", "Rank 1 was ended by signal 9", marks=pytest.mark.nightly),
        pytest.param("hang", "Late: rank", marks=pytest.mark.nightly),
    ],
)
def test_a_rank_that_fails_at_load_is_named(server: RunningServer, how: str, words: str) -> None:
    name = f"load-{how}"
    config = {**GROUP, "startupTimeout": 15, "fails": {"rank": 1, "how": how}}
    pack(server.store, name, "ranked", config=config)
    path = f"/models?url={name}.mar&initial_workers=1&synchronous=true"
    reply = rest.call(server.management, "POST", path)
    assert reply.status >= 400
    assert words in reply.message
    assert rest.call(server.management, "GET", f"/models/{name}").status == 404


REFUSED = {
    "more devices than there are": (
        {"parallelType": "tp", "parallelLevel": 2, "deviceType": "gpu"},
        "No enough gpu devices",
    ),
    "two numbers of processes": (
        {**GROUP, "torchrun": {"nproc-per-node": 3}},
        "parallelLevel: 2 (expected: 3, torchrun's nproc-per-node",
    ),
    "several machines": ({**GROUP, "torchrun": {"nnodes": 2}}, "torchrun.nnodes: 2 (expected: 1"),
    "unknown options": ({**GROUP, "torchrun": {"standalone": True}}, "torchrun.standalone: unknown key"),
    "runs beside each other": (
        {**GROUP, "asyncCommunication": True},
        "asyncCommunication: true, with parallelType (expected: only one of them",
    ),
    "one turn of many requests": (
        {**GROUP, "continuousBatching": True},
        "continuousBatching: true, with parallelType (expected: only one of them",
    ),
    "a level of nothing": ({"parallelLevel": 2}, "parallelLevel has no effect without parallelType"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_options_that_cannot_be_met_are_refused(server: RunningServer, case: str) -> None:
    config, words = REFUSED[case]
    pack(server.store, "refused", "ranked", config=config)
    reply = rest.call(server.management, "POST", "/models?url=refused.mar&initial_workers=1")
    assert reply.status == 400
    assert words in reply.message
    assert rest.call(server.management, "GET", "/models/refused").status == 404


def test_the_example_multiplies_with_half_of_the_weights_in_each_rank(
    server: RunningServer, tmp_path: Path
) -> None:
    torch.save(torch.arange(8.0).reshape(4, 2), tmp_path / "weights.pt")
    pack(
        server.store,
        "layer",
        str(EXAMPLE / "handler.py"),
        config=yaml.safe_load((EXAMPLE / "model-config.yaml").read_text()),
        extra_files=str(tmp_path / "weights.pt"),
    )
    path = "/models?url=layer.mar&initial_workers=1&synchronous=true"
    assert rest.call(server.management, "POST", path).status == 200
    reply = server.predict("layer", "[1, 2]", Content_Type="application/json")
    assert reply.json() == [2.0, 8.0, 14.0, 20.0]
    assert rest.call(server.management, "DELETE", "/models/layer").status == 200


def test_custom_is_one_process(server: RunningServer) -> None:
    pack(server.store, "custom", "echo", config={**GROUP, "parallelType": "custom"})
    path = "/models?url=custom.mar&initial_workers=1&synchronous=true"
    assert rest.call(server.management, "POST", path).status == 200
    assert server.predict("custom", "x").text == "x"
    assert psutil.Process(server.workers("custom")[0]["pid"]).cmdline()[-1] == "ts._worker"


def test_nothing_is_left_when_the_server_is_killed(tmp_path: Path) -> None:
    running = RunningServer(tmp_path / "server", models=["ranks=ranks.mar"])
    pack(running.store, "ranks", "ranked", config=GROUP)
    running.start()
    try:
        told = answer(running)
        running.process.kill()
        gone(*told["pids"], told["agent"])
    finally:
        running.kill()
