"""Workers that prepare the next batch while one runs: whose fault it is when one of the two goes wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from faults import Seen, burst, last_failure
from observation import Observation
from support.server import RunningServer
from support.waiting import eventually


def order(text: str, **fields: Any) -> str:
    """Returns the body of a request that is answered with a text, unless one of its steps goes wrong."""
    return json.dumps({"text": text} | {k: str(v) if isinstance(v, Path) else v for k, v in fields.items()})


def warm_up(server: RunningServer, model: str) -> None:
    """Serves the first batches of a worker, which are prepared while nothing runs."""
    for _ in range(4):
        assert server.predict(model, order("first")).text == "first"


def said(notes: Path) -> list[str]:
    return notes.read_text().split() if notes.exists() else []


@contextmanager
def two(
    server: RunningServer, model: str, folder: Path, first: dict[str, Any], second: dict[str, Any]
) -> Iterator[tuple[Sequence[Future[Seen]], Path, Path]]:
    """Sends two requests, the second when the first runs if that takes long, else together."""
    notes, gate = folder / "notes", folder / "gate"
    one = order("one", note=notes, until=gate, **first)
    two = order("two", note=notes, until=gate, **second)
    stays = first.get("run") in ("wait", "hang")
    with ExitStack() as calls:
        answers = list(calls.enter_context(burst(server, model, [one] if stays else [one, two])))
        calls.callback(gate.touch)
        if stays:
            eventually(lambda: "run-one" in said(notes), 30, "the first one runs")
            answers += calls.enter_context(burst(server, model, [two]))
            calls.callback(gate.touch)
        yield answers, notes, gate


def test_a_request_is_prepared_while_the_one_before_it_runs(
    server: RunningServer, base: Observation, tmp_path: Path
) -> None:
    warm_up(server, "ahead")
    with two(server, "ahead", tmp_path, {"run": "wait"}, {}) as (answers, notes, gate):
        eventually(lambda: "prepare-two" in said(notes), 30, "the second one is prepared")
        assert said(notes) == ["prepare-one", "run-one", "prepare-two"]
        gate.touch()
        assert [answer.result(60).text for answer in answers] == ["one", "two"]


@pytest.mark.parametrize("how", ["exit", "segfault"])
@pytest.mark.parametrize("guilty", [0, 1])
@pytest.mark.parametrize("step", ["prepare", "run"])
def test_only_the_request_that_ends_the_worker_fails(
    server: RunningServer, base: Observation, tmp_path: Path, how: str, guilty: int, step: str
) -> None:
    warm_up(server, "ahead")
    orders: list[dict[str, Any]] = [{}, {}]
    orders[guilty] = {step: how}
    if guilty == 1 and step == "prepare":
        # The one that is not to blame is under way then; it must run again.
        orders[0] = {"run": "wait"}
    with two(server, "ahead", tmp_path, *orders) as (answers, notes, gate):
        if guilty == 1 and step == "prepare":
            eventually(lambda: said(notes).count("run-one") == 2, 60, "the first one runs again")
        gate.touch()
        seen = [answer.result(60) for answer in answers]
    assert seen[guilty].code == "INTERNAL"
    assert seen[guilty].text.startswith("Worker died.")
    assert seen[1 - guilty] == Seen("OK", ("one", "two")[1 - guilty])


def test_a_preparation_that_hangs_times_out_by_itself(
    server: RunningServer, base: Observation, tmp_path: Path
) -> None:
    warm_up(server, "ahead")
    with two(server, "ahead", tmp_path, {"run": "wait"}, {"prepare": "hang"}) as (answers, notes, gate):
        eventually(lambda: "prepare-two" in said(notes), 30, "the second one hangs")
        gate.touch()
        seen = [answer.result(60) for answer in answers]
    assert seen[0] == Seen("OK", "one")
    assert seen[1].code == "DEADLINE_EXCEEDED"
    assert seen[1].text.startswith("Worker timed out")
    eventually(lambda: "do_hang" in last_failure(server, "ahead"), 10, "the stack of the thread that hung")


def test_a_run_that_hangs_takes_what_was_prepared_with_it_only_to_run_it_again(
    server: RunningServer, base: Observation, tmp_path: Path
) -> None:
    warm_up(server, "ahead")
    with two(server, "ahead", tmp_path, {"run": "hang"}, {}) as (answers, notes, _):
        seen = [answer.result(60) for answer in answers]
        assert "prepare-two" in said(notes)
    assert seen[0].code == "DEADLINE_EXCEEDED"
    assert seen[1] == Seen("OK", "two")
