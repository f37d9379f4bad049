"""Workers that run several requests at once, or turn by turn, and batches of equal keys."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from support import rest, rpc
from support.packing import pack
from support.rest import RawConnection, request_bytes
from support.server import RunningServer
from support.waiting import eventually

AT_ONCE = 6
PLACES = 2
MODELS: dict[str, tuple[str, dict[str, Any]]] = {
    "many": ("awaiting", {"asyncCommunication": True, "asyncConcurrency": AT_ONCE}),
    "hurried": ("awaiting", {"asyncCommunication": True, "asyncConcurrency": AT_ONCE, "responseTimeout": 2}),
    "tokens": ("tokens", {"continuousBatching": True, "batchSize": PLACES}),
    "timed": ("tokens", {"continuousBatching": True, "batchSize": PLACES, "responseTimeout": 2}),
    "keyed": ("batching", {"batchSize": 8, "batchKey": "X-Shape"}),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    running = RunningServer(
        tmp_path_factory.mktemp("modes") / "server", models=[f"{name}={name}.mar" for name in MODELS]
    )
    for name, (handler, config) in MODELS.items():
        pack(running.store, name, handler, config=config)
    with running:
        yield running


@pytest.fixture
def callers() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(16) as pool:
        yield pool


def order(**fields: Any) -> bytes:
    return json.dumps({k: str(v) if isinstance(v, Path) else v for k, v in fields.items()}).encode()


def pid_of(server: RunningServer, model: str) -> int:
    """Returns the process of the model's only worker, once it serves."""
    return int(eventually(lambda: [w["pid"] for w in server.workers(model)], 30, f"{model} is ready")[0])


def pending(server: RunningServer, model: str) -> int:
    return int(server.describe(model)["jobQueueStatus"]["pendingRequests"])


class Waiter:
    """A request to a model of `awaiting`, which is answered when it is opened."""

    def __init__(
        self, server: RunningServer, callers: ThreadPoolExecutor, folder: Path, name: str, **more: Any
    ) -> None:
        self.mark = folder / name
        self.gate = self.mark.with_suffix(".gate")
        model = more.pop("model", "many")
        body = order(name=name, mark=self.mark, until=self.gate, **more)
        self.answer: Future[rest.Reply] = callers.submit(server.predict, model, body)
        self.name = name

    @property
    def processes(self) -> list[str]:
        """Those that have begun it."""
        file = self.mark.with_suffix(".began")
        return file.read_text().split() if file.exists() else []

    def began(self) -> Waiter:
        eventually(lambda: self.processes, 20, f"{self.name} runs")
        return self

    def opened(self) -> rest.Reply:
        """Lets it end; returns its answer, which has to be its own."""
        self.gate.touch()
        reply = self.answer.result(30)
        assert (reply.status, reply.text) == (200, f"{self.name} {reply.headers['x-request-id']}")
        return reply


def test_requests_run_at_once_in_one_worker_and_end_in_any_order(
    server: RunningServer, callers: ThreadPoolExecutor, tmp_path: Path
) -> None:
    waiters = {name: Waiter(server, callers, tmp_path, name).began() for name in "abcd"}
    assert {process for waiter in waiters.values() for process in waiter.processes} == {
        str(pid_of(server, "many"))
    }
    for name in "cadb":
        waiters.pop(name).opened()
        assert not any(waiter.answer.done() for waiter in waiters.values())


def test_no_more_run_at_once_than_asked_for_and_the_next_takes_the_place_that_is_free(
    server: RunningServer, callers: ThreadPoolExecutor, tmp_path: Path
) -> None:
    waiters = [Waiter(server, callers, tmp_path, f"n{number}").began() for number in range(AT_ONCE)]
    late = Waiter(server, callers, tmp_path, "late")
    eventually(lambda: pending(server, "many") == 1, 20, "the last one waits")
    assert not late.processes
    waiters[3].opened()
    late.began().opened()
    for waiter in waiters:
        waiter.opened()


def test_a_request_that_takes_too_long_costs_only_itself_and_is_named_with_its_stack(
    server: RunningServer, callers: ThreadPoolExecutor, tmp_path: Path
) -> None:
    before, stop = pid_of(server, "hurried"), tmp_path / "stop"
    with RawConnection(server.inference) as mate:
        body = order(name="mate", mark=tmp_path / "mate", pieces=0, until=stop)
        mate.send(request_bytes("POST", "/predictions/hurried", body))
        mate.read_head()
        late = Waiter(server, callers, tmp_path, "late", model="hurried")
        reply = late.answer.result(30)
        assert reply.status == 504
        assert reply.message == "The request took longer than responseTimeout, 2 s, and was cancelled."
        eventually(late.mark.with_suffix(".cancelled").exists, 10, "the handler is cancelled")
        stop.touch()
        assert b"".join(iter(mate.read_chunk, b"")).endswith(b"end")
    label = reply.headers["x-request-id"]
    said = f"model hurried: request {label} is overdue and is cancelled. It waits here:"
    eventually(lambda: said in server.log("model_log.log"), 10, "the request is named in the log")
    eventually(lambda: "in _until_opened" in server.log("model_log.log"), 10, "its stack")
    assert pid_of(server, "hurried") == before


@pytest.mark.timed  # they have a second to end
def test_requests_that_take_every_place_for_too_long_do_not_cost_the_worker(
    server: RunningServer, callers: ThreadPoolExecutor, tmp_path: Path
) -> None:
    before = pid_of(server, "hurried")
    late = [Waiter(server, callers, tmp_path, f"n{number}", model="hurried") for number in range(AT_ONCE)]
    assert [waiter.answer.result(30).status for waiter in late] == [504] * AT_ONCE
    Waiter(server, callers, tmp_path, "next", model="hurried").began().opened()
    assert pid_of(server, "hurried") == before


def test_a_worker_whose_loop_is_blocked_is_replaced_when_no_place_is_left(
    server: RunningServer, callers: ThreadPoolExecutor, tmp_path: Path
) -> None:
    before = pid_of(server, "hurried")
    blocking = Waiter(server, callers, tmp_path, "blocks", model="hurried", blocks=True).began()
    behind = [Waiter(server, callers, tmp_path, f"n{n}", model="hurried") for n in range(AT_ONCE - 1)]
    assert [waiter.answer.result(30).status for waiter in (blocking, *behind)] == [504] * AT_ONCE
    Waiter(server, callers, tmp_path, "next", model="hurried").began().opened()
    assert pid_of(server, "hurried") != before
    assert "in handle" in server.log("model_log.log")


def test_a_request_that_raises_leaves_the_others_alone(
    server: RunningServer, callers: ThreadPoolExecutor, tmp_path: Path
) -> None:
    mate = Waiter(server, callers, tmp_path, "mate").began()
    reply = Waiter(server, callers, tmp_path, "raises", raises=True).answer.result(30)
    assert (reply.status, reply.message) == (500, "Prediction failed")
    mate.opened()


def test_a_client_that_leaves_cancels_its_coroutine_and_no_other(
    server: RunningServer, callers: ThreadPoolExecutor, tmp_path: Path
) -> None:
    stays = Waiter(server, callers, tmp_path, "stays").began()
    leaves = tmp_path / "leaves"
    with RawConnection(server.inference) as connection:
        body = order(name="leaves", mark=leaves, until=tmp_path / "never")
        connection.send(request_bytes("POST", "/predictions/many", body))
        eventually(leaves.with_suffix(".began").exists, 20, "it runs")
    eventually(leaves.with_suffix(".cancelled").exists, 10, "it is cancelled")
    assert not stays.mark.with_suffix(".cancelled").exists()
    stays.opened()


def test_a_deadline_cancels_its_coroutine(server: RunningServer, tmp_path: Path) -> None:
    body = order(name="late", mark=tmp_path / "late", until=tmp_path / "never")
    reply = server.predict("many", body, x_request_timeout_ms="300")
    assert (reply.status, reply.json()["type"]) == (504, "DeadlineExceededException")
    if (tmp_path / "late.began").exists():  # a busy machine may not have come to it
        eventually((tmp_path / "late.cancelled").exists, 10, "it is cancelled")


def test_streams_and_plain_answers_go_side_by_side(
    server: RunningServer, callers: ThreadPoolExecutor, tmp_path: Path
) -> None:
    stop = tmp_path / "stop"
    with RawConnection(server.inference) as endless:
        body = order(name="e", mark=tmp_path / "endless", pieces=0, until=stop)
        endless.send(request_bytes("POST", "/predictions/many", body))
        assert endless.read_head().status == 200
        assert endless.read_chunk() == b"e0 "
        waiter = Waiter(server, callers, tmp_path, "plain").began()
        with rpc.inference(server.grpc_inference) as stub:
            request = rpc.prediction("many", order(name="g", mark=tmp_path / "grpc", pieces=3))
            pieces = [piece.prediction for piece in stub.StreamPredictions(request, timeout=60)]
        assert pieces == [b"g0 ", b"g1 ", b"g2 ", b"end"]
        waiter.opened()
        stop.touch()
        numbers = b"".join(iter(endless.read_chunk, b"")).split()
    assert numbers == [f"e{number}".encode() for number in range(1, len(numbers))] + [b"end"]


def test_a_client_that_leaves_a_stream_ends_it(server: RunningServer, tmp_path: Path) -> None:
    mark = tmp_path / "stream"
    with rpc.inference(server.grpc_inference) as stub:
        request = rpc.prediction("many", order(name="s", mark=mark, pieces=0, until=tmp_path / "never"))
        pieces = stub.StreamPredictions(request, timeout=60)
        assert next(pieces).prediction == b"s0 "
        pieces.cancel()
        eventually(mark.with_suffix(".cancelled").exists, 10, "the generator is told")


def test_a_request_that_kills_the_worker_is_blamed_and_the_others_are_answered(
    server: RunningServer, callers: ThreadPoolExecutor, tmp_path: Path
) -> None:
    before = pid_of(server, "many")
    mates = [Waiter(server, callers, tmp_path, name).began() for name in ("a", "b", "c")]
    poison = Waiter(server, callers, tmp_path, "poison", kill=True).began()
    poison.gate.touch()
    eventually(lambda: before not in [w["pid"] for w in server.workers("many")], 10, "the worker is lost")
    for mate in mates:
        mate.opened()
    reply = poison.answer.result(60)
    assert reply.status == 500
    assert reply.message.startswith("Worker died. It was ended by signal 9 (SIGKILL)")
    assert all(len(mate.processes) > 1 for mate in mates)


def test_a_model_that_is_removed_finishes_all_that_runs(
    server: RunningServer, callers: ThreadPoolExecutor, tmp_path: Path
) -> None:
    pack(server.store, "leaving", "awaiting", config=MODELS["many"][1])
    added = server.manage("POST", "/models", url="leaving.mar", initial_workers=1, synchronous="true")
    assert added.status == 200, added.text
    waiters = [Waiter(server, callers, tmp_path, name, model="leaving").began() for name in "abc"]
    removed = callers.submit(server.manage, "DELETE", "/models/leaving")
    eventually(lambda: server.manage("GET", "/models/leaving").status == 404, 20, "the model is gone")
    for waiter in waiters:
        waiter.opened()
    assert removed.result(30).status == 200


class Stream:
    """A stream of `tokens`, read as it comes."""

    def __init__(self, server: RunningServer, name: str, model: str = "tokens", **fields: Any) -> None:
        self.connection = RawConnection(server.inference)
        self.connection.send(request_bytes("POST", f"/predictions/{model}", order(name=name, **fields)))

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *fault: object) -> None:
        self.connection.socket.close()

    def begun(self) -> str:
        """Reads the head and the first token."""
        assert self.connection.read_head().status == 200
        return self.connection.read_chunk().decode()

    def rest(self) -> list[str]:
        """Reads to the end; returns the tokens."""
        return b"".join(iter(self.connection.read_chunk, b"")).decode().split()


def test_a_request_joins_a_batch_that_is_under_way_and_leaves_it_first(
    server: RunningServer, tmp_path: Path
) -> None:
    stop = tmp_path / "stop"
    with Stream(server, "a", until=stop) as early:
        assert early.begun() == "a0/1 "
        late = server.predict("tokens", order(name="b", tokens=3))
        assert (late.status, late.text) == (200, "b0/2 b1/2 b2/2 ")
        while not early.connection.read_chunk().endswith(b"/2 "):
            pass
        while early.connection.read_chunk().endswith(b"/2 "):
            pass
        stop.touch()
        assert {token.split("/")[1] for token in early.rest()} == {"1"}


def test_the_tokens_of_one_request_are_all_there_and_in_order_beside_others(
    server: RunningServer, callers: ThreadPoolExecutor
) -> None:
    bodies = [order(name=name, tokens=20 + number) for number, name in enumerate("abcdef")]
    replies = callers.map(lambda body: server.predict("tokens", body), bodies)
    for number, (name, reply) in enumerate(zip("abcdef", replies, strict=True)):
        assert reply.status == 200
        tokens = [token.split("/") for token in reply.text.split()]
        assert [token for token, _ in tokens] == [f"{name}{made}" for made in range(20 + number)]
        assert {together for _, together in tokens} <= {"1", "2"}


def test_turns_stream_over_grpc(server: RunningServer) -> None:
    with rpc.inference(server.grpc_inference) as stub:
        answers = stub.StreamPredictions(rpc.prediction("tokens", order(name="g", tokens=3)), timeout=60)
        assert [answer.prediction for answer in answers] == [b"g0/1 ", b"g1/1 ", b"g2/1 "]
        whole = stub.Predictions(rpc.prediction("tokens", order(name="u", tokens=2)), timeout=60)
    assert whole.prediction == b"u0/1 u1/1 "


def test_a_client_that_leaves_gives_its_place_to_the_next(
    server: RunningServer, callers: ThreadPoolExecutor, tmp_path: Path
) -> None:
    stop, gone = tmp_path / "stop", tmp_path / "gone"
    with Stream(server, "a", until=stop) as stays:
        stays.begun()
        with Stream(server, "b", until=tmp_path / "never", gone=gone) as leaves:
            leaves.begun()
            third = callers.submit(server.predict, "tokens", order(name="c", tokens=2))
            eventually(lambda: pending(server, "tokens") == 1, 20, "the third waits for a place")
            assert not third.done()
        assert third.result(30).text == "c0/2 c1/2 "
        eventually(gone.exists, 10, "the handler no longer has what left")
        stop.touch()
        tokens = [token.split("/")[0] for token in stays.rest()]
    assert tokens == [f"a{made}" for made in range(1, len(tokens) + 1)]


def test_an_error_of_one_request_leaves_its_mates_in_the_batch(server: RunningServer, tmp_path: Path) -> None:
    stop = tmp_path / "stop"
    with Stream(server, "a", until=stop) as stays:
        stays.begun()
        reply = server.predict("tokens", order(name="b", tokens=3, raise_at=0))
        assert (reply.status, reply.message) == (500, "Prediction failed")
        stop.touch()
        tokens = [token.split("/")[0] for token in stays.rest()]
    assert tokens == [f"a{made}" for made in range(1, len(tokens) + 1)]


def test_a_turn_that_takes_too_long_is_cancelled_and_the_worker_goes_on(server: RunningServer) -> None:
    before = pid_of(server, "timed")
    reply = server.predict("timed", order(name="h", tokens=3, hang=0))
    assert reply.status == 504
    assert reply.message == "The request took longer than responseTimeout, 2 s, and was cancelled."
    said = f"model timed: request {reply.headers['x-request-id']} is overdue in its turn 1 and is cancelled"
    eventually(lambda: said in server.log("model_log.log"), 10, "the request is named in the log")
    assert server.predict("timed", order(name="n", tokens=2)).text == "n0/1 n1/1 "
    assert pid_of(server, "timed") == before


def test_a_full_turn_that_takes_too_long_ends_for_all_in_it_and_the_worker_goes_on(
    server: RunningServer, tmp_path: Path
) -> None:
    before = pid_of(server, "timed")
    with Stream(server, "a", model="timed", until=tmp_path / "never") as mate:
        mate.begun()
        reply = server.predict("timed", order(name="h", tokens=3, hang=0))
        assert reply.status in (500, 504)
        while not mate.connection.at_end():
            mate.connection.read_chunk()
    assert server.predict("timed", order(name="n", tokens=2)).text == "n0/1 n1/1 "
    assert pid_of(server, "timed") == before


def test_a_deadline_ends_a_request_between_two_turns(server: RunningServer, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    body = order(name="d", until=tmp_path / "never", gone=gone)
    reply = server.predict("tokens", body, x_request_timeout_ms="500", accept="text/event-stream")
    last = reply.text.rstrip().rpartition("\n\n")[2]
    assert last.startswith("event: error\n")
    assert "DeadlineExceededException" in last
    assert server.predict("tokens", order(name="n", tokens=2)).text == "n0/1 n1/1 "
    eventually(gone.exists, 10, "the handler no longer has it")


def test_a_token_that_kills_the_worker_is_blamed_and_its_mate_in_the_turn_is_answered(
    server: RunningServer, callers: ThreadPoolExecutor
) -> None:
    before = pid_of(server, "tokens")
    poison = callers.submit(server.predict, "tokens", order(name="p", tokens=9, kill=0))
    mate = callers.submit(server.predict, "tokens", order(name="m", tokens=1))
    reply = poison.result(60)
    assert reply.status == 500
    assert reply.message.startswith("Worker died. It was ended by signal 9 (SIGKILL)")
    assert mate.result(60).text in ("m0/1 ", "m0/2 ")
    assert pid_of(server, "tokens") != before


def test_a_stream_that_has_begun_breaks_off_with_its_worker(server: RunningServer, tmp_path: Path) -> None:
    with Stream(server, "a", until=tmp_path / "never") as mate:
        mate.begun()
        poison = server.predict("tokens", order(name="p", tokens=9, kill=0))
        assert poison.status == 500
        while not mate.connection.at_end():
            assert mate.connection.read_chunk(), "it may not look whole"
    assert server.predict("tokens", order(name="n", tokens=1)).text == "n0/1 "


def test_requests_share_a_batch_only_with_those_of_their_key(
    server: RunningServer, callers: ThreadPoolExecutor, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    held = callers.submit(server.predict, "keyed", f"hold {gate}")
    eventually(gate.with_suffix(".began").exists, 20, "the worker is busy")
    keys = ["small", "large", None, "small", "large", "small"]
    with rpc.inference(server.grpc_inference) as stub:
        headers: list[dict[str, str]] = [{} if key is None else {"X_Shape": key} for key in keys]
        answers = [callers.submit(server.predict, "keyed", "x", **header) for header in headers]
        over_grpc = stub.Predictions.future(
            rpc.prediction("keyed", b"x"), timeout=60, metadata=[("x-shape", "small")]
        )
        eventually(lambda: pending(server, "keyed") == len(keys) + 1, 20, "all requests wait")
        gate.touch()
        assert held.result(30).text == "1"
        sizes = [answer.result(30).text for answer in answers]
        assert sizes == [{"small": "4", "large": "2", None: "1"}[key] for key in keys]
        assert over_grpc.result().prediction == b"4"


def test_what_a_mode_can_not_do_is_refused_when_the_model_is_loaded(server: RunningServer) -> None:
    pack(server.store, "blocking", "echo", config={"asyncCommunication": True})
    refused = server.manage("POST", "/models", url="blocking.mar", initial_workers=1, synchronous="true")
    assert refused.status >= 400
    assert "expected: an async def, since several requests run at once" in refused.message


def test_a_continuous_batch_refuses_explanations(server: RunningServer) -> None:
    reply = rest.call(server.inference, "POST", "/explanations/tokens", order(name="x", tokens=1))
    assert reply.status >= 400
    assert "continuousBatching" in reply.message
