"""What the worker does with runs: data, headers, answers, errors, order."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ts._wire.messages import SPENT, ErrorCode, Frame, FrameType, Part
from ts.tests.frontend import PATIENCE_SECONDS, PREFIX, Frontend, ThreadWorker, item, write_model

ECHO = """
    def handle(data, context):
        return None if data is None else [row["body"] for row in data]
"""


def answering(expression: str) -> str:
    """A handler that answers every batch with an expression of data and context."""
    return f"""
        def handle(data, context):
            if data is None:
                return None
            return {expression}
    """


def raising(statement: str) -> str:
    return f"""
        from ts.service import PredictionException
        def handle(data, context):
            if data is not None:
                {statement}
    """


def test_hello_tells_who_the_worker_is(worker: ThreadWorker) -> None:
    assert worker.hello.type == FrameType.HELLO
    fields = worker.hello.payload
    assert isinstance(fields, dict)
    assert {k: fields[k] for k in ("protocol", "worker", "generation", "nonce", "rank", "world_size")} == {
        "protocol": "1",
        "worker": "9000",
        "generation": "2",
        "nonce": "5ec7e7",
        "rank": "0",
        "world_size": "1",
    }


def test_a_batch_is_answered_in_order(frontend: Frontend, tmp_path: Path) -> None:
    assert frontend.load(write_model(tmp_path / "m", ECHO)) == {
        "status": "ok",
        "mode": "serial",
        "slots": "1",
    }
    answers = frontend.run(item(3, b"a"), item(1, b"\x00\xff"), item(2**64 - 1, b""))
    assert [(a.id, a.body, a.error, a.content_type) for a in answers] == [
        (3, b"a", 0, ""),
        (1, b"\x00\xff", 0, ""),
        (2**64 - 1, b"", 0, ""),
    ]


def test_runs_sent_ahead_are_answered_in_order(frontend: Frontend, tmp_path: Path) -> None:
    frontend.serving(write_model(tmp_path / "m", ECHO))
    frames = [frontend.frame(item(n, bytes([n]))) for n in range(200)]
    frontend.send(*frames)
    for n, frame in enumerate(frames):
        assert frontend.result(frame.run)[0].body == bytes([n])


def test_large_bodies_pass(frontend: Frontend, tmp_path: Path) -> None:
    frontend.serving(write_model(tmp_path / "m", ECHO), max_response_size="90000000")
    body = bytes(range(256)) * 4096 * 3
    assert frontend.one(body).body == body


def test_a_reply_is_not_changed_by_a_later_run_that_reuses_its_buffer(
    frontend: Frontend, tmp_path: Path
) -> None:
    handler = """
        shared = bytearray(4)
        def handle(data, context):
            if data is not None:
                shared[:] = data[0]["body"]
                return [shared]
    """
    frontend.serving(write_model(tmp_path / "m", handler))
    frames = [frontend.frame(item(n, b"%04d" % n)) for n in range(50)]
    frontend.send(*frames)
    assert [frontend.result(frame.run)[0].body for frame in frames] == [b"%04d" % n for n in range(50)]


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (Part("body", "application/json", b'{"a": [1]}'), "dict {'a': [1]}"),
        (Part("body", "application/json; charset=utf-8", b"[1]"), "list [1]"),
        (Part("body", "Application/JSON", b"1.5"), "float 1.5"),
        (Part("body", "application/json", b"{not"), "bytearray bytearray(b'{not')"),
        (Part("body", "application/json", b""), "bytearray bytearray(b'')"),
        (Part("body", "application/json", b"[" * 100_000), "bytearray"),
        (Part("body", "text/plain", "grüß".encode()), "str 'grüß'"),
        (Part("body", "text/csv;charset=utf-8", b"a,b"), "str 'a,b'"),
        (Part("body", "text/plain", b"\xff"), "bytearray bytearray(b'\\xff')"),
        (Part("body", "application/octet-stream", b"x"), "bytearray bytearray(b'x')"),
        (Part("body", "", b'{"a": 1}'), "bytearray bytearray(b'{\"a\": 1}')"),
    ],
)
def test_bodies_are_decoded_by_their_content_type(
    frontend: Frontend, tmp_path: Path, part: Part, expected: str
) -> None:
    handler = answering("[type(row['body']).__name__ + ' ' + repr(row['body']) for row in data]")
    frontend.serving(write_model(tmp_path / "m", handler))
    assert frontend.one(part).text.startswith(expected)


def test_bodies_stay_bytes_when_decoding_is_off(frontend: Frontend, tmp_path: Path) -> None:
    frontend.serving(write_model(tmp_path / "m", answering("[repr(data[0])]")), decode_input_request="false")
    assert frontend.one('{"a": 1}').text == "{'body': bytearray(b'{\"a\": 1}')}"


def test_part_names_are_keys_and_the_last_of_a_name_wins(frontend: Frontend, tmp_path: Path) -> None:
    frontend.serving(write_model(tmp_path / "m", answering("[repr(data[0])]")))
    parts = [Part("a", "", b"1"), Part("größe", "text/plain", b"2"), Part("a", "", b"3")]
    assert frontend.one(*parts).text == "{'a': bytearray(b'3'), 'größe': '2'}"


def test_a_body_may_be_changed_in_place(frontend: Frontend, tmp_path: Path) -> None:
    handler = """
        def handle(data, context):
            if data is not None:
                data[0]["body"].extend(b"!")
                return [data[0]["body"]]
    """
    frontend.serving(write_model(tmp_path / "m", handler))
    assert frontend.one(b"hi").body == b"hi!"


HEADERS = [
    ("X-API-Key", "exact"),
    ("x-api-key", "lower"),
    ("Content-Type", "application/json"),
    ("url_path", "v1/x"),
]


def test_headers_keep_their_spelling_and_tell_the_parts(frontend: Frontend, tmp_path: Path) -> None:
    frontend.serving(write_model(tmp_path / "m", answering("[context.get_all_request_header(0)]")))
    headers = frontend.one(Part("body", "text/plain", b""), Part("f", "", b""), headers=HEADERS).json
    assert headers == {
        "X-API-Key": "exact",
        "x-api-key": "lower",
        "Content-Type": "application/json",
        "url_path": "v1/x",
        "explain": "False",
        "body": {"content-type": "text/plain"},
        "f": {"content-type": None},
    }


def test_a_header_is_found_exactly_first_and_then_without_case(frontend: Frontend, tmp_path: Path) -> None:
    handler = answering(
        "[[context.get_request_header(0, n) for n in ('x-api-key', 'X-API-Key', 'content-TYPE', 'no')]]"
    )
    frontend.serving(write_model(tmp_path / "m", handler))
    assert frontend.one(b"", headers=HEADERS).json == ["lower", "exact", "application/json", None]


def test_a_clients_explain_header_is_overridden_and_url_path_is_always_there(
    frontend: Frontend, tmp_path: Path
) -> None:
    handler = answering("[[context.get_request_header(0, n) for n in ('explain', 'url_path', 'describe')]]")
    frontend.serving(write_model(tmp_path / "m", handler))
    assert frontend.one(b"", headers=[("explain", "True")]).json == ["False", "", None]
    assert frontend.one(b"", kind=FrameType.EXPLAIN).json == ["True", "", None]


def test_a_sequence_is_told_in_headers(frontend: Frontend, tmp_path: Path) -> None:
    handler = answering(
        "[[context.get_sequence_id(0), context.get_request_header(0, 'ts_request_sequence_start')]]"
    )
    frontend.serving(write_model(tmp_path / "m", handler))
    assert frontend.one(b"", sequence="s-1", flags=1).json == ["s-1", "true"]


def test_request_ids_are_labels(frontend: Frontend, tmp_path: Path) -> None:
    handler = answering(
        "[[context.get_request_id(0), context.request_ids[1]], context.get_request_id(idx=1)]"
    )
    frontend.serving(write_model(tmp_path / "m", handler))
    first, second = frontend.run(item(5, b"", label="mine"), item(255, b""))
    derived = "0191c2d3-a4b5-8f00-8000-0000000000ff"
    assert first.json == ["mine", derived]
    assert second.text == derived
    assert derived.replace("-", "").startswith(PREFIX)


def test_status_reason_type_and_headers_are_told(frontend: Frontend, tmp_path: Path) -> None:
    handler = """
        def handle(data, context):
            if data is None:
                return
            context.set_response_status(code=201, phrase="Créé", idx=1)
            context.set_response_content_type(0, "image/png")
            context.set_response_header(1, "X-Number", 7)
            return [b"png", {"a": 1}]
    """
    frontend.serving(write_model(tmp_path / "m", handler))
    first, second = frontend.run(item(1, b""), item(2, b""))
    assert (first.status, first.reason, first.content_type, first.headers) == (0, "", "image/png", {})
    assert (second.status, second.reason, second.content_type) == (201, "Créé", "application/json")
    assert (second.headers, second.text) == ({"X-Number": "7"}, '{\n  "a": 1\n}')


def test_reply_headers_do_not_leak_into_the_next_batch(frontend: Frontend, tmp_path: Path) -> None:
    handler = """
        def handle(data, context):
            if data is not None:
                if data[0]["body"]:
                    context.set_response_status(404, idx=0)
                    context.set_response_header(0, "X", "y")
                return [""]
    """
    frontend.serving(write_model(tmp_path / "m", handler))
    assert (frontend.one(b"x").status, frontend.one(b"").status) == (404, 0)
    assert frontend.one(b"").headers == {}


@pytest.mark.parametrize(
    ("expression", "code", "words"),
    [
        ("'text'", ErrorCode.OUTPUT_NOT_A_LIST, "str (expected: a list"),
        ("None", ErrorCode.OUTPUT_NOT_A_LIST, "NoneType"),
        ("tuple(data)", ErrorCode.OUTPUT_NOT_A_LIST, "tuple"),
        ("[]", ErrorCode.OUTPUT_COUNT, "a list of 0 (expected: 2"),
        ("[1, 2, 3]", ErrorCode.OUTPUT_COUNT, "a list of 3 (expected: 2"),
    ],
)
def test_an_answer_of_the_wrong_shape_is_an_error_of_the_batch(
    frontend: Frontend, tmp_path: Path, expression: str, code: ErrorCode, words: str
) -> None:
    frontend.serving(write_model(tmp_path / "m", answering(expression)))
    for answer in frontend.run(item(1, b""), item(2, b"")):
        assert answer.code == code
        assert words in answer.text


def test_one_entry_that_is_no_json_fails_alone(frontend: Frontend, tmp_path: Path) -> None:
    frontend.serving(write_model(tmp_path / "m", answering("[1, object(), {1j: 2}]")))
    good, wrong, key = frontend.run(item(1, b""), item(2, b""), item(3, b""))
    assert good.json == 1
    assert wrong.code == key.code == ErrorCode.OUTPUT_TYPE
    assert "object" in wrong.text
    assert "dict" in key.text


def test_a_reply_that_is_too_large_fails_alone_and_the_worker_lives(
    frontend: Frontend, tmp_path: Path
) -> None:
    frontend.serving(write_model(tmp_path / "m", ECHO), max_response_size="100")
    fits, large = frontend.run(item(1, bytes(100)), item(2, bytes(101)))
    assert (fits.error, len(fits.body)) == (0, 100)
    assert large.code == ErrorCode.REPLY_TOO_LARGE
    assert large.text == "reply body: 101 bytes (expected: <= 100, max_response_size)"
    assert frontend.one(b"on").body == b"on"


@pytest.mark.parametrize(
    ("statement", "code", "status", "text"),
    [
        ("1 / 0", ErrorCode.HANDLER_EXCEPTION, 0, "division by zero"),
        ("raise KeyError()", ErrorCode.HANDLER_EXCEPTION, 0, "KeyError"),
        ("raise PredictionException('too big', 413)", ErrorCode.PREDICTION_EXCEPTION, 413, "too big"),
        ("raise PredictionException('plain')", ErrorCode.PREDICTION_EXCEPTION, 500, "plain"),
        ("raise PredictionException('odd', 9)", ErrorCode.PREDICTION_EXCEPTION, 500, "odd"),
        ("raise MemoryError('no')", ErrorCode.OUT_OF_MEMORY, 0, "no"),
        ("raise RuntimeError('CUDA out of memory')", ErrorCode.OUT_OF_MEMORY, 0, "CUDA out of memory"),
        (
            "raise RuntimeError('CUDA error: out of memory')",
            ErrorCode.OUT_OF_MEMORY,
            0,
            "CUDA error: out of memory",
        ),
        ("raise ValueError('CUDA is a word')", ErrorCode.HANDLER_EXCEPTION, 0, "CUDA is a word"),
        ("raise BaseException('base')", ErrorCode.HANDLER_EXCEPTION, 0, "base"),
    ],
)
def test_an_exception_is_the_error_of_the_whole_batch(
    frontend: Frontend, tmp_path: Path, statement: str, code: ErrorCode, status: int, text: str
) -> None:
    frontend.serving(write_model(tmp_path / "m", raising(statement)))
    answers = frontend.run(item(1, b""), item(2, b""))
    assert [(a.id, a.code, a.status, a.text) for a in answers] == [
        (1, code, status, text),
        (2, code, status, text),
    ]


def test_a_handlers_exception_is_told_by_class_and_detail_and_traced_once(
    frontend: Frontend, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    frontend.serving(write_model(tmp_path / "m", raising("{}['absent']")))
    answers = frontend.run(item(1, b""), item(2, b""))
    assert [a.headers for a in answers] == [{"exception": "KeyError", "detail": "'absent'"}] * 2
    assert capfd.readouterr().err.count("Traceback") == 1


def test_an_exception_in_the_list_is_the_error_of_its_item_alone(frontend: Frontend, tmp_path: Path) -> None:
    handler = """
        from ts.service import PredictionException
        def handle(data, context):
            if data is not None:
                return ["ok", PredictionException("not this", 422), ValueError("nor this")]
    """
    frontend.serving(write_model(tmp_path / "m", handler))
    ok, chosen, other = frontend.run(item(1, b""), item(2, b""), item(3, b""))
    assert (ok.error, ok.text) == (0, "ok")
    assert (chosen.code, chosen.status, chosen.text) == (ErrorCode.PREDICTION_EXCEPTION, 422, "not this")
    assert (other.code, other.headers["exception"]) == (ErrorCode.HANDLER_EXCEPTION, "ValueError")


@pytest.mark.parametrize(
    "text", ["CUDA error: device-side assert triggered", "an illegal memory access was encountered"]
)
def test_a_lost_device_spends_the_worker(frontend: Frontend, tmp_path: Path, text: str) -> None:
    frontend.serving(write_model(tmp_path / "m", raising(f"raise RuntimeError({text!r})")))
    frame = frontend.frame(item(1, b""))
    frontend.send(frame, frontend.frame(item(2, b"")))
    for _ in range(2):
        result = frontend.receive()
        assert result.flags == SPENT
        assert result.payload[0].error == ErrorCode.DEVICE_LOST  # type: ignore[index,union-attr]


def test_a_prediction_exception_that_hides_a_lost_device_still_spends_the_worker(
    frontend: Frontend, tmp_path: Path
) -> None:
    handler = """
        from ts.service import PredictionException
        def handle(data, context):
            if data is not None:
                try:
                    raise RuntimeError("CUDA error: unspecified launch failure")
                except RuntimeError as lost:
                    raise PredictionException("sorry", 503) from lost
    """
    frontend.serving(write_model(tmp_path / "m", handler))
    frontend.send(frontend.frame(item(1, b"")))
    result = frontend.receive()
    assert result.flags == SPENT
    assert result.payload[0].error == ErrorCode.PREDICTION_EXCEPTION  # type: ignore[index,union-attr]


def test_a_cuda_error_of_a_wrong_call_does_not_spend_the_worker(frontend: Frontend, tmp_path: Path) -> None:
    frontend.serving(
        write_model(tmp_path / "m", raising("raise RuntimeError('CUDA error: invalid device ordinal')"))
    )
    frontend.send(frontend.frame(item(1, b"")))
    assert frontend.receive().flags == 0


def test_a_model_that_is_not_loaded_is_an_error_of_each_item(frontend: Frontend) -> None:
    answers = frontend.run(item(1, b""), item(2, b""), model=4)
    assert [(a.id, a.code) for a in answers] == [
        (1, ErrorCode.MODEL_NOT_LOADED),
        (2, ErrorCode.MODEL_NOT_LOADED),
    ]


def test_state_on_a_handler_object_survives_between_runs(frontend: Frontend, tmp_path: Path) -> None:
    handler = """
        class Counter:
            def initialize(self, context):
                self.seen = 0
            def handle(self, data, context):
                self.seen += len(data)
                context.cache = getattr(context, "cache", 0) + 1
                return [[self.seen, context.cache]] * len(data)
    """
    frontend.serving(write_model(tmp_path / "m", handler))
    assert frontend.run(item(1, b""), item(2, b""))[0].json == [2, 1]
    assert frontend.one(b"").json == [3, 2]


def test_describe_asks_the_handler_object(frontend: Frontend, tmp_path: Path) -> None:
    handler = """
        class Described:
            def handle(self, data, context):
                return ["no"]
            def describe_handle(self):
                return {"name": self.context.model_name}
    """
    frontend.serving(write_model(tmp_path / "m", handler))
    assert frontend.one(kind=FrameType.DESCRIBE).json == {"name": "m"}


def test_a_handler_without_a_description_is_unsupported(frontend: Frontend, tmp_path: Path) -> None:
    frontend.serving(write_model(tmp_path / "m", ECHO))
    assert frontend.one(kind=FrameType.DESCRIBE).code == ErrorCode.UNSUPPORTED


def test_async_handlers_share_one_event_loop(frontend: Frontend, tmp_path: Path) -> None:
    handler = """
        import asyncio
        loops = set()
        async def handle(data, context):
            loops.add(id(asyncio.get_running_loop()))
            await asyncio.sleep(0)
            return [[len(loops), row["body"].decode()] for row in data or ()]
    """
    frontend.serving(write_model(tmp_path / "m", handler))
    assert [frontend.one(b"a").json, frontend.one(b"b").json] == [[1, "a"], [1, "b"]]


@pytest.mark.parametrize("place", ["initialize", "handle"])
def test_a_background_task_goes_on_between_requests(frontend: Frontend, tmp_path: Path, place: str) -> None:
    handler = """
        import asyncio, pathlib
        class Model:
            async def initialize(self, context):
                if PLACE == "initialize":
                    self.task = asyncio.create_task(self.work())
            async def handle(self, data, context):
                if PLACE == "handle":
                    self.task = asyncio.create_task(self.work())
                return ["ok"] * len(data)
            async def work(self):
                for _ in range(3):
                    await asyncio.sleep(0.001)
                pathlib.Path(FOLDER, "done").touch()
    """
    folder = tmp_path / "m"
    write_model(folder, handler.replace("PLACE", repr(place)).replace("FOLDER", repr(str(folder))))
    frontend.serving(folder)
    if place == "handle":
        assert frontend.one(b"x").text == "ok"
    until(lambda: (folder / "done").exists())
    assert frontend.one(b"x").text == "ok"


def test_a_background_task_that_fails_harms_no_request(
    frontend: Frontend, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    handler = """
        import asyncio
        async def fail():
            await asyncio.sleep(0)
            raise ValueError("in the background")
        async def handle(data, context):
            asyncio.create_task(fail())
            return data and ["ok"] * len(data)
    """
    frontend.serving(write_model(tmp_path / "m", handler))
    assert frontend.one(b"x").text == "ok"
    assert frontend.one(b"x").text == "ok"
    until(lambda: "in the background" in caplog.text)


def until(done: Callable[[], bool]) -> None:
    """Waits for something that the worker does by itself."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_heartbeat_comes_back_as_it_is_and_in_order(frontend: Frontend, tmp_path: Path) -> None:
    frontend.serving(write_model(tmp_path / "m", ECHO))
    beat = Frame(FrameType.HEARTBEAT, 0, 0, 77, None)
    run = frontend.frame(item(1, b"x"))
    frontend.send(run, beat)
    assert frontend.result(run.run)[0].body == b"x"
    assert frontend.receive() == beat


def test_stop_ends_the_worker_when_what_came_before_is_answered(worker: ThreadWorker, tmp_path: Path) -> None:
    frontend = worker.frontend.serving(write_model(tmp_path / "m", ECHO))
    run = frontend.frame(item(1, b"x"))
    frontend.send(run, Frame(FrameType.STOP))
    assert frontend.result(run.run)[0].body == b"x"
    worker.join()
    assert worker.failure is None


def test_the_end_of_the_connection_ends_the_worker(worker: ThreadWorker) -> None:
    worker.frontend.socket.close()
    worker.join()
    assert worker.failure is None


def test_bytes_that_are_no_frame_end_the_worker(worker: ThreadWorker) -> None:
    worker.frontend.socket.sendall(b"GET / HTTP/1.1\r\n\r\n")
    worker.join()
    assert str(worker.failure) == f"version: {ord('/')} (expected: 1)"


def test_unload_forgets_the_model_and_other_models_go_on(frontend: Frontend, tmp_path: Path) -> None:
    frontend.serving(write_model(tmp_path / "a", answering("['a']")), model=1)
    frontend.serving(write_model(tmp_path / "b", answering("['b']")), model=2)
    assert [frontend.run(item(1, b""), model=m)[0].text for m in (1, 2, 1)] == ["a", "b", "a"]
    frontend.send(Frame(FrameType.UNLOAD, model=1))
    assert frontend.receive() == Frame(FrameType.UNLOADED, model=1)
    assert frontend.run(item(1, b""), model=1)[0].code == ErrorCode.MODEL_NOT_LOADED
    assert frontend.run(item(1, b""), model=2)[0].text == "b"


def test_other_ranks_say_that_a_run_has_ended_but_do_not_answer(workers: list[Any], tmp_path: Path) -> None:
    other = ThreadWorker(rank=1, world_size=2)
    workers.append(other)
    seen = tmp_path / "seen"
    handler = f"""
        def handle(data, context):
            if data is not None:
                open({str(seen)!r}, "ab").write(data[0]["body"])
                return [b"unheard" if data[0]["body"] == b"x" else {{"unheard": 1}}]
    """
    frontend = other.frontend.serving(write_model(tmp_path / "m", handler))
    assert frontend.run(item(1, b"x", deadline_ms=1)) == []
    assert frontend.run(item(2, b"y")) == []
    assert seen.read_bytes() == b"xy"


def test_other_ranks_tell_what_failed(workers: list[Any], tmp_path: Path) -> None:
    other = ThreadWorker(rank=1, world_size=2)
    workers.append(other)
    handler = """
        def handle(data, context):
            if data is not None:
                return [b"unheard", ValueError("no"), object()]
    """
    frontend = other.frontend.serving(write_model(tmp_path / "m", handler))
    answers = frontend.run(item(1, b""), item(2, b""), item(3, b""))
    codes = {answer.id: answer.code for answer in answers}
    assert codes == {2: ErrorCode.HANDLER_EXCEPTION, 3: ErrorCode.OUTPUT_TYPE}
