"""Pieces, credits, cancellation and deadlines."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest

from ts._wire.messages import END, ErrorCode, Frame, FrameType
from ts.tests.frontend import PATIENCE_SECONDS, Frontend, ThreadWorker, item, write_model

SENDING = """
    from ts.handler_utils.utils import send_intermediate_predict_response
    def handle(data, context):
        if data is None:
            return
        for n in range(3):
            send_intermediate_predict_response(
                [f"{row['body'].decode()}{n}" for row in data], context.request_ids, "remark", 200, context)
        return ["last"] * len(data)
"""
COUNTING = """
    ended = []
    def handle(data, context):
        if data is None:
            return
        n = 0
        try:
            while n < 1000:
                yield str(n)
                n += 1
        finally:
            open("ended", "w").write(str(n))
"""


def gated(tmp_path: Path) -> tuple[str, Path]:
    """A handler whose run of the body `wait` lasts until something is written into a pipe."""
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    return (
        f"""
        import time
        def handle(data, context):
            if data is None:
                return
            if data[0]["body"] == b"wait":
                open({str(gate)!r}, "rb").read()
                time.sleep(0.005)  # more than a prompt run takes
            return [row["body"] for row in data]
    """,
        gate,
    )


def open_gate(gate: Path) -> None:
    gate.write_bytes(b"go")


def test_pieces_are_sent_at_once_and_the_answer_is_the_last(frontend: Frontend, tmp_path: Path) -> None:
    frontend.serving(write_model(tmp_path / "m", SENDING))
    frame = frontend.frame(item(1, b"a"), item(2, b"b"))
    frontend.send(frame)
    for n in range(3):
        pieces = frontend.piece(frame.run)
        assert [(p.id, p.text, p.flags, p.error) for p in pieces] == [(1, f"a{n}", 0, 0), (2, f"b{n}", 0, 0)]
    assert [a.text for a in frontend.result(frame.run)] == ["last", "last"]


def test_the_older_place_of_the_sending_function_works(frontend: Frontend, tmp_path: Path) -> None:
    handler = SENDING.replace("ts.handler_utils.utils", "ts.protocol.otf_message_handler")
    frontend.serving(write_model(tmp_path / "m", handler))
    frame = frontend.frame(item(1, b"a"))
    frontend.send(frame)
    assert frontend.piece(frame.run)[0].text == "a0"


def test_a_piece_carries_status_and_type_that_the_handler_set(frontend: Frontend, tmp_path: Path) -> None:
    handler = """
        from ts.handler_utils.utils import send_intermediate_predict_response
        def handle(data, context):
            if data is not None:
                context.set_response_content_type(0, "text/event-stream")
                send_intermediate_predict_response(["data: 1"], context.request_ids, "", 202, context)
                return [""]
    """
    frontend.serving(write_model(tmp_path / "m", handler))
    frame = frontend.frame(item(1, b""))
    frontend.send(frame)
    piece = frontend.piece(frame.run)[0]
    assert (piece.status, piece.content_type) == (202, "text/event-stream")


def test_each_yield_of_a_generator_is_a_piece_and_the_result_is_empty(
    frontend: Frontend, tmp_path: Path
) -> None:
    handler = """
        def handle(data, context):
            if data is not None:
                for n in range(2):
                    yield [{"n": n}, None if n else "once"]
    """
    frontend.serving(write_model(tmp_path / "m", handler))
    frame = frontend.frame(item(1, b""), item(2, b""))
    frontend.send(frame)
    assert [(p.id, p.text) for p in frontend.piece(frame.run)] == [(1, '{\n  "n": 0\n}'), (2, "once")]
    assert [(p.id, p.text) for p in frontend.piece(frame.run)] == [(1, '{\n  "n": 1\n}')]
    assert [(a.id, a.body, a.error) for a in frontend.result(frame.run)] == [(1, b"", 0), (2, b"", 0)]


@pytest.mark.parametrize("kind", ["def", "async def"])
def test_a_generator_may_yield_bare_pieces_for_one_request(
    frontend: Frontend, tmp_path: Path, kind: str
) -> None:
    handler = f"""
        {kind} handle(data, context):
            if data is not None:
                yield "bare"
                yield ["listed"]
    """
    frontend.serving(write_model(tmp_path / "m", handler))
    frame = frontend.frame(item(1, b""))
    frontend.send(frame)
    assert [frontend.piece(frame.run)[0].text for _ in range(2)] == ["bare", "listed"]
    assert frontend.result(frame.run)[0].body == b""


def test_what_a_generator_returns_is_the_result(frontend: Frontend, tmp_path: Path) -> None:
    handler = """
        def handle(data, context):
            if data is not None:
                yield "a"
                return ["end"]
    """
    frontend.serving(write_model(tmp_path / "m", handler))
    frame = frontend.frame(item(1, b""))
    frontend.send(frame)
    assert frontend.piece(frame.run)[0].text == "a"
    assert frontend.result(frame.run)[0].text == "end"


def test_a_generator_method_that_delegates_streams(frontend: Frontend, tmp_path: Path) -> None:
    handler = """
        class Streamer:
            def handle(self, data, context):
                return self.pieces()
            def pieces(self):
                yield "a"
    """
    frontend.serving(write_model(tmp_path / "m", handler))
    frame = frontend.frame(item(1, b""))
    frontend.send(frame)
    assert frontend.piece(frame.run)[0].text == "a"


@pytest.mark.parametrize(
    ("piece", "code"), [("['a']", ErrorCode.OUTPUT_COUNT), ("'a'", ErrorCode.OUTPUT_NOT_A_LIST)]
)
def test_pieces_of_the_wrong_shape_fail_the_batch(
    frontend: Frontend, tmp_path: Path, piece: str, code: ErrorCode
) -> None:
    frontend.serving(write_model(tmp_path / "m", f"def handle(data, context):\n    yield {piece}\n"))
    assert [a.code for a in frontend.run(item(1, b""), item(2, b""))] == [code, code]


def test_an_exception_after_pieces_is_told_in_the_result(frontend: Frontend, tmp_path: Path) -> None:
    handler = """
        def handle(data, context):
            if data is not None:
                yield "a"
                raise ValueError("broke")
    """
    frontend.serving(write_model(tmp_path / "m", handler))
    frame = frontend.frame(item(1, b""))
    frontend.send(frame)
    assert frontend.piece(frame.run)[0].text == "a"
    assert frontend.result(frame.run)[0].text == "broke"


def test_an_exception_as_piece_ends_its_item_alone(frontend: Frontend, tmp_path: Path) -> None:
    handler = """
        def handle(data, context):
            if data is not None:
                yield ["a", ValueError("not b")]
                yield ["a", "ignored"]
    """
    frontend.serving(write_model(tmp_path / "m", handler))
    frame = frontend.frame(item(1, b""), item(2, b""))
    frontend.send(frame)
    first, ended = frontend.piece(frame.run)
    assert (first.flags, first.text) == (0, "a")
    assert (ended.flags, ended.code, ended.text) == (END, ErrorCode.HANDLER_EXCEPTION, "not b")
    assert [p.id for p in frontend.piece(frame.run)] == [1]
    assert [a.id for a in frontend.result(frame.run)] == [1]


def test_a_piece_that_is_too_large_ends_its_item(frontend: Frontend, tmp_path: Path) -> None:
    frontend.serving(write_model(tmp_path / "m", SENDING), max_response_size="1")
    frame = frontend.frame(item(1, b"a"))
    frontend.send(frame)
    assert [(p.flags, p.code) for p in frontend.piece(frame.run)] == [(END, ErrorCode.REPLY_TOO_LARGE)]
    assert frontend.result(frame.run) == []


def test_pieces_after_the_end_of_the_run_are_refused(frontend: Frontend, tmp_path: Path) -> None:
    handler = """
        from ts.handler_utils.utils import send_intermediate_predict_response
        outlets = []
        def handle(data, context):
            if data is None:
                return
            if outlets:
                outlets[0].send_pieces({0: "late"}, 0)
            outlets.append(context._outlet)
            return ["ok"]
    """
    frontend.serving(write_model(tmp_path / "m", handler))
    assert frontend.one(b"").text == "ok"
    assert "has ended" in frontend.one(b"").text


def test_a_lone_stream_waits_for_credit(frontend: Frontend, tmp_path: Path) -> None:
    frontend.serving(write_model(tmp_path / "m", COUNTING))
    frame = frontend.frame(item(9, b"", credits=2, flags=4))
    frontend.send(frame)
    assert [frontend.piece(frame.run)[0].text for _ in range(2)] == ["0", "1"]
    frontend.socket.settimeout(0.2)
    with pytest.raises(TimeoutError):
        frontend.receive()
    frontend.socket.settimeout(PATIENCE_SECONDS)
    frontend.credit(9, 3)
    assert [frontend.piece(frame.run)[0].text for _ in range(3)] == ["2", "3", "4"]
    frontend.credit(9, 10_000)
    texts = []
    while (reply := frontend.replies(frame.run))[0] == FrameType.PIECE:
        texts.append(reply[1][0].text)
    assert texts == [str(n) for n in range(5, 1000)]


def test_a_lone_stream_without_credits_of_its_own_has_the_default_window(
    frontend: Frontend, tmp_path: Path
) -> None:
    frontend.serving(write_model(tmp_path / "m", COUNTING))
    frame = frontend.frame(item(9, b"", flags=4))
    frontend.send(frame)
    assert [frontend.piece(frame.run)[0].text for _ in range(16)] == [str(n) for n in range(16)]
    frontend.socket.settimeout(0.2)
    with pytest.raises(TimeoutError):
        frontend.receive()
    frontend.socket.settimeout(PATIENCE_SECONDS)
    frontend.credit(9, 1)
    assert frontend.piece(frame.run)[0].text == "16"
    frontend.cancel(9)
    assert frontend.result(frame.run)[0].code == ErrorCode.CANCELLED


def test_a_credit_that_comes_before_the_first_piece_counts(frontend: Frontend, tmp_path: Path) -> None:
    handler, gate = gated(tmp_path)
    frontend.serving(write_model(tmp_path / "m", handler), model=1)
    frontend.serving(write_model(tmp_path / "n", COUNTING), model=2)
    first, second = (
        frontend.frame(item(1, b"wait")),
        frontend.frame(item(9, b"", flags=4, credits=1), model=2),
    )
    frontend.send(first, second)
    frontend.credit(9, 2)
    open_gate(gate)
    assert frontend.result(first.run)[0].text == "wait"
    assert [frontend.piece(second.run)[0].text for _ in range(3)] == ["0", "1", "2"]
    frontend.cancel(9)
    assert frontend.result(second.run)[0].code == ErrorCode.CANCELLED


def test_cancel_ends_the_wait_for_credit_and_closes_the_generator(frontend: Frontend, tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m", COUNTING)
    frontend.serving(folder)
    frame = frontend.frame(item(9, b"", credits=1, flags=4))
    frontend.send(frame)
    assert frontend.piece(frame.run)[0].text == "0"
    frontend.cancel(9)
    assert frontend.result(frame.run)[0].code == ErrorCode.CANCELLED
    assert (folder / "ended").read_text() == "1"


def test_cancel_raises_out_of_the_sending_function_past_except_exception(
    frontend: Frontend, tmp_path: Path
) -> None:
    handler = """
        from ts.handler_utils.utils import send_intermediate_predict_response
        def handle(data, context):
            if data is None:
                return
            try:
                while True:
                    try:
                        send_intermediate_predict_response(["x"], context.request_ids, "", 200, context)
                    except Exception:
                        pass
            finally:
                open("ended", "w").close()
    """
    folder = write_model(tmp_path / "m", handler)
    frontend.serving(folder)
    frame = frontend.frame(item(9, b"", flags=4))
    frontend.send(frame)
    assert frontend.piece(frame.run)[0].text == "x"
    frontend.cancel(9)
    kind, answers = frontend.replies(frame.run)
    while kind == FrameType.PIECE:
        kind, answers = frontend.replies(frame.run)
    assert answers[0].code == ErrorCode.CANCELLED
    assert (folder / "ended").exists()


def test_a_batch_does_not_wait_for_credit_and_goes_on_without_the_cancelled(
    frontend: Frontend, tmp_path: Path
) -> None:
    handler = """
        def handle(data, context):
            if data is not None:
                for n in range(4):
                    yield [str(n)] * len(data)
                    if n == 1:
                        open("gate", "rb").read()
    """
    folder = write_model(tmp_path / "m", handler)
    os.mkfifo(folder / "gate")
    frontend.serving(folder)
    frame = frontend.frame(item(1, b"", credits=1, flags=4), item(2, b"", credits=1, flags=4))
    frontend.send(frame)
    assert [len(frontend.piece(frame.run)) for _ in range(2)] == [2, 2]
    frontend.cancel(1)
    open_gate(folder / "gate")
    assert [[p.id for p in frontend.piece(frame.run)] for _ in range(2)] == [[2], [2]]
    assert {a.id: a.error for a in frontend.result(frame.run)}[2] == 0


def test_a_cancelled_run_that_has_not_begun_is_not_run(frontend: Frontend, tmp_path: Path) -> None:
    handler, gate = gated(tmp_path)
    frontend.serving(write_model(tmp_path / "m", handler))
    first = frontend.frame(item(1, b"wait"))
    second = frontend.frame(item(2, b"b"), item(3, b"c"))
    third = frontend.frame(item(4, b"d"))
    frontend.send(first, second, third)
    frontend.cancel(2, 4)
    open_gate(gate)
    assert frontend.result(first.run)[0].text == "wait"
    assert {a.id: (a.error, a.body) for a in frontend.result(second.run)} == {
        2: (ErrorCode.CANCELLED, b"cancelled before it was run"),
        3: (0, b"c"),
    }
    assert frontend.result(third.run)[0].code == ErrorCode.CANCELLED


def test_cancel_of_what_is_not_there_is_forgotten(worker: ThreadWorker, tmp_path: Path) -> None:
    frontend = worker.frontend.serving(
        write_model(tmp_path / "m", "def handle(d, c):\n    return d and ['x']")
    )
    frontend.cancel(5, 6)
    assert frontend.one(b"x").text == "x"
    assert frontend.run(item(5, b""))[0].text == "x"
    assert worker._session._link.cancelled == set()


def test_an_item_whose_deadline_passed_while_it_waited_is_not_run(frontend: Frontend, tmp_path: Path) -> None:
    handler, gate = gated(tmp_path)
    frontend.serving(write_model(tmp_path / "m", handler))
    first = frontend.frame(item(1, b"wait"))
    second = frontend.frame(
        item(2, b"late", deadline_ms=20), item(3, b"in time", deadline_ms=600_000), item(4, b"free")
    )
    frontend.send(first, second)
    timer = threading.Timer(0.1, open_gate, [gate])
    timer.start()
    assert frontend.result(first.run)[0].text == "wait"
    answers = {a.id: a for a in frontend.result(second.run)}
    assert answers[2].code == ErrorCode.DEADLINE_EXCEEDED
    assert answers[2].text.startswith("deadline: 20 ms")
    assert [answers[3].text, answers[4].text] == ["in time", "free"]
    timer.join()


def test_a_group_of_ranks_leaves_nothing_out(workers: list[Any], tmp_path: Path) -> None:
    leader = ThreadWorker(rank=0, world_size=2)
    workers.append(leader)
    handler, gate = gated(tmp_path)
    frontend = leader.frontend.serving(write_model(tmp_path / "m", handler))
    first, second = (
        frontend.frame(item(1, b"wait")),
        frontend.frame(item(2, b"b"), item(3, b"c", deadline_ms=1)),
    )
    frontend.send(first, second)
    frontend.cancel(2)
    open_gate(gate)
    assert frontend.result(first.run)[0].text == "wait"
    assert [a.text for a in frontend.result(second.run)] == ["b", "c"]


def test_the_frontend_that_leaves_ends_a_stream(worker: ThreadWorker, tmp_path: Path) -> None:
    frontend = worker.frontend.serving(write_model(tmp_path / "m", COUNTING))
    frame = frontend.frame(item(9, b"", credits=1))
    frontend.send(frame)
    assert frontend.piece(frame.run)[0].text == "0"
    frontend.socket.close()
    worker.join()
    assert worker.failure is None


def test_stop_after_a_stream_waits_for_its_end(worker: ThreadWorker, tmp_path: Path) -> None:
    frontend = worker.frontend.serving(write_model(tmp_path / "m", COUNTING.replace("1000", "3")))
    frame = frontend.frame(item(9, b"", credits=1))
    frontend.send(frame, Frame(FrameType.STOP))
    frontend.credit(9, 5)
    assert [frontend.piece(frame.run)[0].text for _ in range(3)] == ["0", "1", "2"]
    assert frontend.result(frame.run)[0].error == 0
    worker.join()
