"""The channel and the codec against hostile, huge and random input."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import tracemalloc
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ts._wire.channel import Channel, Disconnected
from ts._wire.codec import HEADER, decode, decode_pairs, encode, encode_pairs, frame_size, take_over
from ts._wire.messages import Frame, FrameType, Part, ProtocolError, ReplyItem, RequestItem

U64 = st.integers(0, 2**64 - 1)
TEXT = st.text(max_size=20)


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, Channel]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, Channel(theirs)


def read_to_the_end(channel: Channel) -> None:
    while True:
        channel.receive()


def received_while(write: Callable[[], None], channel: Channel, count: int) -> list[Frame]:
    """Returns so many frames, which another thread writes."""
    writer = threading.Thread(target=write)
    writer.start()
    received: list[Frame] = []
    while len(received) < count:
        received += channel.receive()
    writer.join()
    return received


def request(size: int) -> Frame:
    return Frame(
        FrameType.PREDICT,
        0,
        1,
        7,
        [RequestItem(1, 0, 0, 0, "", "", 0, b"", [Part("body", "", bytes(size))])],
    )


@given(st.binary(max_size=200), st.sampled_from(list(FrameType)), st.integers(0, 2**32 - 1))
def test_any_payload_decodes_or_is_a_protocol_error(payload: bytes, kind: FrameType, count: int) -> None:
    head = HEADER.pack(20 + len(payload), 1, kind, 0, 0, 0, count)
    try:
        frame = decode(bytearray(head + payload))
    except ProtocolError:
        return
    if kind not in (
        FrameType.HELLO,
        FrameType.LOAD,
        FrameType.LOADED,
    ):  # of repeated fields only the last is kept
        assert len(encode(frame)) == 24 + len(payload)


@given(st.binary(min_size=4, max_size=400))
def test_any_bytes_are_frames_or_a_protocol_error(data: bytes) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(data)
        ours.shutdown(socket.SHUT_WR)
        channel = Channel(theirs)
        with pytest.raises((ProtocolError, Disconnected)):
            read_to_the_end(channel)


@given(
    st.lists(
        st.tuples(U64, TEXT, TEXT, st.binary(max_size=50), st.lists(st.tuples(TEXT, TEXT), max_size=3)),
        max_size=4,
    )
)
def test_requests_survive_the_way_there_and_back(
    items: list[tuple[int, str, str, bytes, list[tuple[str, str]]]],
) -> None:
    payload = [
        RequestItem(
            i,
            5,
            4,
            3,
            name,
            kind,
            9,
            encode_pairs(pairs),
            [Part(name, kind, body), Part(kind, "", b"")],
        )
        for i, name, kind, body, pairs in items
    ]
    frame = Frame(FrameType.EXPLAIN, 1, 2, 3, payload)
    assert decode(bytearray(encode(frame))) == frame
    for item, source in zip(payload, items, strict=True):
        assert decode_pairs(item.header_block) == source[4]


@given(st.lists(st.tuples(U64, TEXT, st.binary(max_size=50)), max_size=4))
def test_replies_survive_the_way_there_and_back(items: list[tuple[int, str, bytes]]) -> None:
    payload = [
        ReplyItem(i, body, 201, 1, 2, text, text, encode_pairs([(text, text)])) for i, text, body in items
    ]
    frame = Frame(FrameType.RESULT, 1, 2, 3, payload)
    assert decode(bytearray(encode(frame))) == frame


def test_text_that_is_no_utf8_does_not_end_the_connection() -> None:
    data = bytearray(encode(request(0)).replace(b"body", b"b\xffdy"))
    item = decode(data).payload[0]  # type: ignore[index]
    assert isinstance(item, RequestItem)
    assert item.parts[0].name == "b\ufffddy"


def test_a_lone_surrogate_of_a_handler_is_written_as_a_question_mark() -> None:
    assert decode_pairs(encode_pairs([("a", "\ud800")])) == [("a", "?")]


def test_a_text_of_more_than_65535_bytes_is_refused() -> None:
    with pytest.raises(ProtocolError, match="65536 bytes"):
        encode_pairs([("n" * 65536, "")])


def test_a_length_above_the_limit_is_a_protocol_error_before_its_bytes_come(
    pair: tuple[socket.socket, Channel],
) -> None:
    ours, channel = pair
    ours.sendall(struct.pack(">I", 2**32 - 1))
    with pytest.raises(ProtocolError, match="4294967295"):
        channel.receive()


def test_a_hostile_length_costs_no_more_memory_than_a_growth_step(
    pair: tuple[socket.socket, Channel],
) -> None:
    ours, channel = pair
    ours.sendall(struct.pack(">IBB", 2**31 - 1, 1, FrameType.STOP) + bytes(100))
    tracemalloc.start()
    assert channel.receive() == []
    ours.sendall(bytes(100))
    assert channel.receive() == []
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 80 * 1024 * 1024


def test_frames_before_a_fault_count(pair: tuple[socket.socket, Channel]) -> None:
    ours, channel = pair
    ours.sendall(encode(Frame(FrameType.HEARTBEAT, run=1)) + struct.pack(">IB", 20, 9) + bytes(19))
    assert [frame.run for frame in channel.receive()] == [1]
    with pytest.raises(ProtocolError, match="version: 9"):
        channel.receive()


@pytest.mark.parametrize("size", [0, 1000, 300_000, 9_000_000])
def test_bodies_of_any_size_pass_both_ways_among_small_ones(
    pair: tuple[socket.socket, Channel], size: int
) -> None:
    ours, channel = pair
    sent = [request(10), request(size), request(20), request(size), request(30)]
    peer = Channel(ours)

    def write() -> None:
        for frame in sent:
            data = encode(frame)
            peer.send([data], len(data))
        peer.flush()

    assert received_while(write, channel, len(sent)) == sent


def test_large_bodies_are_written_from_where_they_lie(pair: tuple[socket.socket, Channel]) -> None:
    ours, channel = pair
    body = bytes(range(256)) * 8192
    peer = Channel(ours)

    def write() -> None:
        peer.send([b"head", memoryview(body), b"", b"tail"] * 3, 3 * (len(body) + 8))
        peer.flush()

    writer = threading.Thread(target=write)
    writer.start()
    data = b""
    with channel._socket as theirs:
        while len(data) < 3 * (len(body) + 8):
            data += theirs.recv(1 << 20)
    writer.join()
    assert data == (b"head" + body + b"tail") * 3


def test_not_waiting_returns_at_once_when_nothing_came(pair: tuple[socket.socket, Channel]) -> None:
    _, channel = pair
    assert channel.receive(wait=False) == []


def test_what_is_held_back_goes_out_with_the_flush(pair: tuple[socket.socket, Channel]) -> None:
    ours, channel = pair
    channel.send([b"ab", b"c"], 3)
    assert channel.unsent == 3
    ours.setblocking(False)
    with pytest.raises(BlockingIOError):
        ours.recv(10)
    channel.flush()
    assert ours.recv(10) == b"abc"
    assert channel.unsent == 0


def test_a_peer_that_left_is_disconnected(pair: tuple[socket.socket, Channel]) -> None:
    ours, channel = pair
    ours.close()
    with pytest.raises(Disconnected):
        channel.receive()
    channel.send([bytes(1000)], 1000)
    with pytest.raises(Disconnected):
        channel.flush()


def test_a_frame_size_needs_no_more_than_the_length() -> None:
    assert frame_size(struct.pack(">I", 20), 0) == 24


def bodies_of(frame: Frame) -> list[bytes]:
    return [bytes(part.body) for item in frame.payload for part in item.parts]  # type: ignore[union-attr]


@pytest.mark.parametrize("parts", [1, 2])
def test_a_large_body_is_the_buffer_it_came_in_and_the_handlers_own(
    pair: tuple[socket.socket, Channel], parts: int
) -> None:
    ours, channel = pair
    bodies = [b"first", bytes(range(256)) * 8192][-parts:]
    item = RequestItem(9, 5, 4, 3, "l", "s", 7, encode_pairs([("a", "b")]), [
        Part(f"p{i}", "image/jpeg", body) for i, body in enumerate(bodies)
    ])  # fmt: skip
    sent = [Frame(int(FrameType.PREDICT), 1, 2, run, [item]) for run in range(3)]
    received = received_while(lambda: ours.sendall(b"".join(map(encode, sent))), channel, len(sent))
    assert received == sent
    last = received[0].payload[0].parts[-1].body  # type: ignore[index, union-attr]
    assert type(last) is bytearray
    last[:] = bytes(len(last))
    last += b"more"
    assert bodies_of(received[1]) == bodies
    # The next frame finds a buffer of its own.
    ours.sendall(encode(request(10)))
    assert channel.receive() == [request(10)]


def test_a_buffer_is_taken_over_without_a_copy() -> None:
    data = bytearray(encode(request(1_000_000)))
    tracemalloc.start()
    frame = take_over(data, len(data))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert frame == request(1_000_000)
    assert frame.payload[0].parts[0].body is data  # type: ignore[index, union-attr]
    assert peak < 100_000


@given(st.integers(0, 3), st.integers(1, 2), st.integers(-40, 40), st.integers(0, 8), st.data())
def test_what_is_taken_over_is_what_would_have_been_read(
    parts: int, items: int, cut: int, extra: int, draw: st.DataObject
) -> None:
    source = [
        RequestItem(i, 1, 2, 3, "label", "", 3, b"", [Part("n", "t", bytes(60))] * parts)
        for i in range(items)
    ]
    kind = draw.draw(st.sampled_from([int(kind) for kind in FrameType]))
    data = bytearray(encode(Frame(int(FrameType.PREDICT), 1, 2, 3, source)))
    data[5] = kind
    end = max(0, min(len(data), len(data) - cut))
    for _ in range(draw.draw(st.integers(0, 2))):
        data[draw.draw(st.integers(6, len(data) - 1))] = draw.draw(st.integers(0, 255))
    whole = bytes(data[:end])
    data += bytes(extra)
    try:
        frame = take_over(data, end)
    except ProtocolError:
        frame = None
    if frame is not None:
        assert frame == decode(bytearray(whole))
    else:
        assert data[:end] == whole


def test_a_frame_over_the_limit_is_refused_however_it_comes() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        channel = Channel(theirs, max_frame=600_000)

        def write(size: int) -> None:
            with contextlib.suppress(OSError):  # the reader leaves
                ours.sendall(encode(request(size)))

        accepted = threading.Thread(target=write, args=(580_000,))
        accepted.start()
        while not channel.receive():
            pass
        accepted.join()
        refused = threading.Thread(target=write, args=(700_000,))
        refused.start()
        with pytest.raises(ProtocolError, match="expected: 20 to 600000"):
            read_to_the_end(channel)
        theirs.close()
        refused.join()
