"""Applications in process: batches, streams, failures, pipelines, and what is refused at definition."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

import numpy as np
import pytest
from numpy.typing import NDArray

import mariner
from mariner.errors import DefinitionError


@mariner.model
class Split:
    """Splits texts into words."""

    def predict(self, text: str) -> list[str]:
        return text.split()


# mypy takes a decorated class for the class itself.
SPLIT: Any = Split


@mariner.model(batch=8)
class Lengths:
    def __init__(self) -> None:
        self.batches: list[int] = []

    def predict(self, words: list[list[str]]) -> list[dict[str, Any]]:
        self.batches.append(len(words))
        return [
            {"lengths": [len(word) for word in one], "batch": len(words)}
            if one
            else mariner.HTTPError(409, "empty")  # type: ignore[misc]
            for one in words
        ]


@mariner.model
def first(words: list[str]) -> str:
    return words[0]


@mariner.model
def last(words: list[str]) -> str:
    return words[-1]


@mariner.model
def join(words: list[str], left: str, right: str) -> str:
    return f"{left}-{right} of {len(words)}"


def test_a_class_is_still_a_class() -> None:
    assert Split().predict("a b") == ["a", "b"]

    class Louder(Split):
        pass

    assert Louder().predict("a b") == ["a", "b"]


def test_values_go_from_stage_to_stage() -> None:
    with mariner.App(SPLIT >> Lengths, "/lengths").local() as local:
        assert local.post("/lengths", content="a bc").json() == {"lengths": [1, 2], "batch": 1}


def test_branches_are_joined_in_the_order_of_the_parameters() -> None:
    with mariner.App(SPLIT >> (mariner.through, first, last) >> join).local() as local:
        assert local.post("/predict", content="x y z").text == "x-z of 3"


def test_several_branches_may_read_the_request() -> None:
    def upper(text: str) -> str:
        return text.upper()

    def lower(text: str) -> str:
        return text.lower()

    def both(one: str, other: str) -> list[str]:
        return [one, other]

    with mariner.App((upper, lower) >> mariner.model(both)).local() as local:
        assert local.post("/predict", content="aB").json() == ["AB", "ab"]


def test_each_request_of_a_batch_fails_by_itself() -> None:
    texts = [b"a b", b"", b"\xff", b"cd"]
    with mariner.App(SPLIT >> Lengths).local() as local:
        requests = [(text or b" ", {"Content-Type": "text/plain"}) for text in texts]
        found = local.batch("POST", "/predict", requests)
    assert [one.status for one in found] == [200, 409, 422, 200]
    assert found[0].json() == {"lengths": [1, 1], "batch": 3}
    assert found[1].json()["message"] == "empty"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ([1], "a list of 1 (expected: 2, one entry for each"),
        ({"a": 1}, "dict (expected: a list with one entry"),
    ],
)
def test_a_batch_that_is_answered_wrongly_names_its_stage(answer: Any, message: str) -> None:
    @mariner.model(batch=2)
    def wrong(values: list[int]) -> list[int]:
        return answer  # type: ignore[no-any-return]

    with (
        mariner.App(wrong).local() as local,
        pytest.raises((TypeError, ValueError), match=re.escape(message)),
    ):
        local.batch("POST", "/predict", [(b"1", {}), (b"2", {})])


def test_a_stream_comes_in_pieces_and_may_fail_before_the_first() -> None:
    def steps(number: int) -> Iterator[dict[str, int]]:
        if number > 3:
            raise mariner.HTTPError(409, "too many")
        for step in range(number):
            yield {"step": step}

    with mariner.App(steps).local() as local:
        found = local.post("/predict", json=2)
        assert found.pieces == (b'{"step":0}\n', b'{"step":1}\n')
        assert found.headers["content-type"] == "application/x-ndjson"
        assert (
            local.post("/predict", json=2, headers={"Accept": "text/event-stream"}).pieces[0] == b'{"step":0}'
        )
        assert local.post("/predict", json=4).status == 409
        empty = local.post("/predict", json=0)
        assert (empty.pieces, empty.headers["content-type"]) == ((), "application/x-ndjson")


def test_null_is_no_number_of_an_array() -> None:
    def total(array: NDArray[np.float32]) -> float:
        return float(array.sum())

    with mariner.App(total).local() as local:
        assert local.post("/predict", json=[[1, 2]]).json() == 3.0
        answer = local.post("/predict", json=[[1, None]])
        assert (answer.status, answer.json()["errors"]) == (
            422, [{"field": "body", "message": "expected an array of float32, got null at [0][1]"}],
        )  # fmt: skip


def test_a_stream_without_a_piece_has_the_type_of_its_pieces() -> None:
    def words(text: str) -> Iterator[str]:
        yield from text.split()

    with mariner.App(words).local() as local:
        for text in ("", "a"):
            answer = local.post("/predict", json=text)
            assert answer.headers["content-type"] == "text/plain; charset=utf-8"


def test_coroutines_and_asynchronous_streams() -> None:
    async def slow(number: int) -> int:
        await asyncio.sleep(0)
        return number + 1

    async def count(number: int) -> AsyncIterator[str]:
        for step in range(number):
            yield f"{step};"

    with mariner.App({"/slow": slow, "/count": count}).local() as local:
        assert local.post("/slow", json=1).json() == 2
        assert local.post("/count", json=3).text == "0;1;2;"


def test_set_up_example_and_worker_are_there_before_the_first_request() -> None:
    class Ready:
        def __init__(self, worker: mariner.Worker) -> None:
            self.device, self.calls, self.ready = worker.device, 0, False

        async def setup(self) -> None:
            self.ready = True

        def predict(self, text: str, request: mariner.Request) -> dict[str, Any]:
            self.calls += 1
            mark = request.headers.get("x-mark")
            return {"device": self.device, "calls": self.calls, "ready": self.ready, "mark": mark}

    model = mariner.model(example="warm")(Ready)
    with mariner.App(model).local() as local:
        found = local.post("/predict", content="x", headers={"X-Mark": "7"})
    assert found.json() == {"device": "cpu", "calls": 2, "ready": True, "mark": "7"}


def test_an_example_that_fails_is_told_at_start() -> None:
    @mariner.model(example="x")
    def broken(text: str) -> str:
        raise ValueError("no weights")

    with pytest.raises(RuntimeError, match="broken: its example failed: ValueError: no weights"):
        mariner.App(broken).local().__enter__()


def test_a_response_has_status_and_headers_of_its_own() -> None:
    def made(text: str) -> mariner.Response:
        return mariner.Response({"text": text}, 201, {"X-Made": "yes"})

    with mariner.App(made).local() as local:
        found = local.post("/predict", content="x")
    assert (found.status, found.headers["x-made"], found.json()) == (201, "yes", {"text": "x"})


def test_a_status_of_failure_ends_the_way() -> None:
    def refuse(text: str) -> str:
        raise mariner.HTTPError(402, "pay first", {"X-Price": "1"})

    with mariner.App(mariner.model(refuse) >> mariner.model(lambda_free)).local() as local:
        found = local.post("/predict", content="x")
    assert (found.status, found.json()["message"], found.headers["x-price"]) == (402, "pay first", "1")


def lambda_free(text: str) -> str:
    return text


def test_what_a_model_raises_comes_out_of_a_test() -> None:
    def broken(text: str) -> str:
        raise KeyError("weights")

    with mariner.App(broken).local() as local, pytest.raises(KeyError, match="weights"):
        local.post("/predict", content="x")


def test_a_value_that_can_not_travel_names_the_stage() -> None:
    def makes(text: str):  # type: ignore[no-untyped-def]
        return (letter for letter in text)

    def takes(value):  # type: ignore[no-untyped-def]
        return value

    with (
        mariner.App(mariner.model(makes) >> takes).local() as local,
        pytest.raises(TypeError, match=r"makes: a stream to another stage \(expected: one value\)"),
    ):
        local.post("/predict", content="x")


def words_of_numbers(number: int) -> list[str]:
    return [str(number)]


def matrix(text: str) -> Annotated[NDArray[np.float32], mariner.Shape(-1, 4)]:
    return np.ones((1, 4), np.float32)


def wide(array: Annotated[NDArray[np.float32], mariner.Shape(-1, 8)]) -> int:
    return int(array.sum())


def stream(text: str) -> Iterator[str]:
    yield text


@pytest.mark.parametrize(
    ("define", "message"),
    [
        (
            lambda: SPLIT >> Split,
            "Split.predict >> Split.predict: Split answers list[str], text of Split is str",
        ),
        (lambda: mariner.model(matrix) >> wide, "ndarray of float32 of shape [-1, 4], array of wide is"),
        (lambda: SPLIT >> join, "join has 3 parameters for the answers of Split (expected: 1)"),
        (
            lambda: mariner.model(stream) >> lambda_free,
            "stream >> lambda_free: a stream (expected: one value)",
        ),
        (lambda: mariner.App(SPLIT >> (first, last)), "first and last both answer (expected: one exit"),
        (lambda: mariner.App(Split, "no/slash"), "route: 'no/slash' (expected: a path like /classify)"),
        (lambda: mariner.App(Split, "/docs"), "route: '/docs'"),
        (lambda: mariner.App({}), "routes: none"),
        (lambda: mariner.App(3), "int 3 (expected: a class or function)"),  # type: ignore[arg-type]
        (lambda: mariner.model(batch=4)(lambda_free), "text: str (expected: list[str], since batch=4)"),
        (lambda: mariner.model(replicas=0)(lambda_free), "replicas: 0 (expected: a whole number >= 1)"),
        (lambda: mariner.model(timeout=0.5)(lambda_free), "timeout: 0.5 (expected: whole seconds >= 1)"),
        (lambda: mariner.model(concurrency=2)(lambda_free), "expected: an async def without batch"),
        (
            lambda: mariner.model(type("Nothing", (), {})),
            "Nothing: no method (expected: predict or __call__)",
        ),
        (lambda: mariner.App(takes_lock), "lock: lock can't be read from a request"),
    ],
)
def test_what_does_not_fit_is_refused_at_definition(define: Any, message: str) -> None:
    with pytest.raises(DefinitionError, match=re.escape(message)):
        define()


def takes_lock(lock: Any) -> int:
    return 0


import _thread  # noqa: E402

takes_lock.__annotations__["lock"] = _thread.LockType
