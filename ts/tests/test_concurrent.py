"""Asynchronous handlers: several requests at once, each in a task of its own."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from ts._wire.messages import END, ErrorCode, Frame, FrameType
from ts.tests.frontend import PATIENCE_SECONDS, Frontend, ThreadWorker, bodies, item, write_model

GATED = """
    import asyncio
    from collections import defaultdict

    gates = defaultdict(asyncio.Event)
    begun = []

    async def handle(data, context):
        if data is None:
            return
        text = data[0]["body"].decode()
        word, _, name = text.partition(" ")
        if word == "open":
            gates[name].set()
            return [" ".join(begun)]
        begun.append(name)
        try:
            await gates[name].wait()
        finally:
            begun.append("-" + name)
        return [f"{name} {context.get_request_id(0)} {context.get_request_header(0, 'Name')}"]
"""
COUNTING = """
    async def handle(data, context):
        if data is None:
            return
        n = 0
        try:
            while n < 1000:
                yield f"{data[0]['body'].decode()}{n}"
                n += 1
        finally:
            open("ended", "a").write(f"{n} ")
"""


def waiting(frontend: Frontend, id_: int, name: str) -> Frame:
    """Sends a request that waits for its gate."""
    frame = frontend.frame(item(id_, f"wait {name}".encode(), headers=[("Name", name)], label=f"id-{name}"))
    frontend.send(frame)
    return frame


def opened(frontend: Frontend, name: str) -> str:
    """Opens a gate; returns what had begun and ended by then."""
    return frontend.one(f"open {name}".encode()).text


@pytest.fixture
def gated(frontend: Frontend, tmp_path: Path) -> Frontend:
    return frontend.serving(write_model(tmp_path / "m", GATED), mode="concurrent", concurrency="4")


def test_the_answer_to_load_says_mode_and_slots(frontend: Frontend, tmp_path: Path) -> None:
    loaded = frontend.load(write_model(tmp_path / "m", GATED), mode="concurrent", concurrency="64")
    assert (loaded["status"], loaded["mode"], loaded["slots"]) == ("ok", "concurrent", "64")
    loaded = frontend.load(write_model(tmp_path / "n", COUNTING), model=2, mode="concurrent")
    assert (loaded["slots"], loaded["streams"]) == ("8", "true")


def test_requests_are_answered_in_any_order_and_each_sees_itself_in_the_context(gated: Frontend) -> None:
    frames = {name: waiting(gated, n, name) for n, name in enumerate("abc", 10)}
    for name in "bca":
        gated.send(gated.frame(item(1, f"open {name}".encode())))
        replies = {}
        for _ in range(2):
            frame = gated.receive()
            replies[frame.run] = bytes(frame.payload[0].body).decode()  # type: ignore[index,union-attr]
        assert replies[frames[name].run] == f"{name} id-{name} {name}"


def test_no_more_than_the_slots_are_under_way_and_the_rest_keeps_its_order(
    frontend: Frontend, tmp_path: Path
) -> None:
    frontend.serving(write_model(tmp_path / "m", GATED), mode="concurrent", concurrency="2")
    handler = "async def handle(data, context):\n    return data and ['other']\n"
    frontend.serving(write_model(tmp_path / "other", handler), model=2, mode="concurrent")
    frames = {name: waiting(frontend, n, name) for n, name in enumerate("abcd", 10)}
    assert frontend.run(item(2, b""), model=2)[0].text == "other"
    frontend.cancel(10)
    assert frontend.result(frames["a"].run)[0].code == ErrorCode.CANCELLED
    frontend.cancel(11)
    assert frontend.result(frames["b"].run)[0].code == ErrorCode.CANCELLED
    frontend.cancel(12)
    assert frontend.result(frames["c"].run)[0].code == ErrorCode.CANCELLED
    assert opened(frontend, "d") == "a b -a c -b d -c"
    assert frontend.result(frames["d"].run)[0].text.startswith("d ")


def test_a_cancelled_request_that_has_not_begun_ends_at_once(frontend: Frontend, tmp_path: Path) -> None:
    frontend.serving(write_model(tmp_path / "m", GATED), mode="concurrent", concurrency="1")
    first, second = waiting(frontend, 10, "a"), waiting(frontend, 11, "b")
    frontend.cancel(11)
    assert frontend.result(second.run)[0].code == ErrorCode.CANCELLED
    frontend.cancel(10)
    assert frontend.result(first.run)[0].code == ErrorCode.CANCELLED
    assert opened(frontend, "x") == "a -a"


def test_a_heartbeat_is_answered_while_a_coroutine_hangs(gated: Frontend) -> None:
    waiting(gated, 10, "a")
    beat = Frame(FrameType.HEARTBEAT, run=7)
    gated.send(beat)
    assert gated.receive() == beat


def test_an_overdue_coroutine_is_named_with_its_stack_and_costs_its_own_request(
    frontend: Frontend, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    handler = """
        import asyncio
        async def deep(forever):
            await forever
        async def handle(data, context):
            if data is None:
                return
            if data[0]["body"] == b"hang":
                await asyncio.gather(asyncio.sleep(0), deep(asyncio.get_running_loop().create_future()))
            return ["fine"]
    """
    frontend.serving(write_model(tmp_path / "m", handler), mode="concurrent")
    hanging = frontend.frame(item(10, b"hang", label="the-slow-one"))
    frontend.send(hanging)
    assert frontend.one(b"go").text == "fine"
    frontend.cancel(10, reason=4)
    answer = frontend.result(hanging.run)[0]
    assert (answer.code, answer.text) == (
        ErrorCode.CANCELLED,
        "cancelled: it took longer than responseTimeout",
    )
    log = capfd.readouterr().err
    assert "request the-slow-one is overdue" in log
    assert "in deep" in log
    assert "await forever" in log
    assert frontend.one(b"go").text == "fine"


def test_a_deadline_counts_on_while_the_request_runs(gated: Frontend) -> None:
    late = gated.frame(item(10, b"wait a", deadline_ms=30))
    gated.send(late)
    answer = gated.result(late.run)[0]
    assert (answer.code, answer.text[:14]) == (ErrorCode.DEADLINE_EXCEEDED, "deadline: 30 m")
    assert opened(gated, "x") == "a -a"


def test_a_coroutine_that_does_not_end_when_cancelled_keeps_its_slot(
    frontend: Frontend, tmp_path: Path
) -> None:
    handler = """
        import asyncio
        stubborn = asyncio.Event()
        async def handle(data, context):
            if data is None:
                return
            if data[0]["body"] == b"free":
                stubborn.set()
                return ["freed"]
            if data[0]["body"] == b"beside":
                return ["begun"]
            while not stubborn.is_set():
                try:
                    await stubborn.wait()
                except asyncio.CancelledError:
                    pass
            return ["too late"]
    """
    frontend.serving(write_model(tmp_path / "m", handler), mode="concurrent", concurrency="2")
    frame = frontend.frame(item(10, b"hold"))
    frontend.send(frame)
    # Requests begin in their order: when this one has ended, the one before it is under way.
    assert frontend.run(item(9, b"beside"))[0].text == "begun"
    frontend.cancel(10)
    beat = Frame(FrameType.HEARTBEAT, run=1)
    frontend.send(beat)
    assert frontend.receive() == beat
    frontend.send(frontend.frame(item(11, b"free")))
    answers = [frontend.receive().payload[0] for _ in range(2)]  # type: ignore[index]
    assert {(a.id, a.error, bytes(a.body)[:5]) for a in answers} == {  # type: ignore[union-attr]
        (10, ErrorCode.CANCELLED, b"cance"),
        (11, 0, b"freed"),
    }


def test_streams_run_beside_each_other_and_each_has_its_own_credits(
    frontend: Frontend, tmp_path: Path
) -> None:
    folder = write_model(tmp_path / "m", COUNTING)
    frontend.serving(folder, mode="concurrent", concurrency="2")
    a, b = frontend.frame(item(1, b"a", credits=2, flags=4)), frontend.frame(item(2, b"b", flags=4))
    frontend.send(a, b)
    texts: dict[int, list[str]] = {a.run: [], b.run: []}
    for _ in range(2 + 16):
        frame = frontend.receive()
        texts[frame.run] += bodies(frame)
    assert texts == {a.run: ["a0", "a1"], b.run: [f"b{n}" for n in range(16)]}
    frontend.socket.settimeout(0.2)
    with pytest.raises(TimeoutError):
        frontend.receive()
    frontend.socket.settimeout(PATIENCE_SECONDS)
    frontend.credit(1, 1)
    assert frontend.piece(a.run)[0].text == "a2"
    frontend.cancel(1, 2)
    ended = {frontend.receive().run for _ in range(2)}
    assert ended == {a.run, b.run}
    assert sorted((folder / "ended").read_text().split()) == ["16", "3"]


def test_a_stream_ends_with_an_empty_result(frontend: Frontend, tmp_path: Path) -> None:
    handler = COUNTING.replace("1000", "2")
    frontend.serving(write_model(tmp_path / "m", handler), mode="concurrent")
    frame = frontend.frame(item(1, b"a", flags=4))
    frontend.send(frame)
    assert [frontend.piece(frame.run)[0].text for _ in range(2)] == ["a0", "a1"]
    assert [(r.body, r.error) for r in frontend.result(frame.run)] == [(b"", 0)]


SENDING = """
    from ts.handler_utils.utils import send_intermediate_predict_response
    async def handle(data, context):
        if data is None:
            return
        context.set_response_content_type(0, "text/plain")
        for n in range(int(data[0]["body"])):
            send_intermediate_predict_response([f"p{n}"], context.request_ids, "", 200, context)
        return ["last"]
"""


def test_pieces_that_a_coroutine_sends_wait_for_credit_and_come_before_the_answer(
    frontend: Frontend, tmp_path: Path
) -> None:
    frontend.serving(write_model(tmp_path / "m", SENDING), mode="concurrent")
    frame = frontend.frame(item(1, b"5", credits=2, flags=4))
    frontend.send(frame)
    assert [frontend.piece(frame.run)[0].text for _ in range(2)] == ["p0", "p1"]
    frontend.credit(1, 1)
    piece = frontend.piece(frame.run)[0]
    assert (piece.text, piece.content_type) == ("p2", "text/plain")
    frontend.credit(1, 9)
    assert [frontend.piece(frame.run)[0].text for _ in range(2)] == ["p3", "p4"]
    assert frontend.result(frame.run)[0].text == "last"


def test_a_client_that_does_not_read_costs_no_more_memory_than_an_answer_may(
    frontend: Frontend, tmp_path: Path
) -> None:
    frontend.serving(write_model(tmp_path / "m", SENDING), mode="concurrent", max_response_size="10")
    frame = frontend.frame(item(1, b"50", credits=1, flags=4))
    frontend.send(frame)
    assert frontend.piece(frame.run)[0].text == "p0"
    frontend.credit(1, 100)
    kind, answers = frontend.replies(frame.run)
    while kind == FrameType.PIECE:
        kind, answers = frontend.replies(frame.run)
    assert answers[0].code == ErrorCode.REPLY_TOO_LARGE


def test_a_thread_of_the_handler_sends_pieces_and_sees_its_own_request(
    frontend: Frontend, tmp_path: Path
) -> None:
    handler = """
        import asyncio
        from ts.handler_utils.utils import send_intermediate_predict_response
        def work(context):
            for n in range(3):
                text = f"{context.get_request_id(0)} {n}"
                send_intermediate_predict_response([text], context.request_ids, "", 200, context)
        async def handle(data, context):
            if data is not None:
                await asyncio.to_thread(work, context)
                return ["done"]
    """
    frontend.serving(write_model(tmp_path / "m", handler), mode="concurrent")
    a = frontend.frame(item(1, b"", credits=1, flags=4, label="a"))
    b = frontend.frame(item(2, b"", flags=4, label="b"))
    frontend.send(a, b)
    texts: list[tuple[int, str]] = []
    while len(texts) < 1 + 4:
        frame = frontend.receive()
        texts += [(frame.run, text) for text in bodies(frame)]
    assert [text for run, text in texts if run == a.run] == ["a 0"]
    assert [text for run, text in texts if run == b.run] == ["b 0", "b 1", "b 2", "done"]
    frontend.credit(1, 5)
    assert [frontend.piece(a.run)[0].text for _ in range(2)] == ["a 1", "a 2"]
    assert frontend.result(a.run)[0].text == "done"


def test_an_exception_is_the_error_of_its_request(
    frontend: Frontend, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    handler = """
        import asyncio
        from ts.service import PredictionException
        async def handle(data, context):
            if data is None:
                return
            await asyncio.sleep(0)
            exec(data[0]["body"].decode())
            return ["fine"]
    """
    frontend.serving(write_model(tmp_path / "m", handler), mode="concurrent")
    failed = frontend.one(b"1 / 0")
    assert (failed.code, failed.headers["exception"]) == (ErrorCode.HANDLER_EXCEPTION, "ZeroDivisionError")
    assert "ZeroDivisionError" in capfd.readouterr().err
    chosen = frontend.one(b"raise PredictionException('no', 422)")
    assert (chosen.code, chosen.status) == (ErrorCode.PREDICTION_EXCEPTION, 422)
    assert frontend.one(b"raise asyncio.CancelledError()").code == ErrorCode.HANDLER_EXCEPTION
    assert frontend.one(b"pass").text == "fine"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("'a'", ErrorCode.OUTPUT_NOT_A_LIST),
        ("[1, 2]", ErrorCode.OUTPUT_COUNT),
        ("[{1}]", ErrorCode.OUTPUT_TYPE),
    ],
)
def test_a_wrong_answer_is_an_error(frontend: Frontend, tmp_path: Path, answer: str, code: ErrorCode) -> None:
    handler = f"async def handle(data, context):\n    return data and {answer}\n"
    frontend.serving(write_model(tmp_path / "m", handler), mode="concurrent")
    assert frontend.one(b"").code == code


def test_two_senders_of_one_request_both_wait_for_credit(frontend: Frontend, tmp_path: Path) -> None:
    handler = """
        import asyncio
        from ts.handler_utils.utils import send_intermediate_predict_response
        def send(name, context):
            for n in range(2):
                send_intermediate_predict_response([f"{name}{n}"], context.request_ids, "", 200, context)
        async def handle(data, context):
            if data is not None:
                await asyncio.gather(*(asyncio.to_thread(send, name, context) for name in "ab"))
                return ["end"]
    """
    frontend.serving(write_model(tmp_path / "m", handler), mode="concurrent")
    frame = frontend.frame(item(1, b"", credits=1, flags=4))
    frontend.send(frame)
    texts = [frontend.piece(frame.run)[0].text]
    for _ in range(3):
        frontend.credit(1, 1)
        texts.append(frontend.piece(frame.run)[0].text)
    assert sorted(texts) == ["a0", "a1", "b0", "b1"]
    assert frontend.result(frame.run)[0].text == "end"


def test_an_error_that_a_slow_reader_has_not_seen_gives_way_to_the_cancel(
    frontend: Frontend, tmp_path: Path
) -> None:
    handler = SENDING.replace('[f"p{n}"]', '[f"p{n}" if n < 2 else ValueError("broke")]')
    frontend.serving(write_model(tmp_path / "m", handler), mode="concurrent")
    frame = frontend.frame(item(1, b"3", credits=1, flags=4))
    frontend.send(frame)
    assert frontend.piece(frame.run)[0].text == "p0"
    frontend.cancel(1)
    assert frontend.result(frame.run)[0].code == ErrorCode.CANCELLED


def test_an_exception_as_piece_ends_the_stream(frontend: Frontend, tmp_path: Path) -> None:
    handler = """
        async def handle(data, context):
            if data is not None:
                yield "a"
                yield ValueError("broke")
                yield "not sent"
    """
    frontend.serving(write_model(tmp_path / "m", handler), mode="concurrent")
    frame = frontend.frame(item(1, b"", flags=4))
    frontend.send(frame)
    assert frontend.piece(frame.run)[0].text == "a"
    assert [(p.flags, p.text) for p in frontend.piece(frame.run)] == [(END, "broke")]
    assert frontend.result(frame.run) == []


def test_background_tasks_of_a_handler_go_on_between_requests(frontend: Frontend, tmp_path: Path) -> None:
    done = tmp_path / "done"
    os.mkfifo(done)
    handler = f"""
        import asyncio
        class Ticking:
            async def initialize(self, context):
                self.task = asyncio.create_task(self.tick())
            async def tick(self):
                await asyncio.sleep(0.01)
                await asyncio.to_thread(open, {str(done)!r}, "w")
            async def handle(self, data, context):
                return ["x"]
    """
    frontend.serving(write_model(tmp_path / "m", handler), mode="concurrent")
    assert done.read_bytes() == b""  # opened from both sides


def test_serial_models_and_asynchronous_ones_share_a_worker(frontend: Frontend, tmp_path: Path) -> None:
    frontend.serving(write_model(tmp_path / "m", GATED), mode="concurrent")
    serial = """
        import asyncio
        async def handle(data, context):
            await asyncio.sleep(0.001)
            return [len(data or ())] * len(data or ())
    """
    frontend.serving(write_model(tmp_path / "s", serial), model=2)
    frame = waiting(frontend, 10, "a")
    assert [a.text for a in frontend.run(item(1, b""), item(2, b""), model=2)] == ["2", "2"]
    frontend.send(frontend.frame(item(3, b"open a")))
    assert {frontend.receive().run for _ in range(2)} == {frame.run, frame.run + 2}
    frontend.send(Frame(FrameType.UNLOAD, model=1))
    assert frontend.receive() == Frame(FrameType.UNLOADED, model=1)
    assert frontend.run(item(1, b""), model=1)[0].code == ErrorCode.MODEL_NOT_LOADED
    assert frontend.run(item(1, b""), model=2)[0].text == "1"


def test_unloading_stops_what_is_under_way(gated: Frontend) -> None:
    frame = waiting(gated, 10, "a")
    gated.send(Frame(FrameType.UNLOAD, model=1))
    assert gated.result(frame.run)[0].code == ErrorCode.CANCELLED
    assert gated.receive() == Frame(FrameType.UNLOADED, model=1)


def test_stop_waits_for_what_is_under_way(worker: ThreadWorker, gated: Frontend) -> None:
    a, b = waiting(gated, 10, "a"), waiting(gated, 11, "b")
    gated.send(Frame(FrameType.STOP))
    gated.cancel(10)
    assert gated.result(a.run)[0].code == ErrorCode.CANCELLED
    gated.cancel(11)
    assert gated.result(b.run)[0].code == ErrorCode.CANCELLED
    worker.join()
    assert worker.failure is None


def test_the_frontend_that_leaves_cancels_what_is_under_way(
    worker: ThreadWorker, frontend: Frontend, tmp_path: Path
) -> None:
    folder = write_model(tmp_path / "m", COUNTING)
    frontend.serving(folder, mode="concurrent")
    frame = frontend.frame(item(1, b"a", credits=1, flags=4))
    frontend.send(frame)
    assert frontend.piece(frame.run)[0].text == "a0"
    frontend.socket.close()
    worker.join()
    assert worker.failure is None
    assert (folder / "ended").read_text() == "1 "


def test_bytes_that_are_no_frame_end_the_worker(worker: ThreadWorker, gated: Frontend) -> None:
    gated.socket.sendall(b"GET / HTTP/1.1\r\n\r\n")
    worker.join()
    assert str(worker.failure) == f"version: {ord('/')} (expected: 1)"


def test_a_handler_that_wants_to_end_ends_the_worker(
    worker: ThreadWorker, frontend: Frontend, tmp_path: Path
) -> None:
    handler = """
        async def handle(data, context):
            if data is not None:
                raise SystemExit(3)
    """
    frontend.serving(write_model(tmp_path / "m", handler), mode="concurrent")
    frontend.send(frontend.frame(item(1, b"")))
    worker.join()
    assert isinstance(worker.failure, SystemExit)


def test_a_lost_device_spends_the_worker(frontend: Frontend, tmp_path: Path) -> None:
    handler = """
        async def handle(data, context):
            if data is not None:
                raise RuntimeError("CUDA error: device-side assert triggered")
    """
    frontend.serving(write_model(tmp_path / "m", handler), mode="concurrent")
    for _ in range(2):
        frontend.send(frontend.frame(item(1, b"")))
        result = frontend.receive()
        assert result.flags == 1
        assert result.payload[0].error == ErrorCode.DEVICE_LOST  # type: ignore[index,union-attr]


def test_a_run_of_several_requests_is_refused(gated: Frontend) -> None:
    answers = gated.run(item(1, b"open a"), item(2, b"open b"))
    assert [(a.id, a.code) for a in answers] == [(1, ErrorCode.UNSUPPORTED), (2, ErrorCode.UNSUPPORTED)]


def test_describe_and_explain_work(frontend: Frontend, tmp_path: Path) -> None:
    handler = """
        class Described:
            async def handle(self, data, context):
                return [context.get_request_header(0, "explain")]
            def describe_handle(self):
                return {"name": self.context.model_name}
    """
    frontend.serving(write_model(tmp_path / "m", handler), mode="concurrent")
    assert frontend.one(kind=FrameType.DESCRIBE).json == {"name": "m"}
    assert frontend.one(b"", kind=FrameType.EXPLAIN).text == "True"


@pytest.mark.parametrize(
    ("handler", "fields", "text"),
    [
        (
            "def handle(d, c):\n    return d and ['x']\n",
            {},
            "with the handler handle (expected: an async def",
        ),
        (GATED, {"mode": "continuous", "envelope": "json"}, "mode: continuous, with the envelope json"),
        (GATED, {"prepare_ahead": "true"}, "prepareAhead: true, with the mode concurrent"),
        (GATED, {"mode": "wild"}, "mode: 'wild' (expected: serial, concurrent or continuous)"),
    ],
)
def test_a_mode_that_does_not_fit_is_refused(
    frontend: Frontend, tmp_path: Path, handler: str, fields: dict[str, str], text: str
) -> None:
    asked: dict[str, Any] = {"mode": "concurrent", **fields}
    loaded = frontend.load(write_model(tmp_path / "m", handler), **asked)
    assert (loaded["status"], loaded["error"]) == ("failed", "LOAD_FAILED")
    assert text in loaded["message"]


def test_envelopes_open_and_close_each_request(frontend: Frontend, tmp_path: Path) -> None:
    handler = """
        import asyncio
        async def handle(data, context):
            if data is not None:
                await asyncio.sleep(0)
                return [number * 2 for number in data]
    """
    frontend.serving(write_model(tmp_path / "m", handler), mode="concurrent", envelope="json")
    frames = [frontend.frame(item(n, f'{{"instances": {list(range(n))}}}')) for n in (1, 2, 3)]
    frontend.send(*frames)
    answers = [json.loads(frontend.result(frame.run)[0].body) for frame in frames]
    assert answers == [{"predictions": [2 * i for i in range(n)]} for n in (1, 2, 3)]


def test_a_group_of_processes_is_serial(workers: list[Any], tmp_path: Path) -> None:
    leader = ThreadWorker(rank=0, world_size=2)
    workers.append(leader)
    loaded = leader.frontend.load(write_model(tmp_path / "m", GATED), mode="concurrent")
    assert "in a group of processes" in loaded["message"]


def test_the_shape_of_torchserves_own_asynchronous_handlers_works(frontend: Frontend, tmp_path: Path) -> None:
    handler = """
        import asyncio, time
        from ts.async_service import AsyncService
        from ts.handler_utils.utils import send_intermediate_predict_response
        from ts.torch_handler.base_handler import BaseHandler

        class Engine:
            async def generate(self, prompt):
                for n in range(2):
                    await asyncio.sleep(0)
                    yield f"{prompt}{n}"

        class LikeVllm(BaseHandler):
            def initialize(self, ctx):
                self.engine = Engine()
                self.initialized = True

            async def handle(self, data, context):
                start = time.time()
                prepared = await self.preprocess(data, context)
                output = await self.inference(prepared, context)
                output = await self.postprocess(output)
                context.metrics.add_time("HandlerTime", (time.time() - start) * 1000, None, "ms")
                return output

            async def preprocess(self, requests, context):
                assert len(requests) == 1
                return [requests[0]["body"]["prompt"]]

            async def inference(self, prepared, context):
                async for piece in self.engine.generate(prepared[0]):
                    send_intermediate_predict_response([piece], context.request_ids, "Result", 200, context)
                return ["end"]

            async def postprocess(self, output):
                return output
    """
    frontend.serving(write_model(tmp_path / "m", handler), mode="concurrent")
    frame = frontend.frame(item(1, '{"prompt": "x"}', flags=4))
    frontend.send(frame)
    assert [frontend.piece(frame.run)[0].text for _ in range(2)] == ["x0", "x1"]
    assert frontend.result(frame.run)[0].text == "end"
