"""Typed clients against a real server: values, failures, streams, both kinds of client."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np
import pytest
from support.places import ROOT
from support.ports import free_port
from support.server import RunningServer

import mariner
from mariner.app import app_of
from mariner.source import load_script

SCRIPT = ROOT / "test" / "support" / "apps" / "everything.py"
MODULE = load_script(SCRIPT)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    base = tmp_path_factory.mktemp("typed-clients")
    folder = app_of(MODULE, "app").plan().write(base / "app")
    with RunningServer(base / "server", arguments=["--app", str(folder)]) as running:
        yield running


class Asking:
    """One interface to both kinds of client, so that each case runs with both."""

    def __init__(self, server: RunningServer, kind: str) -> None:
        self._url = server.inference
        self._is_async = kind == "async"

    def predict(self, model: Any, route: str, *values: Any, **named: Any) -> Any:
        if not self._is_async:
            with mariner.Client(self._url, model, route) as client:
                return client.predict(*values, **named)

        async def ask() -> Any:
            async with mariner.AsyncClient(self._url, model, route) as client:
                return await client.predict(*values, **named)

        return asyncio.run(ask())

    def stream(self, model: Any, route: str, *values: Any) -> tuple[list[Any], Exception | None]:
        """Returns the pieces, and what ended them."""
        pieces: list[Any] = []
        fault: Exception | None = None

        async def ask() -> None:
            async with mariner.AsyncClient(self._url, model, route) as client:
                async for piece in client.stream(*values):
                    pieces.append(piece)

        try:
            if self._is_async:
                asyncio.run(ask())
            else:
                with mariner.Client(self._url, model, route) as client:
                    for piece in client.stream(*values):
                        pieces.append(piece)
        except Exception as caught:
            fault = caught
        return pieces, fault


@pytest.fixture(params=["sync", "async"])
def asking(server: RunningServer, request: pytest.FixtureRequest) -> Asking:
    return Asking(server, request.param)


def test_values_go_and_come_with_their_types(asking: Asking) -> None:
    assert asking.predict(MODULE.double, "/double", np.ones((2, 2), np.float32)).tolist() == [[2, 2], [2, 2]]
    assert asking.predict(MODULE.add, "/add", 1, items=[MODULE.Item(2)]) == MODULE.Total(3.0)
    assert asking.predict(MODULE.split, "/split", "a b") == ["a", "b"]
    assert asking.predict(MODULE.size, "/size", mariner.File(b"a,b", "text/csv")) == {
        "size": 3,
        "type": "text/csv",
    }
    assert asking.predict(None, "/split", "a b") == ["a", "b"]


def test_every_status_of_success_is_one(asking: Asking) -> None:
    assert asking.predict(MODULE.created, "/created", "a") == {"name": "a"}
    assert asking.predict(MODULE.created, "/created", "") is None


def test_a_refusal_names_status_and_fields(asking: Asking) -> None:
    with pytest.raises(mariner.InvalidRequest) as caught:
        asking.predict(MODULE.add, "/add", 1, items=[{"x": 1, "y": 2}])
    assert caught.value.problems == (("body.items[0].y", "unknown (expected: x)"),)
    with pytest.raises(mariner.HTTPError, match="409: too many"):
        asking.predict(MODULE.count, "/count", 9)
    with pytest.raises(mariner.HTTPError, match="404"):
        asking.predict(None, "/absent", "a")


def test_an_answer_of_another_type_is_told(asking: Asking) -> None:
    # What the caller believes of the server's models.
    def number(text: str) -> int:
        return len(text)

    def numbers(number: int) -> Iterator[int]:
        yield from range(number)

    with pytest.raises(ValueError, match=r"/split: answer: expected int, got a list"):
        asking.predict(number, "/split", "a b")
    pieces, fault = asking.stream(numbers, "/count", 2)
    assert (pieces, type(fault)) == ([], ValueError)
    assert "a piece of the answer: Expected `int`, got `object`" in str(fault)


def test_streams_give_their_pieces(asking: Asking) -> None:
    assert asking.stream(MODULE.count, "/count", 2) == ([{"step": 0}, {"step": 1}], None)
    assert asking.stream(MODULE.tokens, "/tokens", "a b c") == (["a ", "b ", "c "], None)


def test_pieces_of_bytes_are_what_they_were(asking: Asking) -> None:
    # Some texts that readers of lines take for line ends, some that are no UTF-8.
    whole = b"a\xe2\x80\xa8\xff\xfe\n\n\n\n\n\n"
    expected = [b"a\xe2\x80\xa8", b"\xff\xfe\n\n", b"\n\n\n\n"]
    assert asking.stream(MODULE.chunks, "/chunks", whole) == (expected, None)


def test_a_stream_that_breaks_off_ends_with_its_failure(asking: Asking) -> None:
    pieces, fault = asking.stream(MODULE.breaks, "/breaks", 2)
    assert pieces == [MODULE.Item(0), MODULE.Item(1)]
    assert isinstance(fault, mariner.HTTPError)
    assert (fault.status, fault.detail) == (409, "enough")
    pieces, fault = asking.stream(MODULE.count, "/count", 9)
    assert (pieces, str(fault)) == ([], "409: too many")


def test_what_can_not_be_sent_is_told_before_it_is(asking: Asking) -> None:
    with pytest.raises(TypeError, match=r"3 values \(expected: text, or values by name\)"):
        asking.predict(MODULE.split, "/split", "a", "b", "c")
    with pytest.raises(TypeError, match="a: given twice"):
        asking.predict(MODULE.add, "/add", 1, [], a=2)


def test_a_client_keeps_its_connection(server: RunningServer) -> None:
    ports = []

    def note(response: httpx.Response) -> None:
        ports.append(response.extensions["network_stream"].get_extra_info("client_addr")[1])

    with httpx.Client(event_hooks={"response": [note]}) as http:
        client = mariner.Client(server.inference, MODULE.split, "/split", http=http)
        assert [client.predict("a") for _ in range(3)] == [["a"]] * 3
        client.close()
        assert not http.is_closed
    assert len(ports) == 3
    assert len(set(ports)) == 1


def test_requests_of_one_async_client_run_side_by_side(server: RunningServer) -> None:
    async def ask() -> list[Any]:
        async with mariner.AsyncClient(server.inference, MODULE.halve, "/halve") as client:
            return await asyncio.gather(*(client.predict(number) for number in (2, 4, 6)))

    # A batch waits two seconds for its mates: that it is full shows that all were there.
    assert asyncio.run(ask()) == [[1, 3], [2, 3], [3, 3]]


def test_a_server_that_is_not_there_is_told_with_its_address() -> None:
    address = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(ConnectionError, match=f"{address}/predict: "):
        mariner.Client(address).predict("a")
    with pytest.raises(ValueError, match="expected: http://HOST:PORT"):
        mariner.Client("127.0.0.1:8080")
    with pytest.raises(ValueError, match="expected: a path like /predict"):
        mariner.Client(address, route="predict")


def test_a_wait_that_is_too_long_ends(server: RunningServer) -> None:
    client = mariner.Client(server.inference, MODULE.halve, "/halve", timeout=0.2)
    with client, pytest.raises(TimeoutError, match="no answer in time"):
        client.predict(2)  # it waits for its mates
