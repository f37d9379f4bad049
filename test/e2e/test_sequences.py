"""Stateful models: requests of a sequence meet the same process, over REST and `StreamPredictions2`."""

from __future__ import annotations

import itertools
import queue
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from support import rest, rpc
from support.packing import pack
from support.server import RunningServer
from support.waiting import eventually

NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    running = RunningServer(tmp_path_factory.mktemp("sequences"), models=["count=count.mar", "few=few.mar"])
    stateful = {"sequenceBatching": True, "maxSequenceJobQueueSize": 8, "batchSize": 4}
    pack(running.store, "count", "counting", config={**stateful, "maxNumSequence": 64, "minWorkers": 2})
    pack(
        running.store,
        "few",
        "counting",
        config={**stateful, "batchSize": 1, "sequenceMaxIdleMSec": 400, "maxNumSequence": 1},
    )
    with running:
        yield running


@pytest.fixture
def sequence() -> str:
    """An id that no other test has."""
    return f"s{next(NUMBERS)}"


def send(server: RunningServer, model: str, text: str, sequence: str, *flags: str) -> rest.Reply:
    headers = {
        "ts_request_sequence_id": sequence,
        **{f"ts_request_sequence_{flag}": "true" for flag in flags},
    }
    return rest.call(server.inference, "POST", f"/predictions/{model}", text, headers)


def test_a_sequence_finds_its_state_in_its_process(server: RunningServer, sequence: str) -> None:
    replies = [send(server, "count", "1", sequence, "start")]
    replies += [send(server, "count", str(number), sequence) for number in (2, 3, 4)]
    replies.append(send(server, "count", "5", sequence, "end"))
    assert [reply.json()["sum"] for reply in replies] == [1, 3, 6, 10, 15]
    assert len({reply.json()["pid"] for reply in replies}) == 1
    late = send(server, "count", "6", sequence)
    assert late.status == 400
    assert f'has no sequence "{sequence}"' in late.json()["message"]


def test_a_request_without_an_id_begins_a_sequence_that_the_handler_names(server: RunningServer) -> None:
    first = rest.call(server.inference, "POST", "/predictions/count", "7")
    name = first.headers["ts_request_sequence_id"]
    assert name.startswith("ts-seq-")
    assert send(server, "count", "1", name, "end").json()["sum"] == 8


def test_the_handler_ends_a_sequence(server: RunningServer, sequence: str) -> None:
    send(server, "count", "1", sequence, "start")
    assert send(server, "count", "stop", sequence).status == 200
    assert send(server, "count", "2", sequence).status == 400


def test_all_sequences_taken_is_told_at_once_and_a_pause_makes_room(
    server: RunningServer, sequence: str
) -> None:
    assert send(server, "few", "1", sequence, "start").status == 200
    refused = send(server, "few", "1", sequence + "b", "start")
    assert refused.status == 503
    assert "maxNumSequence" in refused.json()["message"]
    eventually(lambda: send(server, "few", "1", sequence + "b", "start", "end").status == 200, 20)


def test_a_lost_worker_ends_its_sequences(server: RunningServer, sequence: str) -> None:
    send(server, "count", "1", sequence, "start")
    lost = send(server, "count", "die", sequence)
    assert lost.status == 500
    assert lost.json()["message"].startswith(f'Sequence "{sequence}" has ended: its worker was lost')
    eventually(lambda: send(server, "count", "4", sequence, "start", "end").status == 200, 30)


def test_a_stream_of_requests_serves_sequences_side_by_side(server: RunningServer, sequence: str) -> None:
    outgoing: queue.Queue[Any] = queue.Queue()
    other = sequence + "b"
    with rpc.inference(server.grpc_inference) as stub:
        answers = stub.StreamPredictions2(iter(outgoing.get, None), timeout=60)
        for name, number in ((sequence, b"1"), (other, b"10"), (sequence, b"2"), (other, b"20")):
            flags = {"ts_request_sequence_start": b"true"} if number in (b"1", b"10") else {}
            request = rpc.prediction("count", data=number, **flags)
            request.sequence_id = name
            outgoing.put(request)
        outgoing.put(rpc.prediction("count", b"0"))
        outgoing.put(None)
        received = list(answers)
    sums = {
        name: [rest_json(answer)["sum"] for answer in received if answer.sequence_id == name]
        for name in (sequence, other)
    }
    assert sums == {sequence: [1, 3], other: [10, 30]}
    (refused,) = [answer for answer in received if answer.HasField("status")]
    assert refused.status.code == grpc.StatusCode.INVALID_ARGUMENT.value[0]
    assert refused.status.message.startswith("Parameter sequenceId is required.")


def rest_json(answer: Any) -> Any:
    return rest.Reply(200, "", {}, answer.prediction).json()


def test_a_single_call_may_belong_to_a_sequence(server: RunningServer, sequence: str) -> None:
    send(server, "count", "1", sequence, "start")
    request = rpc.prediction("count", data=b"5", ts_request_sequence_end=b"true")
    request.sequence_id = sequence
    with rpc.inference(server.grpc_inference) as stub:
        assert rest_json(stub.Predictions(request, timeout=60))["sum"] == 6
    assert send(server, "count", "1", sequence).status == 400


def test_the_configuration_names_the_headers(tmp_path: Path) -> None:
    names = {"id": "X-Session", "start": "X-Session-Opens", "end": "X-Session-Ends"}
    keys = {f"ts_header_key_sequence_{part}": name for part, name in names.items()}
    running = RunningServer(tmp_path, models=["count=count.mar"], config=keys)
    pack(running.store, "count", "counting", config={"sequenceBatching": True, "maxNumSequence": 8})
    with running:

        def ask(text: str, **headers: str) -> rest.Reply:
            named = {names[part]: value for part, value in headers.items()}
            return rest.call(running.inference, "POST", "/predictions/count", text, named)

        first = ask("1", start="true")
        assert first.headers["x-session"].startswith("ts-seq-")
        assert ask("2", id=first.headers["x-session"]).json()["sum"] == 3
        assert ask("stop", id=first.headers["x-session"]).status == 200
        request = rpc.prediction("count", data=b"5", **{names["start"]: b"true"})
        request.sequence_id = "s"
        with rpc.inference(running.grpc_inference) as stub:
            assert rest_json(stub.Predictions(request, timeout=60))["sum"] == 5
        # The usual names say nothing here, and the handler's own word has ended the first sequence.
        other = rest.call(
            running.inference, "POST", "/predictions/count", "1", {"ts_request_sequence_id": "s"}
        )
        assert other.status == 200, other.text
        assert other.headers["x-session"] != "s"
        assert ask("1", id=first.headers["x-session"]).status == 400
