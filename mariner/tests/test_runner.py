"""The runner takes any plan: handlers as text, raw bodies, fixed answers, failures in other words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import mariner
from mariner.plan import Answer, Document, Node, Plan, Route, Stage
from mariner.runner import Runner

ECHO = """
def handle(data, context):
    if data is None:
        return None
    return [bytes(row["body"]) + context.get_route(index).encode() for index, row in enumerate(data)]
"""
FAILING = """
from ts.utils.util import PredictionException


class Handler:
    def initialize(self, context):
        pass

    def handle(self, data, context):
        if data[0]["body"] == b"teapot":
            raise PredictionException("short and stout", 418)
        raise ValueError("no weights")
"""
STREAMING = """
def handle(data, context):
    if data is None:
        return None
    return pieces()


def pieces():
    yield ["a"]
    yield ["b"]
"""
PLAN = Plan(
    "words",
    [Stage("echo", ECHO, {"batchSize": 4}), Stage("fail", FAILING), Stage("stream", STREAMING)],
    [
        Route("/echo", [Node("only", "echo")], empty_body=Answer(200, "no data", "text/plain")),
        Route("/twice", [Node("one", "echo"), Node("two", "echo", ["one"])]),
        Route("/fail", [Node("only", "fail")]),
        Route("/stream", [Node("only", "stream")]),
    ],
    [Document("/", "text/plain", b"up", health=True)],
    {"*": Answer(500, "inference error: {message} as {json}", "text/plain")},
)


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    with Runner(PLAN, raise_errors=False) as started:
        yield started


def test_handlers_as_text_see_their_place(runner: Runner) -> None:
    assert runner.post("/echo", content=b"x").text == "x0#only"
    assert runner.post("/twice", content=b"x").text == "x1#one1#two"


def test_requests_of_one_batch_are_answered_each(runner: Runner) -> None:
    found = runner.batch("POST", "/echo", [(b"1", {}), (b"", {}), (b"2", {})])
    assert [one.text for one in found] == ["10#only", "no data", "20#only"]


def test_failures_have_the_applications_words(runner: Runner) -> None:
    assert (
        runner.post("/fail", content=b"teapot").text
        == 'inference error: short and stout as "short and stout"'
    )
    failed = runner.post("/fail", content=b"x")
    assert (failed.status, failed.headers["content-type"]) == (500, "text/plain")


def test_pieces_come_one_by_one(runner: Runner) -> None:
    assert runner.post("/stream", content=b"x").pieces == (b"a", b"b")


def test_pages_and_unknown_paths(runner: Runner) -> None:
    assert runner.request("GET", "/").text == "up"
    assert runner.post("/nowhere").status == 404
    assert runner.request("PUT", "/echo").status == 405


def test_a_runner_that_was_not_started_says_so() -> None:
    def same(value: Any) -> Any:
        return value

    with pytest.raises(
        RuntimeError, match=r"'same' does not run \(expected: `with app.local\(\) as local`\)"
    ):
        mariner.App(same).local().post("/predict", json=1)
