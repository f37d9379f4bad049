"""Workers forked from a process that has imported what they need: the same promises as for others."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest
from faults import HANDLERS, call_grpc, last_failure, order, pid_of
from support.packing import pack
from support.server import RunningServer
from support.waiting import eventually
from test_worker_loss import ENDS

HEAVY = """
import os
import numpy
print("heavy is being imported in", os.getpid())
"""
PEEK = """
import os
import random
import sys

import heavy
import numpy


def handle(data, context):
    if data is None:
        return None
    told = {
        "pid": os.getpid(),
        "parent": os.getppid(),
        "folder": os.getcwd(),
        "arguments": sys.argv[1:],
        "worker": os.environ["MARINER_WORKER"],
        "descriptors": sorted(os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd")
                              if os.path.exists(f"/proc/self/fd/{fd}")),
        "random": random.random(),
        "numpy": float(numpy.random.random()),
        "stdin": sys.stdin.read(),
    }
    return [told] * len(data)
"""


def make(base: Path, modules: str = "heavy", workers: int = 1, **environment: str) -> RunningServer:
    """A server that forks its workers, with the models `faulty` and `peek`."""
    imported = base / "imported"
    imported.mkdir(parents=True)
    (imported / "heavy.py").write_text(HEAVY, encoding="utf-8")
    (imported / "peek.py").write_text(PEEK, encoding="utf-8")
    server = RunningServer(
        base,
        models=["faulty=faulty.mar", "peek=peek.mar"],
        config={"preload_modules": modules, "default_workers_per_model": workers},
        environment={"PYTHONPATH": str(imported), **environment},
    )
    pack(server.store, "faulty", str(HANDLERS / "faulty.py"), config={"responseTimeout": 2})
    pack(server.store, "peek", str(imported / "peek.py"))
    return server


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server with a fork server, of which tests damage workers only."""
    with make(tmp_path_factory.mktemp("forks") / "shared") as server:
        yield server


@pytest.fixture
def own(tmp_path: Path) -> Iterator[RunningServer]:
    """A server with a fork server that the test may damage."""
    with make(tmp_path / "own") as server:
        yield server


def peek(server: RunningServer) -> Any:
    """What a worker tells of itself."""
    return server.predict("peek", "x").json()


def fork_server(server: RunningServer) -> psutil.Process:
    """The process that the workers were forked from."""
    (found,) = psutil.Process(server.process.pid).children()
    assert "--fork-server" in found.cmdline()
    return found


def test_workers_share_what_one_process_imported(tmp_path: Path) -> None:
    with make(tmp_path / "own", workers=3) as server:
        seen: dict[int, Any] = {}
        for told in (peek(server) for _ in range(12)):
            seen.setdefault(told["pid"], told)
        parent = fork_server(server)
        assert len(seen) == 3
        assert {told["parent"] for told in seen.values()} == {parent.pid}
        for generator in ("random", "numpy"):
            first = {told[generator] for told in seen.values()}
            assert len(first) == 3, f"each fork has its own numbers of {generator}"
        assert server.log("ts_log.log").count(f"heavy is being imported in {parent.pid}") == 1
        assert "heavy is being imported" not in server.log("model_log.log")


def test_a_fork_looks_like_a_process_of_its_own(shared: RunningServer) -> None:
    told = peek(shared)
    assert Path(told["folder"]).parent.name == "models"
    assert (told["arguments"], told["stdin"]) == ([], "")
    assert told["worker"] in {str(worker["id"]) for worker in shared.workers("peek")}
    assert not {"MARINER_WORKER", "MARINER_NONCE"} & set(fork_server(shared).environ())
    pipes = [name for name in told["descriptors"] if name.startswith("pipe:")]
    assert pipes == [], "none of the fork server's own"
    files = [name for name in told["descriptors"] if "fork-" in name]
    assert len(files) == 2
    assert all(name.endswith("(deleted)") for name in files), "its two outputs"


@pytest.mark.timed
@pytest.mark.parametrize(("do", "more", "cause"), ENDS)
def test_a_fork_that_ends_is_told_with_its_cause(
    shared: RunningServer, do: str, more: dict[str, Any], cause: str
) -> None:
    before, mark = pid_of(shared, "faulty"), f"last words before {do}"
    reply = shared.predict("faulty", order(do, says=mark, **more))
    assert reply.message.startswith(f"Worker died. It {cause}")
    assert mark in last_failure(shared, "faulty")
    eventually(lambda: mark in shared.log("model_log.log"), 10, "the worker's words in its log")
    eventually(lambda: shared.predict("faulty", order("answer")).text == "1", 20, "it is replaced")
    assert pid_of(shared, "faulty") != before


def test_a_fork_that_hangs_shows_its_stacks(shared: RunningServer) -> None:
    reply = shared.predict("faulty", order("hang_here"))
    assert (reply.status, reply.message.split(":")[0]) == (504, "Worker timed out")
    eventually(lambda: "do_hang_here" in last_failure(shared, "faulty"), 10, "the stacks")
    eventually(lambda: shared.predict("faulty", order("answer")).text == "1", 20, "it is replaced")


def test_when_the_fork_server_ends_its_workers_are_replaced(own: RunningServer, tmp_path: Path) -> None:
    parent, began = fork_server(own), tmp_path / "began"
    workers = parent.children()
    with ThreadPoolExecutor(1) as caller:
        running = caller.submit(call_grpc, own, "faulty", order("native", began=began))
        eventually(began.exists, 20, "a worker is inside native code")
        parent.kill()
        assert running.result(10).code == "INTERNAL"
    _, alive = psutil.wait_procs(workers, timeout=5)
    assert alive == []
    eventually(lambda: own.predict("faulty", order("answer")).text == "1", 20, "a worker of a new one")
    assert peek(own)["parent"] == fork_server(own).pid != parent.pid


def test_nothing_is_left_of_forks_when_the_server_is_killed(tmp_path: Path) -> None:
    server = make(tmp_path / "own").start()
    try:
        family = psutil.Process(server.process.pid).children(recursive=True)
        assert len(family) == 3
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
        _, alive = psutil.wait_procs(family, timeout=5)
        assert alive == []
    finally:
        server.kill()


THREAD = """
import threading

threading.Thread(target=threading.Event().wait, name="loud", daemon=True).start()
"""
REFUSALS = [
    ("nowhere", "", "No module named 'nowhere'"),
    ("loud", THREAD, "threads: loud (expected: none is started by an import)"),
    ("leaving", "import os\nos._exit(3)", "the fork server has ended"),
]


@pytest.mark.parametrize(("module", "source", "reason"), REFUSALS)
def test_what_can_not_be_forked_is_told_and_workers_start_without_it(
    tmp_path: Path, module: str, source: str, reason: str
) -> None:
    server = make(tmp_path / "own", modules=f"heavy,{module}")
    if source:
        (tmp_path / "own" / "imported" / f"{module}.py").write_text(source, encoding="utf-8")
    with server:
        assert peek(server)["parent"] == server.process.pid
        log = server.log("ts_log.log")
    assert f"preload_modules: {reason}" in log.replace("ModuleNotFoundError: ", "").replace("Unsafe: ", "")
    assert log.count("workers are started without it") == 1
