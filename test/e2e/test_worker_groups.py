"""Models that share a worker process: what is kept apart, who is told what when it ends, who goes."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from support import rest
from support.packing import pack
from support.server import RunningServer
from support.waiting import eventually

MANY = 200
SHARE = 10
"""A shared process takes less than a tenth of the memory of processes of their own."""

SAME_NAME = """
import os
from pathlib import Path

from words import WORD


def handle(data, context):
    if data is None:
        return None
    import late_words  # imported while it runs

    lines = [WORD, late_words.WORD, Path("word.txt").read_text(), str(os.getpid())]
    return [" ".join(lines)] * len(data)
"""


def pack_namesake(store: Path, folder: Path, name: str, group: str) -> None:
    """Packs a model whose files have the names of the other one's."""
    folder.mkdir()
    (folder / "handler.py").write_text(SAME_NAME)
    (folder / "words.py").write_text(f"WORD = 'early-{name}'\n")
    (folder / "late_words.py").write_text(f"WORD = 'late-{name}'\n")
    (folder / "word.txt").write_text(f"file-{name}")
    extra = ",".join(str(folder / file) for file in ("words.py", "late_words.py", "word.txt"))
    pack(store, name, str(folder / "handler.py"), extra_files=extra, config={"workerGroup": group})


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    base = tmp_path_factory.mktemp("groups")
    running = RunningServer(
        base / "server",
        models=["one=one.mar", "two=two.mar", "alone=alone.mar", "async=async.mar"],
        arguments=["--disable-token-auth", "--enable-model-api"],
        config={"default_worker_group": "common"},
    )
    for name in ("one", "two"):
        pack_namesake(running.store, base / name, name, "names")
    pack(running.store, "plain", "acting")
    pack(running.store, "alone", "acting", config={"workerGroup": "none"})
    pack(running.store, "async", "awaiting", config={"asyncCommunication": True})
    pack(running.store, "bad", "raising_at_load")
    pack(running.store, "tiny", "echo")
    with running:
        yield running


def register(server: RunningServer, url: str, name: str, **options: Any) -> rest.Reply:
    return server.manage(
        "POST", "/models", url=url, model_name=name, initial_workers=1, synchronous="true", **options
    )


@contextmanager
def registered(server: RunningServer, url: str, *names: str, **options: Any) -> Iterator[None]:
    """Models that are there for a while."""
    try:
        for name in names:
            reply = register(server, url, name, **options)
            assert reply.status == 200, reply.text
        yield
    finally:
        for name in names:
            server.manage("DELETE", f"/models/{name}")


def worker(server: RunningServer, model: str) -> dict[str, Any]:
    """Returns the model's only worker, once it is ready."""
    return eventually(
        lambda: next((w for w in server.workers(model) if w["status"] == "READY"), None),
        30,
        f"{model} is ready",
    )


def act(server: RunningServer, model: str, **order: Any) -> rest.Reply:
    return server.predict(model, order)


def test_modules_and_files_of_the_same_names_are_kept_apart(server: RunningServer) -> None:
    replies = [server.predict(name, b"x") for name in ("one", "two", "one", "two")]
    assert {reply.status for reply in replies} == {200}, replies[0].text
    answers = [reply.text.split() for reply in replies]
    assert answers[0][:3] == answers[2][:3] == ["early-one", "late-one", "file-one"]
    assert answers[1][:3] == answers[3][:3] == ["early-two", "late-two", "file-two"]
    assert len({answer[3] for answer in answers}) == 1, "one process"


def test_describe_says_who_shares(server: RunningServer) -> None:
    one, two = server.describe("one"), server.describe("two")
    assert one["workerGroup"] == two["workerGroup"] == "names"
    assert one["workers"][0]["pid"] == two["workers"][0]["pid"]
    assert one["workers"][0]["sharesWith"] == ["two/1.0"]
    alone = server.describe("alone")
    assert "workerGroup" not in alone
    assert "sharesWith" not in alone["workers"][0]


def test_models_that_say_nothing_are_in_the_servers_group(server: RunningServer) -> None:
    with registered(server, "plain.mar", "first", "second"):
        first = server.describe("first")
        assert first["workerGroup"] == "common"
        assert first["workers"][0]["sharesWith"] == ["second/1.0"]
        assert first["workers"][0]["pid"] != worker(server, "alone")["pid"]


def test_a_model_that_cannot_share_is_refused_or_has_a_process_of_its_own(server: RunningServer) -> None:
    assert "workerGroup" not in server.describe("async"), "the server's default does not count for it"
    reply = register(server, "async.mar", "refused", worker_group="names")
    assert reply.status == 400
    assert "workerGroup: names, with asyncCommunication (expected: none, or a model without it)" in reply.text
    assert server.manage("GET", "/models/refused").status == 404


def test_a_group_name_that_is_none_is_refused(server: RunningServer) -> None:
    reply = register(server, "plain.mar", "refused", worker_group="a%20b")
    assert reply.status == 400
    assert "worker_group" in reply.text


def test_a_load_that_fails_leaves_the_others_alone(server: RunningServer) -> None:
    with registered(server, "plain.mar", "well", worker_group="loads"):
        pid = worker(server, "well")["pid"]
        assert register(server, "bad.mar", "ill", worker_group="loads").status >= 400
        server.manage("DELETE", "/models/ill")
        assert act(server, "well", do="pid").text == str(pid)


def test_a_crash_costs_its_group_only_and_blames_who_ran(server: RunningServer, tmp_path: Path) -> None:
    with registered(server, "plain.mar", "culprit", "victim", worker_group="crash"):
        pid = worker(server, "victim")["pid"]
        other = worker(server, "one")["pid"]
        with ThreadPoolExecutor(8) as callers:
            began, gate = tmp_path / "began", tmp_path / "gate"
            callers.submit(act, server, "culprit", do="wait", began=str(began), until=str(gate))
            eventually(began.exists, 20, "the culprit runs")
            poison = callers.submit(act, server, "culprit", do="kill")
            waiting: list[Future[rest.Reply]] = [
                callers.submit(act, server, "victim", do="answer", value=str(i)) for i in range(4)
            ]
            eventually(
                lambda: server.describe("victim")["jobQueueStatus"]["pendingRequests"] == 4, 20, "they wait"
            )
            gate.touch()
            assert poison.result(60).message.startswith("Worker died. It was ended by signal 9")
            assert sorted(future.result(60).text for future in waiting) == ["0", "1", "2", "3"]
        assert act(server, "victim", do="pid").text != str(pid)
        assert worker(server, "one")["pid"] == other, "another group"


def test_who_keeps_ending_the_process_gets_one_of_its_own(server: RunningServer) -> None:
    with registered(server, "plain.mar", "wild", "tame", worker_group="apart"):
        for _ in range(3):
            assert "sharesWith" in worker(server, "wild")
            act(server, "wild", do="kill")
            eventually(lambda: not server.describe("wild")["workers"][0].get("sharesWith"), 20, "it is lost")
        described = worker(server, "wild")
        assert described["apart"] is True
        assert described["pid"] != worker(server, "tame")["pid"]
        tame = worker(server, "tame")["pid"]
        act(server, "wild", do="kill")
        assert act(server, "tame", do="pid").text == str(tame)
        assert "from now on its workers have processes of their own" in server.log("ts_log.log")


def test_the_process_ends_with_its_last_model(server: RunningServer) -> None:
    with registered(server, "plain.mar", "last", worker_group="ends"):
        with registered(server, "plain.mar", "before", worker_group="ends"):
            pid = worker(server, "before")["pid"]
        assert act(server, "last", do="pid").text == str(pid)
        assert worker(server, "last")["sharesWith"] == []
    eventually(lambda: not psutil.pid_exists(pid), 20, "the process has ended")


def test_scaling_gives_a_model_a_place_in_another_process(server: RunningServer) -> None:
    with registered(server, "plain.mar", "wide", "narrow", worker_group="scale"):
        server.manage("PUT", "/models/wide", min_worker=2, max_worker=2, synchronous="true")
        pids = {w["pid"] for w in server.workers("wide")}
        assert len(pids) == 2
        assert worker(server, "narrow")["pid"] in pids


def test_two_hundred_models_take_less_than_a_tenth_of_the_memory(server: RunningServer) -> None:
    names = [f"tiny{i}" for i in range(MANY)]
    own = psutil.Process(worker(server, "alone")["pid"]).memory_full_info().uss
    with ThreadPoolExecutor(8) as callers:
        replies = list(
            callers.map(lambda name: register(server, "tiny.mar", name, worker_group="many"), names)
        )
        assert {reply.status for reply in replies} == {200}
        try:
            pids = {worker(server, name)["pid"] for name in (names[0], names[MANY // 2], names[-1])}
            assert len(pids) == 1
            assert len(worker(server, names[0])["sharesWith"]) == MANY - 1
            assert server.predict(names[7], b"seven").text == "seven"
            shared = psutil.Process(pids.pop()).memory_full_info().uss
            assert shared * SHARE < own * MANY
        finally:
            list(callers.map(lambda name: server.manage("DELETE", f"/models/{name}"), names))
