"""Answers that can't be sent fail with the model's name, what it answered, and what was expected."""

from __future__ import annotations

import threading
from array import array
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

import mariner
from mariner.answers import AnswerError, BatchError
from mariner.openapi import document
from mariner.runner import LocalAnswer, Runner
from ts._wire.messages import ErrorCode
from ts._worker.outcome import failure_of


class Secret:
    """Tells what nobody should read when it is pickled."""

    def __reduce__(self) -> Any:
        raise ValueError("the password is 1234")


@dataclass
class Word:
    text: str


class Forged:
    """Can be pickled, but not be read again."""

    def __reduce__(self) -> Any:
        return int, ("no number",)


async def letters(text: str) -> AsyncIterator[str]:
    for letter in text:
        yield letter


async def alone(text: str) -> str:
    return text


VALUES: dict[str, Any] = {
    "lock": threading.Lock,
    "secret": Secret,
    "forged": Forged,
    "letters": lambda: iter("ab"),
    "later": lambda: letters("ab"),
    "coroutine": lambda: alone("ab"),
    "nested": lambda: {"lock": threading.Lock()},
    "half a character": lambda: "\ud800",
    "file of text": lambda: mariner.File("text"),  # type: ignore[arg-type]
    "view of numbers": lambda: mariner.File(memoryview(array("i", [1, 2]))),  # type: ignore[arg-type]
    "response": lambda: mariner.Response("x", 201),
}


def makes(name: str):  # type: ignore[no-untyped-def]
    return VALUES[name]()


@mariner.model(batch=2)
def makes_two(names: list[str]):  # type: ignore[no-untyped-def]
    return [VALUES[name]() if name in VALUES else name for name in names]


def takes(value):  # type: ignore[no-untyped-def]
    return str(value)


def pieces(name: str) -> Iterator[Any]:
    yield "a"
    yield VALUES[name]()


MAKES = mariner.model(makes)
APP = mariner.App(
    {"/answer": MAKES, "/between": MAKES >> takes, "/two": makes_two, "/pieces": pieces}, name="answers"
)


def ask(path: str, *names: str) -> list[LocalAnswer]:
    with Runner(APP.plan(), raise_errors=False) as runner:
        found: list[LocalAnswer] = runner.batch(
            "POST", path, [(name.encode(), {"Content-Type": "text/plain"}) for name in names]
        )
    return found


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
@pytest.mark.parametrize(
    ("path", "name", "message"),
    [
        (
            "/between",
            "lock",
            "makes: lock can't go to another stage: cannot pickle '_thread.lock' object (ex",
        ),
        (
            "/between",
            "secret",
            "makes: Secret can't go to another stage: ValueError (expected: what can be p",
        ),
        ("/between", "forged", "takes: what makes gave can't be read: value: ValueError"),
        ("/between", "letters", "makes: a stream to another stage (expected: one value)"),
        ("/between", "later", "makes: a stream to another stage (expected: one value)"),
        (
            "/between",
            "response",
            "makes: a Response to another stage (expected: a value, or a status from 400",
        ),
        (
            "/answer",
            "later",
            "makes: an asynchronous stream of a plain method (expected: `async def`, or the ",
        ),
        (
            "/answer",
            "coroutine",
            "makes: a coroutine that nobody awaits (expected: a value, or an `async def`",
        ),
        (
            "/answer",
            "lock",
            "makes: its answer: lock has no form in an answer (expected: a dataclass, TypedDict,",
        ),
        (
            "/answer",
            "nested",
            "makes: its answer: lock has no form in an answer (expected: a dataclass, TypedDict",
        ),
        ("/answer", "half a character", "makes: its answer: 'utf-8' codec can't encode character '\\ud800'"),
        (
            "/pieces",
            "lock",
            "pieces: a piece of its stream: lock has no form in an answer (expected: a datacla",
        ),
    ],
)
def test_what_can_not_be_sent_names_model_and_expectation(path: str, name: str, message: str) -> None:
    (answer,) = ask(path, name)
    assert message in answer.text.replace("\\\\", "\\")
    assert "1234" not in answer.text


def test_one_of_a_batch_fails_alone_and_is_logged(capfd: pytest.CaptureFixture[str]) -> None:
    lock, letters_two = ask("/two", "lock", "letters")
    assert "makes_two: its answer: lock has no form in an answer" in lock.json()["message"]
    assert letters_two.json()["message"] == "makes_two: a stream in a batch (expected: one value)"
    assert "the handler raised AnswerError" in capfd.readouterr().err
    good, bad = ask("/two", "fine", "nested")
    assert (good.status, good.text, bad.status) == (200, "fine", 500)


def test_clients_read_what_was_expected_of_an_answer() -> None:
    assert failure_of(AnswerError("x")).code == ErrorCode.OUTPUT_TYPE
    assert failure_of(BatchError("x")).code == ErrorCode.OUTPUT_COUNT


def test_a_hint_makes_a_stream_of_a_plain_method_that_returns_one() -> None:
    def told(text: str) -> AsyncIterator[str]:
        return letters(text)

    with mariner.App(told).local() as local:
        assert local.post("/predict", content="ab").pieces == (b"a", b"b")


def test_a_view_of_numbers_is_sent_as_its_bytes() -> None:
    (answer,) = ask("/answer", "view of numbers")
    assert (answer.status, answer.body) == (200, array("i", [1, 2]).tobytes())


def test_failures_and_responses_are_no_types_of_values() -> None:
    @mariner.model(batch=2)
    def label(texts: list[str]) -> list[Word | mariner.HTTPError]:
        return [Word(text) if text else mariner.HTTPError(409, "empty") for text in texts]

    def count(word: Word) -> Word | mariner.Response:
        return word if word.text.isalpha() else mariner.Response(word, 202)

    def page() -> mariner.Response:
        return mariner.Response("a page", 201)

    routes: dict[str, Any] = {"/count": label >> count, "/page": page, "/plain": label}
    app = mariner.App(routes, name="told")
    assert [model.answer for model in app.models.values()] == [Word, Word, Any]
    paths = document(app)["paths"]
    shown = [
        paths[path]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
        for path in ("/count", "/page")
    ]
    assert shown == [{"$ref": "#/components/schemas/Word"}, {}]
    chosen = ["2XX" in paths[path]["post"]["responses"] for path in ("/count", "/page", "/plain")]
    assert chosen == [True, True, False]
    with app.local() as local:
        answers = [
            local.post("/count", content=text, headers={"Content-Type": "text/plain"}) for text in ("a", "1")
        ]
        assert [(one.status, one.json()) for one in answers] == [(200, {"text": "a"}), (202, {"text": "1"})]
        assert (local.post("/page").status, local.post("/page").text) == (201, "a page")
