"""Continuous batching: requests join and leave between turns."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from ts._wire.messages import ErrorCode, Frame, FrameType
from ts.tests.frontend import PATIENCE_SECONDS, Frontend, ThreadWorker, bodies, errors, item, write_model

COUNTDOWN = """
    import json

    class Countdown:
        def initialize(self, context):
            context.cache = {}

        def handle(self, data, context):
            ids = list(context.request_ids.values())
            for gone in set(context.cache) - set(ids):
                del context.cache[gone]
            for id_, row in zip(ids, data):
                if id_ in context.cache:
                    assert row == {}, row
                    context.cache[id_] -= 1
                else:
                    context.cache[id_] = json.loads(row["body"])
            self.step(context)
            context.stopping_criteria = [self.ends(context, id_) for id_ in ids]
            return [f"{context.cache[id_]}/{len(ids)}" for id_ in ids]

        def step(self, context):
            pass

        def ends(self, context, id_):
            return lambda answer: context.cache[id_] == 0
"""
GATED = COUNTDOWN.replace(
    "def step(self, context):\n            pass",
    """def step(self, context):
            with open("turns", "a") as turns:
                turns.write(",".join(sorted(context.request_ids.values())) + " ")
            open("gate", "rb").read()
""",
)


class Gate:
    """Lets a gated handler take its turns, one by one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        os.mkfifo(folder / "gate")

    def open(self) -> None:
        (self.folder / "gate").write_bytes(b"go")

    def await_turn(self, number: int) -> None:
        """Waits until the handler is in this turn, from 1."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(self.turns) < number:
            assert time.monotonic() < deadline, self.turns
            time.sleep(0.005)

    @property
    def turns(self) -> list[str]:
        path = self.folder / "turns"
        return path.read_text().split() if path.exists() else []


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    return Gate(write_model(tmp_path / "gated", GATED))


def started(frontend: Frontend, id_: int, steps: int, **options: Any) -> Frame:
    """Sends a request for so many steps."""
    frame = frontend.frame(item(id_, str(steps).encode(), label=f"r{id_}", flags=4, **options))
    frontend.send(frame)
    return frame


def test_the_answer_to_load_says_mode_and_slots(frontend: Frontend, tmp_path: Path) -> None:
    loaded = frontend.load(write_model(tmp_path / "m", COUNTDOWN), mode="continuous", concurrency="3")
    assert (loaded["mode"], loaded["slots"], loaded["streams"]) == ("continuous", "3", "true")


def test_a_request_gets_a_piece_each_turn_and_its_last_one_as_answer(
    frontend: Frontend, tmp_path: Path
) -> None:
    frontend.serving(write_model(tmp_path / "m", COUNTDOWN), mode="continuous")
    frame = started(frontend, 1, 2)
    assert [frontend.piece(frame.run)[0].text for _ in range(2)] == ["2/1", "1/1"]
    answer = frontend.result(frame.run)[0]
    assert (answer.text, answer.error, answer.headers) == ("0/1", 0, {})


def test_a_late_one_joins_the_next_turn_and_its_pieces_come_among_the_others(
    frontend: Frontend, gate: Gate
) -> None:
    frontend.serving(gate.folder, mode="continuous")
    a = started(frontend, 1, 3)
    gate.open()
    assert frontend.piece(a.run)[0].text == "3/1"
    gate.await_turn(2)
    b = started(frontend, 2, 1)
    gate.open()
    assert frontend.piece(a.run)[0].text == "2/1"
    gate.open()
    assert frontend.piece(a.run)[0].text == "1/2"
    assert frontend.piece(b.run)[0].text == "1/2"
    gate.open()
    assert frontend.result(a.run)[0].text == "0/2"
    assert frontend.result(b.run)[0].text == "0/2"
    assert gate.turns == ["r1", "r1", "r1,r2", "r1,r2"]


def test_one_that_is_cancelled_leaves_with_the_turn_and_makes_room(frontend: Frontend, gate: Gate) -> None:
    frontend.serving(gate.folder, mode="continuous", concurrency="2")
    frames = [frontend.frame(item(n, b"9", label=f"r{n}", flags=4)) for n in (1, 2, 3)]
    frontend.send(*frames)
    gate.open()
    assert {frontend.receive().run for _ in range(2)} == {frame.run for frame in frames[:2]}
    gate.await_turn(2)
    frontend.cancel(1)
    gate.open()
    assert {frontend.receive().type for _ in range(2)} == {FrameType.PIECE}
    assert frontend.result(frames[0].run)[0].code == ErrorCode.CANCELLED
    gate.open()
    assert {frontend.receive().run for _ in range(2)} == {frame.run for frame in frames[1:]}
    gate.await_turn(4)
    frontend.cancel(2, 3)
    gate.open()
    ended = [frontend.receive() for _ in range(4)][2:]
    assert [errors(frame) for frame in ended] == [[ErrorCode.CANCELLED]] * 2
    assert gate.turns == ["r1,r2", "r1,r2", "r2,r3", "r2,r3"]


def test_one_that_waits_for_a_place_is_cancelled_at_once(frontend: Frontend, gate: Gate) -> None:
    frontend.serving(gate.folder, mode="continuous", concurrency="1")
    a, b = started(frontend, 1, 1), started(frontend, 2, 1)
    frontend.cancel(2)
    gate.open()
    replies = [frontend.receive() for _ in range(2)]
    assert {(reply.type, reply.run) for reply in replies} == {
        (FrameType.PIECE, a.run),
        (FrameType.RESULT, b.run),
    }
    gate.open()
    assert frontend.result(a.run)[0].text == "0/1"


def test_a_deadline_ends_it_within_a_turn(frontend: Frontend, tmp_path: Path) -> None:
    frontend.serving(write_model(tmp_path / "m", COUNTDOWN), mode="continuous")
    frame = frontend.frame(item(1, b"1000000", flags=4, credits=1000000, deadline_ms=50))
    frontend.send(frame)
    kind, answers = frontend.replies(frame.run)
    while kind == FrameType.PIECE:
        kind, answers = frontend.replies(frame.run)
    assert answers[0].code == ErrorCode.DEADLINE_EXCEEDED


def test_a_slow_reader_does_not_hold_up_the_others(frontend: Frontend, tmp_path: Path) -> None:
    frontend.serving(write_model(tmp_path / "m", COUNTDOWN), mode="continuous")
    a, b = (
        frontend.frame(item(1, b"50", flags=4, credits=1)),
        frontend.frame(item(2, b"50", flags=4, credits=999)),
    )
    frontend.send(a, b)
    got: dict[int, list[str]] = {a.run: [], b.run: []}
    frame = frontend.receive()
    while frame.type == FrameType.PIECE or frame.run != b.run:
        got[frame.run] += bodies(frame)
        frame = frontend.receive()
    assert (len(got[a.run]), len(got[b.run])) == (1, 50)
    frontend.credit(1, 999)
    rest = [frontend.piece(a.run)[0].text for _ in range(49)]
    assert [text.partition("/")[0] for text in got[a.run] + rest] == [str(n) for n in range(50, 0, -1)]
    assert frontend.result(a.run)[0].text.startswith("0/")


def test_a_reply_header_says_that_more_follows_and_does_not_leak(frontend: Frontend, tmp_path: Path) -> None:
    handler = """
        turns = []
        def handle(data, context):
            if data is None:
                return
            turns.append(len(data))
            context.set_response_header(0, "ts_stream_next", "true" if len(turns) < 3 else "false")
            context.set_response_header(0, "turn", len(turns))
            return [str(len(turns))]
    """
    frontend.serving(write_model(tmp_path / "m", handler), mode="continuous")
    frame = started(frontend, 1, 0)
    for turn in ("1", "2"):
        piece = frontend.piece(frame.run)[0]
        assert (piece.text, piece.headers) == (turn, {"turn": turn})
    assert frontend.result(frame.run)[0].headers == {"turn": "3"}


def test_none_is_no_piece_while_more_follows(frontend: Frontend, tmp_path: Path) -> None:
    handler = """
        turns = []
        def handle(data, context):
            if data is None:
                return
            turns.append(len(data))
            context.stopping_criteria = [lambda answer: len(turns) == 3]
            return [None if len(turns) == 1 else str(len(turns))]
    """
    frontend.serving(write_model(tmp_path / "m", handler), mode="continuous")
    frame = started(frontend, 1, 0)
    assert frontend.piece(frame.run)[0].text == "2"
    assert frontend.result(frame.run)[0].text == "3"


def test_a_piece_from_a_thread_of_the_handler_is_refused(frontend: Frontend, tmp_path: Path) -> None:
    handler = """
        from concurrent.futures import ThreadPoolExecutor
        from ts.handler_utils.utils import send_intermediate_predict_response
        def handle(data, context):
            if data is not None:
                with ThreadPoolExecutor() as pool:
                    args = (["x"], {0: ""}, "", 200, context)
                    pool.submit(send_intermediate_predict_response, *args).result()
    """
    frontend.serving(write_model(tmp_path / "m", handler), mode="continuous")
    assert "from a thread of the handler" in frontend.one(b"").text


def test_a_handler_that_says_nothing_answers_at_once(frontend: Frontend, tmp_path: Path) -> None:
    handler = "def handle(data, context):\n    return data and ['x'] * len(data)\n"
    frontend.serving(write_model(tmp_path / "m", handler), mode="continuous")
    assert frontend.one(b"").text == "x"


def test_an_exception_ends_all_of_the_turn_and_later_ones_are_served(
    frontend: Frontend, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    handler = COUNTDOWN.replace("pass", 'if 7 in context.cache.values(): raise ValueError("seven")')
    frontend.serving(write_model(tmp_path / "m", handler), mode="continuous")
    a, b = frontend.frame(item(1, b"3")), frontend.frame(item(2, b"7"))
    frontend.send(a, b)
    assert [frontend.result(frame.run)[0].text for frame in (a, b)] == ["seven", "seven"]
    assert capfd.readouterr().err.count("Traceback") == 1
    assert frontend.run(item(3, b"0"))[0].text == "0/1"


def test_an_exception_in_the_list_ends_its_request_alone(frontend: Frontend, tmp_path: Path) -> None:
    handler = """
        from ts.service import PredictionException
        def handle(data, context):
            if data is not None:
                context.stopping_criteria = [lambda answer: False] * len(data)
                return [PredictionException("no", 422) if i else "x" for i in range(len(data))]
    """
    frontend.serving(write_model(tmp_path / "m", handler), mode="continuous")
    a, b = frontend.frame(item(1, b"")), frontend.frame(item(2, b""))
    frontend.send(a, b)
    frame = frontend.receive()
    while frame.run != b.run:
        frame = frontend.receive()
    assert (frame.type, errors(frame)) == (FrameType.RESULT, [ErrorCode.PREDICTION_EXCEPTION])
    frontend.cancel(1)


def test_a_heartbeat_is_answered_between_two_turns(frontend: Frontend, gate: Gate) -> None:
    frontend.serving(gate.folder, mode="continuous")
    a = started(frontend, 1, 1)
    beat = Frame(FrameType.HEARTBEAT, run=5)
    frontend.send(beat)
    gate.open()
    assert {frontend.receive().type for _ in range(2)} == {FrameType.PIECE, FrameType.HEARTBEAT}
    gate.open()
    frontend.result(a.run)


def test_an_overdue_turn_is_named_with_its_stack(
    frontend: Frontend, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    handler = """
        import asyncio
        from ts.handler_utils.utils import send_intermediate_predict_response
        async def handle(data, context):
            if data is None:
                return
            if any(row.get("body") == b"hang" for row in data):
                send_intermediate_predict_response(["begun"], {0: ""}, "", 200, context)
                await asyncio.get_running_loop().create_future()
            return ["x"] * len(data)
    """
    frontend.serving(write_model(tmp_path / "m", handler), mode="continuous")
    a, b = frontend.frame(item(1, b"hang", label="slow")), frontend.frame(item(2, b"mate"))
    beat = Frame(FrameType.HEARTBEAT, run=5)
    frontend.send(a, b)
    assert frontend.piece(a.run)[0].text == "begun"
    frontend.send(beat)
    assert frontend.receive() == beat
    frontend.cancel(1, reason=4)
    assert frontend.result(a.run)[0].code == ErrorCode.CANCELLED
    assert frontend.result(b.run)[0].code == ErrorCode.HANDLER_EXCEPTION
    log = capfd.readouterr().err
    assert "request slow is overdue in its turn 1" in log
    assert "create_future()" in log
    assert frontend.one(b"go").text == "x"


def test_explanations_are_refused_and_descriptions_are_given(frontend: Frontend, tmp_path: Path) -> None:
    handler = COUNTDOWN + "\n        def describe_handle(self):\n            return {'a': 1}\n"
    frontend.serving(write_model(tmp_path / "m", handler), mode="continuous")
    assert frontend.one(b"1", kind=FrameType.EXPLAIN).code == ErrorCode.UNSUPPORTED
    assert frontend.one(kind=FrameType.DESCRIBE).json == {"a": 1}


def test_stop_waits_for_the_last_turn(worker: ThreadWorker, frontend: Frontend, tmp_path: Path) -> None:
    frontend.serving(write_model(tmp_path / "m", COUNTDOWN), mode="continuous")
    frame = frontend.frame(item(1, b"3", flags=4))
    frontend.send(frame, Frame(FrameType.STOP))
    assert [frontend.piece(frame.run)[0].text for _ in range(3)] == ["3/1", "2/1", "1/1"]
    assert frontend.result(frame.run)[0].text == "0/1"
    worker.join()
    assert worker.failure is None


def test_unloading_ends_what_is_under_way(frontend: Frontend, tmp_path: Path) -> None:
    frontend.serving(write_model(tmp_path / "m", COUNTDOWN), mode="continuous")
    a = frontend.frame(item(1, b"1000000", flags=4, credits=1000000))
    frontend.send(a)
    assert frontend.piece(a.run)[0].text == "1000000/1"
    frontend.send(Frame(FrameType.UNLOAD, model=1))
    frame = frontend.receive()
    while frame.type == FrameType.PIECE:
        frame = frontend.receive()
    assert errors(frame) == [ErrorCode.CANCELLED]
    assert frontend.receive() == Frame(FrameType.UNLOADED, model=1)


def test_unloading_ends_an_asynchronous_turn(frontend: Frontend, tmp_path: Path) -> None:
    handler = """
        import asyncio
        from ts.handler_utils.utils import send_intermediate_predict_response
        async def handle(data, context):
            if data is not None:
                send_intermediate_predict_response(["begun"], {0: ""}, "", 200, context)
                await asyncio.get_running_loop().create_future()
    """
    frontend.serving(write_model(tmp_path / "m", handler), mode="continuous")
    a = frontend.frame(item(1, b""))
    frontend.send(a)
    assert frontend.piece(a.run)[0].text == "begun"
    frontend.send(Frame(FrameType.UNLOAD, model=1))
    assert frontend.result(a.run)[0].code == ErrorCode.CANCELLED
    assert frontend.receive() == Frame(FrameType.UNLOADED, model=1)


GENERATING = """
    import torch

    class Generating:
        '''Greedy generation by a small recurrent model with random weights.'''

        def initialize(self, context):
            torch.manual_seed(7)
            self.embed = torch.nn.Embedding(64, 32)
            self.cell = torch.nn.GRUCell(32, 32)
            self.head = torch.nn.Linear(32, 64)
            context.cache = {}

        @torch.inference_mode()
        def handle(self, data, context):
            cache, ids = context.cache, list(context.request_ids.values())
            for gone in set(cache) - set(ids):
                del cache[gone]
            for id_, row in zip(ids, data):
                if id_ not in cache:
                    cache[id_] = self.prefill(row["body"])
            states = torch.stack([cache[id_]["state"] for id_ in ids])
            tokens = self.head(states).argmax(dim=1)
            states = self.cell(self.embed(tokens), states)
            for id_, token, state in zip(ids, tokens.tolist(), states):
                cache[id_]["state"] = state
                cache[id_]["left"] -= 1
            context.stopping_criteria = [self.criterion(cache[id_]) for id_ in ids]
            return [f"{token} " for token in tokens.tolist()]

        def prefill(self, body):
            state = torch.zeros(32)
            for token in body["prompt"]:
                state = self.cell(self.embed(torch.tensor([token])), state[None])[0]
            return {"state": state, "left": body["count"]}

        def criterion(self, entry):
            return lambda answer: entry["left"] == 0
"""


def test_a_continuous_batch_gives_each_request_the_tokens_that_it_gets_alone(
    frontend: Frontend, tmp_path: Path
) -> None:
    pytest.importorskip("torch")
    frontend.serving(write_model(tmp_path / "m", GENERATING), mode="continuous", concurrency="3")
    prompts = [(n, f'{{"prompt": [{n}, {n * 3 % 64}, 5], "count": {60 + 3 * n}}}') for n in range(1, 6)]

    def collected(frames: dict[int, str], late: list[Frame]) -> tuple[dict[str, str], list[str]]:
        texts = dict.fromkeys(frames.values(), "")
        order: list[str] = []
        ended = 0
        while ended < len(frames):
            frame = frontend.receive()
            name = frames[frame.run]
            texts[name] += bodies(frame)[0]
            order.append(name)
            ended += frame.type == FrameType.RESULT
            if late and len(order) == 4:
                frontend.send(late.pop(), late.pop())
        return texts, order

    alone: dict[str, str] = {}
    for n, prompt in prompts:
        frame = frontend.frame(item(n, prompt, flags=4, credits=99))
        frontend.send(frame)
        alone.update(collected({frame.run: str(n)}, [])[0])
    frames = [frontend.frame(item(10 + n, prompt, flags=4, credits=99)) for n, prompt in prompts]
    frontend.send(*frames[:3])
    names = {frame.run: str(n) for frame, (n, _) in zip(frames, prompts, strict=True)}
    together, order = collected(names, frames[3:])
    assert together == alone
    assert all(len(text.split()) == 60 + 3 * int(n) for n, text in alone.items())
    # A late one has its first token while those of the beginning still have theirs to come.
    assert order.index("4") < len(order) - 1 - order[::-1].index("3")
