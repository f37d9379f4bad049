"""Frames that were written but not sent: where the frontend finds them, and that they go out once."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ts._wire.channel import Channel, Disconnected
from ts._wire.codec import decode_frames
from ts._wire.messages import Frame
from ts._wire.outbox import CAPACITY, Outbox
from ts.tests.conftest import Processes
from ts.tests.frontend import PATIENCE_SECONDS, Answer, Frontend, item

pytestmark = pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="needs memfd_create (Linux)")

POISONABLE = """
    import os, signal
    def handle(data, context):
        if data and data[0]["body"] == b"poison":
            os.kill(os.getpid(), signal.SIGKILL)
        return data and ["served"]
"""


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, Channel]]:
    """Our end, and a channel with an outbox at the other one."""
    ours, theirs = socket.socketpair()
    ours.settimeout(PATIENCE_SECONDS)
    channel = Channel(theirs)
    channel.outbox = Outbox()
    yield ours, channel
    channel.outbox.close()
    channel.close()
    ours.close()


def kept(descriptor: int) -> tuple[int, bytes]:
    """Reads an outbox as the frontend does: the round and the bytes."""
    size, round_ = struct.unpack("=II", os.pread(descriptor, 8, 0))
    return round_, os.pread(descriptor, size, 8)


def sent(frontend: Frontend) -> list[Frame]:
    """Takes all that a process sent before its end."""
    frames = []
    with contextlib.suppress(Disconnected):
        while True:
            frames.append(frontend.receive())
    return frames


def outbox_of(channel: Channel) -> Outbox:
    """The outbox that a channel has."""
    assert channel.outbox is not None
    return channel.outbox


def test_what_is_kept_can_be_read_and_is_sent_with_what_came_later(
    pair: tuple[socket.socket, Channel],
) -> None:
    ours, channel = pair
    outbox = outbox_of(channel)
    channel.send([b"ab", b"c"], 3)
    assert channel.keep()
    channel.send([b"de"], 2)
    assert channel.keep()
    assert kept(outbox.descriptor) == (0, b"abcde")
    channel.send([b"f"], 1)
    assert channel.unsent == 6
    channel.flush()
    assert ours.recv(10) == b"abcdef"
    assert channel.unsent == 0
    assert kept(outbox.descriptor) == (1, b"")


def test_what_does_not_fit_is_not_kept_and_goes_out_behind_what_is(
    pair: tuple[socket.socket, Channel],
) -> None:
    ours, channel = pair
    channel.send([b"first"], 5)
    assert channel.keep()
    large = bytes(CAPACITY)
    channel.send([large], len(large))
    assert not channel.keep()
    assert kept(outbox_of(channel).descriptor) == (0, b"first")
    writer = threading.Thread(target=channel.flush)
    writer.start()
    received = bytearray()
    while len(received) < 5 + len(large):
        received += ours.recv(1 << 20)
    writer.join()
    assert received == b"first" + large


def test_a_channel_without_an_outbox_keeps_nothing() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        channel = Channel(theirs)
        channel.send([b"x"], 1)
        assert not channel.keep()
        channel.flush()
        assert ours.recv(10) == b"x"


@pytest.mark.parametrize("batch_size", ["1", "8"])
def test_an_answer_outlives_the_process_that_the_next_run_kills(
    processes: Processes, tmp_path: Path, batch_size: str
) -> None:
    worker = processes.serving(tmp_path / "m", POISONABLE, batch_size=batch_size, outbox="true")
    fields = worker.hello.payload
    assert isinstance(fields, dict)
    descriptor = os.open(f"/proc/{worker.process.pid}/fd/{fields['outbox']}", os.O_RDONLY)
    try:
        first = worker.frontend.frame(item(1, b"x"))
        worker.frontend.send(first, worker.frontend.frame(item(2, b"poison")))
        assert worker.ended()[0] == -signal.SIGKILL
        # A first run that took long was answered through the socket already.
        frames = sent(worker.frontend)
        _, data = kept(descriptor)
        assert decode_frames(bytearray(data), 0, len(data), 1 << 20, frames) == len(data)
    finally:
        os.close(descriptor)
    (frame,) = frames
    assert frame.run == first.run
    assert [Answer.of(reply).text for reply in frame.payload or ()] == ["served"]  # type: ignore[arg-type]


def test_a_worker_that_is_not_told_of_a_reader_sends_each_answer_before_the_next_run(
    processes: Processes, tmp_path: Path
) -> None:
    worker = processes.serving(tmp_path / "m", POISONABLE)
    first = worker.frontend.frame(item(1, b"x"))
    worker.frontend.send(first, worker.frontend.frame(item(2, b"poison")))
    assert worker.frontend.result(first.run)[0].text == "served"
    assert worker.ended()[0] == -signal.SIGKILL
