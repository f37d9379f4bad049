"""Workers that end under a request: who is told what, when, and what is left."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psutil
import pytest
from faults import burst, call_grpc, last_failure, order, pid_of, running, together
from observation import Observation, counts
from support.server import RunningServer
from support.waiting import eventually

PROMPT_SECONDS = 0.25
SLACK_SECONDS = 0.75
"""Other tests may keep the machine busy."""

ENDS = [
    ("kill", {}, "was ended by signal 9 (SIGKILL)"),
    ("segfault", {}, "was ended by signal 11 (SIGSEGV)"),
    ("abort", {}, "was ended by signal 6 (SIGABRT)"),
    ("exit", {"code": 3}, "exited with code 3"),
    ("system_exit", {"code": 4}, "exited with code 4"),
]


def status_of_loss(server: RunningServer, do: str) -> int:
    # What is killed by SIGKILL was mostly killed for want of memory; TorchServe has a status for that.
    return 507 if do == "kill" and server.profile == "torchserve" else 500


@pytest.mark.timed
@pytest.mark.profiled
@pytest.mark.parametrize(("do", "more", "cause"), ENDS)
def test_a_worker_that_ends_under_a_request_is_told_with_its_cause(
    server: RunningServer, base: Observation, do: str, more: dict[str, Any], cause: str
) -> None:
    before, mark = pid_of(server, "faulty"), f"last words before {do}"
    reply = server.predict("faulty", order(do, says=mark, **more))
    assert (reply.status, reply.json()["type"]) == (status_of_loss(server, do), "InternalServerException")
    assert reply.message.startswith(f"Worker died. It {cause}")
    assert mark not in reply.text, "what a worker printed is nothing for clients"
    failure = last_failure(server, "faulty")
    assert failure.startswith(f"Worker died. It {cause}")
    assert mark in failure
    eventually(lambda: mark in server.log("model_log.log"), 10, "the worker's words in its log")
    eventually(lambda: f"Worker died. It {cause}" in server.log("ts_log.log"), 10, "the cause in the log")
    assert pid_of(server, "faulty") != before


@pytest.mark.timed
@pytest.mark.profiled
@pytest.mark.parametrize(("do", "more", "cause"), ENDS)
def test_the_same_over_grpc(
    server: RunningServer, base: Observation, do: str, more: dict[str, Any], cause: str
) -> None:
    seen = call_grpc(server, "faulty", order(do, **more))
    assert seen.code == "INTERNAL"
    assert seen.text.startswith(f"Worker died. It {cause}")


@pytest.mark.timed
def test_a_request_ends_promptly_after_its_worker(
    server: RunningServer, base: Observation, tmp_path: Path
) -> None:
    pid = pid_of(server, "faulty")
    with running(server, "faulty", tmp_path / "gate") as answer:
        killed = time.monotonic()
        os.kill(pid, signal.SIGKILL)
        reply, ended = answer.result(10)
    assert reply.status == status_of_loss(server, "kill")
    assert ended - killed < PROMPT_SECONDS + SLACK_SECONDS


def test_an_idle_worker_that_ends_is_replaced_and_costs_no_answer(
    server: RunningServer, base: Observation
) -> None:
    before = pid_of(server, "faulty")
    os.kill(before, signal.SIGKILL)
    eventually(lambda: before not in [w["pid"] for w in server.workers("faulty")], 10, "the loss is seen")
    reply = server.predict("faulty", order("pid"))
    assert reply.status == 200
    assert int(reply.text) != before


@pytest.mark.profiled
@pytest.mark.parametrize("do", ["kill", "segfault"])
def test_a_poison_request_in_a_batch_is_blamed_and_its_mates_are_answered(
    server: RunningServer, base: Observation, tmp_path: Path, do: str
) -> None:
    notes = tmp_path / "notes"
    bodies = [order(do if i == 3 else "answer", note=notes, name=str(i)) for i in range(8)]
    replies = together(server, "mates", bodies)
    statuses = [reply.status for reply in replies]
    assert statuses == [200] * 3 + [status_of_loss(server, do)] + [200] * 4
    assert replies[3].message.startswith("Worker died.")
    # The batch ran again in halves, and the half with the poison in halves of its own, down to that one.
    assert sorted(reply.text for reply in replies if reply.status == 200) == ["1", "2", "2", *["4"] * 4]
    runs = Counter(notes.read_text().split())
    assert sorted(runs.values()) == [2] * 4 + [3] * 2 + [4] * 2
    assert runs["3"] == 4


def test_reruns_are_counted_apart(server: RunningServer, base: Observation) -> None:
    before = counts(server)["mates"]
    together(server, "mates", [order("exit", code=1)] + [order("answer")] * 7)
    after = counts(server)["mates"]
    assert after.accepted - before.accepted == 8
    assert after.answered - before.answered == 7
    assert after.failed - before.failed == 1
    assert after.reruns - before.reruns == 8 + 4 + 2
    assert after.losses - before.losses == 4


@pytest.mark.profiled
def test_a_batch_of_nothing_but_poison_ends_and_the_next_one_is_served(
    server: RunningServer, base: Observation
) -> None:
    before = counts(server)["mates"].losses
    replies = together(server, "mates", [order("segfault")] * 8)
    assert [reply.status for reply in replies] == [500] * 8
    assert all(reply.message.startswith("Worker died.") for reply in replies)
    # One for the batch, its two halves, their four and the eight requests.
    assert counts(server)["mates"].losses - before == 1 + 2 + 4 + 8
    assert [reply.status for reply in together(server, "mates", [order("answer")] * 8)] == [200] * 8


@pytest.mark.parametrize("do", ["kill", "segfault", "exit"])
def test_single_requests_sent_ahead_run_once_and_only_the_poison_is_blamed(
    server: RunningServer, base: Observation, tmp_path: Path, do: str
) -> None:
    before = counts(server)["faulty"]
    for turn in range(4):
        show_short_runs(server, "faulty")
        notes = tmp_path / f"notes{turn}"
        poison = 3 * turn + 1
        bodies = [
            order(do if i == poison else "answer", code=3, text=str(i), note=notes, name=str(i))
            for i in range(12)
        ]
        with burst(server, "faulty", bodies) as answers:
            seen = [answer.result(60) for answer in answers]
        assert [answer.code for answer in seen] == ["OK"] * poison + ["INTERNAL"] + ["OK"] * (11 - poison)
        assert seen[poison].text.startswith("Worker died.")
        assert [answer.text for answer in seen if answer.code == "OK"] == [
            str(i) for i in range(12) if i != poison
        ]
        # What was served before the poison was not lost with it, so nothing had to run again.
        assert sorted(notes.read_text().split(), key=int) == [str(i) for i in range(12)]
    assert counts(server)["faulty"].losses - before.losses == 4


def show_short_runs(server: RunningServer, model: str) -> None:
    """Lets the server see so many short runs of a fresh worker that single requests are sent ahead to it."""
    for _ in range(12):
        assert call_grpc(server, model, order("answer")).code == "OK"


def test_only_the_one_that_hangs_of_single_requests_sent_ahead_times_out(
    server: RunningServer, base: Observation, tmp_path: Path
) -> None:
    show_short_runs(server, "brief")
    notes = tmp_path / "notes"
    bodies = [order("hang_here" if i == 5 else "answer", note=notes, name=str(i)) for i in range(12)]
    with burst(server, "brief", bodies) as answers:
        seen = [answer.result(60) for answer in answers]
    assert [answer.code for answer in seen] == ["OK"] * 5 + ["DEADLINE_EXCEEDED"] + ["OK"] * 6
    assert seen[5].text.startswith("Worker timed out")
    assert sorted(notes.read_text().split(), key=int) == [str(i) for i in range(12)]


def test_answers_of_short_runs_do_not_wait_for_a_long_one_that_was_sent_ahead(
    server: RunningServer, base: Observation, tmp_path: Path
) -> None:
    show_short_runs(server, "faulty")
    notes, gate = tmp_path / "notes", tmp_path / "gate"
    bodies = [order("wait" if i == 5 else "answer", until=gate, note=notes, name=str(i)) for i in range(12)]
    with burst(server, "faulty", bodies) as answers:
        try:
            eventually(lambda: notes.exists() and "5" in notes.read_text().split(), 30, "the long run began")
            begun = notes.read_text().split()
            assert begun[-1] == "5"
            for name in begun[:-1]:
                assert answers[int(name)].result(10).code == "OK"
            assert not answers[5].done()
        finally:
            gate.touch()
        assert [answer.result(60).code for answer in answers] == ["OK"] * 12


@pytest.mark.timed
@pytest.mark.profiled
@pytest.mark.parametrize("model", ["unstarted", "never"])
def test_without_mates_a_batch_fails_as_a_whole(
    server: RunningServer, base: Observation, tmp_path: Path, model: str
) -> None:
    notes = tmp_path / "notes"
    bodies = [order("exit" if i == 3 else "answer", code=1, note=notes, name=str(i)) for i in range(8)]
    replies = together(server, model, bodies)
    assert [reply.status for reply in replies] == [500] * 8
    assert all(reply.message.startswith("Worker died. It exited with code 1") for reply in replies)
    assert len(notes.read_text().split()) == 8, "nothing ran twice"


@pytest.mark.timed
@pytest.mark.parametrize("by_signal", [False, True])
def test_children_of_a_lost_worker_end_with_it_and_hold_nothing_up(
    server: RunningServer, base: Observation, tmp_path: Path, by_signal: bool
) -> None:
    pids, begun = tmp_path / "pids", time.monotonic()
    reply = server.predict("faulty", order("leave_children", pids=pids, by_signal=by_signal))
    assert reply.message.startswith("Worker died.")
    assert time.monotonic() - begun < PROMPT_SECONDS + 2 * SLACK_SECONDS
    children = pids.read_text().split()
    assert len(children) == 2
    eventually(lambda: not any(map(alive, children)), 10, "the children are gone")


def alive(pid: str) -> bool:
    try:
        return psutil.Process(int(pid)).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_many_losses_in_a_row_leave_nothing_behind(server: RunningServer, base: Observation) -> None:
    seen = []
    for _ in range(20):
        eventually(lambda: server.workers("faulty"), 30, "a worker")
        # A worker that has served begins anew: its next start is near.
        assert server.predict("faulty", order("answer")).status == 200
        seen.append(server.predict("faulty", order("exit", code=1)).status)
    assert seen == [500] * 20
    assert server.predict("faulty", order("answer")).status == 200
