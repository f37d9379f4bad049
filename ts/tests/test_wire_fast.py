"""The compiled paths against those in Python that define them, on good and on damaged input."""

from __future__ import annotations

import contextlib
import gc
import json
import shutil
import subprocess
import sys
import sysconfig
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ts._wire import codec, fast
from ts._wire.codec import COPY_BELOW, DEFAULT_MAX_FRAME, JOIN_BELOW, decode, encode, encode_pairs
from ts._wire.messages import Frame, FrameType, Part, ProtocolError, ReplyItem, RequestItem

Decoder = Callable[[bytearray, int, int, int, list[Frame]], int]

TESTS = Path(__file__).parent
VECTORS = json.loads((TESTS.parents[1] / "proto" / "wire" / "vectors.json").read_text(encoding="utf-8"))
U64, U32, U16 = st.integers(0, 2**64 - 1), st.integers(0, 2**32 - 1), st.integers(0, 2**16 - 1)
TEXT = st.text(max_size=60)
HEADERS = st.lists(st.tuples(TEXT, TEXT), max_size=3).map(encode_pairs)
PARTS = st.lists(st.builds(Part, TEXT, TEXT, st.binary(max_size=40)), max_size=3)
ITEMS = st.lists(st.builds(RequestItem, U64, U32, U16, U32, TEXT, TEXT, U16, HEADERS, PARTS), max_size=3)
RUN_TYPES = [int(FrameType.PREDICT), int(FrameType.EXPLAIN), int(FrameType.DESCRIBE)]
RUNS = st.builds(Frame, st.sampled_from(RUN_TYPES), U16, U32, U64, ITEMS)
OTHERS = st.sampled_from(
    [
        Frame(int(FrameType.HEARTBEAT), run=7),
        Frame(int(FrameType.LOAD), payload={"model_name": "m"}),
        Frame(int(FrameType.RESULT), payload=[ReplyItem(1, b"x")]),
    ]
)

needs_compiled = pytest.mark.skipif(not fast.COMPILED, reason="the module was not compiled")


def outcome(decoder: Decoder, data: bytes, max_frame: int = DEFAULT_MAX_FRAME) -> tuple[Any, list[Frame]]:
    """Returns where a decoder stopped, or its error's text, and the frames that it read."""
    frames: list[Frame] = []
    try:
        return decoder(bytearray(data), 0, len(data), max_frame, frames), frames
    except ProtocolError as error:
        return str(error), frames


def same(data: bytes, max_frame: int = DEFAULT_MAX_FRAME) -> None:
    assert outcome(fast.decode_frames, data, max_frame) == outcome(codec.decode_frames, data, max_frame)


def item(number: int = 1, parts: list[Part] | None = None) -> RequestItem:
    return RequestItem(number, 0, 0, 0, "", "", 0, b"", parts or [])


def test_the_module_is_compiled_where_there_is_a_compiler() -> None:
    header = Path(sysconfig.get_path("include"), "Python.h")
    if shutil.which("gcc") is None or not header.is_file():
        pytest.skip("no compiler, or no headers of Python")
    assert fast.COMPILED


@pytest.mark.parametrize("kind", ["valid", "invalid", "incomplete"])
def test_every_vector_and_every_beginning_of_one_is_read_alike(kind: str) -> None:
    for vector in VECTORS[kind]:
        data = bytes.fromhex(vector["hex"])
        for end in range(len(data) + 1):
            same(data[:end])


@given(st.lists(st.one_of(RUNS, OTHERS), max_size=4), st.integers(0, 30))
def test_any_frames_in_any_order_are_read_alike(frames: list[Frame], cut: int) -> None:
    data = b"".join(map(encode, frames))
    same(data[: len(data) - cut])


@given(RUNS, st.data())
def test_damaged_frames_are_read_or_refused_alike(frame: Frame, data: st.DataObject) -> None:
    damaged = bytearray(encode(frame))
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    same(bytes(damaged))


@given(RUNS, st.integers(0, 200))
def test_the_largest_frame_is_the_same(frame: Frame, max_frame: int) -> None:
    same(encode(frame), max_frame)


@given(st.lists(st.binary(min_size=1, max_size=60), min_size=1, max_size=80))
def test_names_are_never_mixed_up_however_many_there_are(names: list[bytes]) -> None:
    marks = [f"<{i}>" for i in range(len(names))]
    data = encode(Frame(int(FrameType.PREDICT), payload=[item(1, [Part(m, m, b"") for m in marks])]))
    for mark, name in zip(marks, names, strict=True):
        # Names of as many bytes in their places, UTF-8 or not.
        data = data.replace(mark.encode(), name.ljust(len(mark), b"_")[: len(mark)])
    same(data)


def test_what_was_read_are_the_receivers_own_named_tuples() -> None:
    data = bytearray(encode(Frame(int(FrameType.PREDICT), 0, 1, 2, [item(3, [Part("body", "", b"abc")])])))
    frames: list[Frame] = []
    fast.decode_frames(data, 0, len(data), DEFAULT_MAX_FRAME, frames)
    data[:] = bytes(len(data))  # the buffer can be used, and resized, again
    data.clear()
    (frame,) = frames
    assert type(frame) is Frame
    (request,) = frame.payload  # type: ignore[misc]
    assert type(request) is RequestItem
    (part,) = request.parts
    assert type(part) is Part
    assert (part.name, part.content_type, part.body) == ("body", "", b"abc")
    assert type(part.body) is bytearray
    with pytest.raises(TypeError, match="unhashable"):
        hash(part)


@needs_compiled
def test_a_range_outside_the_buffer_is_refused() -> None:
    from ts._wire import _accelerator

    for at, end in ((-1, 4), (0, 5), (9, 99)):
        with pytest.raises(ValueError, match="within 4 bytes"):
            _accelerator.decode_runs(b"abcd", at, end, DEFAULT_MAX_FRAME, [])


class _Bytes(bytes):
    pass


ANSWERS = st.lists(
    st.one_of(
        st.binary(max_size=40),
        st.binary(max_size=40).map(bytearray),
        st.sampled_from(
            [
                "text",
                None,
                7,
                _Bytes(b"own"),
                memoryview(b"view"),
                bytes(COPY_BELOW),
                bytearray(COPY_BELOW - 1),
                bytearray(COPY_BELOW),
                bytes(JOIN_BELOW),
            ]
        ),
    ),
    max_size=5,
)


@given(U32, U64, ANSWERS, st.sampled_from([10, 30, sys.maxsize]), st.booleans())
def test_answers_are_written_alike(
    model: int, run: int, answers: list[Any], limit: int, counted: bool
) -> None:
    items = [item(2**64 - 1 - i) for i in range(len(answers) + (not counted))]
    frame = fast.encode_answers(model, run, items, answers, limit)
    assert frame == codec.encode_answers(model, run, items, answers, limit)
    assert frame == fast.encode_answers(model, run, tuple(items), answers, limit)
    if frame is not None and answers:
        replies = [ReplyItem(i.id, bytes(body)) for i, body in zip(items, answers, strict=True)]
        assert decode(frame) == Frame(int(FrameType.RESULT), 0, model, run, replies)


@pytest.mark.parametrize("over", [0, 1])
def test_answers_fill_one_piece_up_to_its_size(over: int) -> None:
    answers = [bytes(JOIN_BELOW - 24 - 24 - 1 + over)]
    for encoder in (fast.encode_answers, codec.encode_answers):
        frame = encoder(1, 1, [item()], answers, sys.maxsize)
        assert (frame is None) == bool(over)
        assert frame is None or len(frame) == JOIN_BELOW - 1


def test_an_answer_may_be_changed_after_it_was_written() -> None:
    answer = bytearray(b"before")
    frame = fast.encode_answers(1, 1, [item()], [answer], 100)
    answer[:] = b"after."
    assert frame is not None
    assert frame.endswith(b"before")


@given(st.lists(PARTS, max_size=3), st.one_of(st.none(), st.sets(TEXT, max_size=3)), st.booleans())
def test_rows_are_made_alike(parts: list[list[Part]], plain: set[str] | None, known: bool) -> None:
    items = [item(i, each) for i, each in enumerate(parts)]
    if plain is not None and known:
        plain |= {part.content_type for each in parts for part in each}
    assert fast.plain_rows(items, plain) == codec.plain_rows(items, plain)


def test_the_last_part_of_a_name_wins_and_its_body_is_not_copied() -> None:
    body = bytearray(b"second")
    rows = fast.plain_rows([item(1, [Part("a", "", b"first"), Part("a", "", body)])], None)
    assert rows is not None
    assert rows[0]["a"] is body


@pytest.mark.parametrize("size", [0, 1, 100_000])
def test_a_new_buffer_has_its_size(size: int) -> None:
    for made in (fast.new_buffer(size), codec.new_buffer(size)):
        assert (type(made), len(made)) == (bytearray, size)
    for make in (fast.new_buffer, codec.new_buffer):
        with pytest.raises(ValueError, match=r"negative count|expected: >= 0"):
            make(-1)


@needs_compiled
def test_what_are_no_requests_is_refused() -> None:
    for wrong in ([("id",)], [None], 7, [Part("a", "", b"")]):
        with pytest.raises(TypeError):
            fast.plain_rows(wrong, None)  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            fast.encode_answers(1, 1, wrong, [b""], 10)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        fast.plain_rows([item(1, [b"no part"])], None)  # type: ignore[list-item]
    with pytest.raises(OverflowError):
        fast.encode_answers(1, 1, [item(-1)], [b""], 10)


def test_no_memory_is_lost_whatever_comes() -> None:
    good = bytearray(encode(Frame(int(FrameType.PREDICT), payload=[item(1, [Part("n", "t", bytes(500))])])))
    wrong = bytearray(good)
    wrong[-508] = 9  # the part's name would reach into its body, and the body beyond the frame
    items = [item(1, [Part("n", "t", bytes(500))])]
    no_items: Any = [None]

    def traced_after(rounds: int) -> int:
        for _ in range(rounds):
            outcome(fast.decode_frames, bytes(good))
            outcome(fast.decode_frames, bytes(wrong))
            fast.encode_answers(1, 1, items, [bytes(500)], 10_000)
            fast.encode_answers(1, 1, items, ["text"], 10_000)
            fast.plain_rows(items, None)
            fast.plain_rows(items, set())
            with contextlib.suppress(TypeError, AttributeError):
                fast.encode_answers(1, 1, no_items, [b""], 10)
            with contextlib.suppress(TypeError, AttributeError):
                fast.plain_rows(no_items, None)
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    before = traced_after(100)
    after = traced_after(1000)
    tracemalloc.stop()
    assert after - before < 1000  # bytes, of a thousand rounds


def test_without_the_compiled_module_a_worker_does_the_same() -> None:
    """The tests of the wire and of runs pass in a process that can't import it."""
    tests = [
        str(TESTS / name) for name in ("test_wire_vectors.py", "test_worker_runs.py", "test_wire_outbox.py")
    ]
    script = (
        "import sys; sys.modules['ts._wire._accelerator'] = None; import pytest; from ts._wire import fast; "
        "assert not fast.COMPILED; sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', *sys.argv[1:]]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *tests],
        cwd=TESTS.parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
