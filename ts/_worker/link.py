"""The worker's end of the connection: frames that wait, and signals that overtake them."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol, cast

from ts._wire.channel import Channel
from ts._wire.codec import encode_reply
from ts._wire.messages import WINDOW, Cancel, Credit, Frame, FrameType, ReplyItem, RequestFlag, RequestItem
from ts._wire.outbox import Outbox
from ts._worker.busy_poll import BusyPoll

# Plain numbers: a member of an enumeration is looked up and hashed in Python code.
RUN_TYPES = frozenset(map(int, (FrameType.PREDICT, FrameType.EXPLAIN, FrameType.DESCRIBE)))
STREAM = int(RequestFlag.STREAM)
_CANCEL, _CREDIT, _HEARTBEAT = int(FrameType.CANCEL), int(FrameType.CREDIT), int(FrameType.HEARTBEAT)
PROMPT_SECONDS = 0.001
_FLUSH_ABOVE = 64 * 1024


def window_of(item: RequestItem) -> int:
    """Returns how many pieces a request's stream may send before a CREDIT; 0 = any number."""
    return item.credits or (WINDOW if item.flags & STREAM else 0)


class OpenRun(Protocol):
    """A run that takes signals itself."""

    def cancelled(self, reason: int) -> None:
        """Nobody waits for it any more."""

    def credited(self, more: int) -> None:
        """It may send so many more pieces."""


class Link:
    """Sorts what arrives: CANCEL and CREDIT act at once, all else waits in order.

    Attributes:
        channel: the connection.
        open: runs on the event loop by the id of their item; signals go to them.
        beat: takes a HEARTBEAT at once; None: it waits in order like other frames.
        sending: held while pieces are sent, which threads of a handler may do.
        waiting: frames not yet begun, each with the `time.monotonic()` of its arrival.
        cancelled: ids of begun or waiting items that nobody waits for any more.
        credits: pieces that the run under way may still send; None: as many as it likes, or it has sent
            none yet.
        answers: whether this rank answers runs; others only tell that they have ended, and what failed.
        descriptor: of the connection, readable when something has arrived.
        hold: holds a whole frame back until the next flush.
        alone: whether this process is no part of a group, so that it may decide by itself what to leave out.
    """

    def __init__(self, channel: Channel, rank: int = 0, world_size: int = 1) -> None:
        self.channel = self._channel = channel
        self.open: dict[int, OpenRun] = {}
        self.beat: Callable[[Frame], None] | None = None
        self._running: Sequence[RequestItem] = ()
        self._outbox: Outbox | None = None
        self._busy_poll = BusyPoll(0.0)
        self._unsent_since: float | None = None
        self._more_credits: dict[int, int] = {}
        self.sending = threading.RLock()
        self.waiting: deque[tuple[Frame, float]] = deque()
        self.cancelled: set[int] = set()
        self.credits: int | None = None
        self.hold = channel.hold
        self.descriptor = channel.fileno()
        self.answers = rank == 0
        self.alone = world_size == 1

    def receive(self, wait: bool) -> None:
        """Takes in what has arrived; with `wait`, at least something.

        Raises:
            Disconnected: the frontend closed the connection.
            ProtocolError: it sent what is no frame.
        """
        channel = self._channel
        for frame in channel.receive(wait):
            kind = frame.type
            if kind == _CANCEL:
                self._cancel(cast("Sequence[Cancel]", frame.payload))
            elif kind == _CREDIT:
                self._credit(cast("Sequence[Credit]", frame.payload))
            elif kind == _HEARTBEAT and self.beat is not None:
                self.beat(frame)
            else:
                self.waiting.append((frame, channel.received_at))

    def await_frames(self) -> None:
        """Takes in what comes next, for which it looks before it sleeps.

        Raises:
            Disconnected: the frontend closed the connection.
            ProtocolError: it sent what is no frame.
        """
        if not self._busy_poll.look(self._has_come):
            self.receive(wait=True)

    def _has_come(self) -> bool:
        self.receive(wait=False)
        return bool(self.waiting)

    def _cancel(self, entries: Sequence[Cancel]) -> None:
        ids = set()
        for item_id, reason in entries:
            run = self.open.get(item_id)
            if run is None:
                ids.add(item_id)
            else:
                run.cancelled(reason)
        if not ids:
            return
        self.cancelled.update(item.id for item in self._running if item.id in ids)
        for frame, _ in self.waiting:
            if frame.type in RUN_TYPES:
                items = cast("Sequence[RequestItem]", frame.payload)
                self.cancelled.update(item.id for item in items if item.id in ids)

    def _credit(self, entries: Sequence[Credit]) -> None:
        for item_id, more in entries:
            run = self.open.get(item_id)
            if run is not None:
                run.credited(more)
            elif self.credits is not None and item_id == self._running[0].id:
                self.credits += more
            elif self._is_known(item_id):
                self._more_credits[item_id] = self._more_credits.get(item_id, 0) + more

    def _is_known(self, item_id: int) -> bool:
        runs = [cast("Sequence[RequestItem]", f.payload) for f, _ in self.waiting if f.type in RUN_TYPES]
        return any(item.id == item_id for items in (self._running, *runs) for item in items)

    def open_window(self) -> None:
        """Counts the pieces of the run under way from now on, if it is a stream with flow control."""
        if self.credits is None and len(self._running) == 1:
            item = self._running[0]
            window = window_of(item)
            if window:
                self.credits = window + self._more_credits.pop(item.id, 0)

    def early(self, item_id: int) -> tuple[bool, int]:
        """Returns, once, what was said of an item that was waiting: whether it was cancelled, and credits."""
        cancelled = item_id in self.cancelled
        self.cancelled.discard(item_id)
        return cancelled, self._more_credits.pop(item_id, 0)

    def begin(self, items: Sequence[RequestItem]) -> None:
        """Notes which items run now."""
        self._running = items

    def end(self) -> None:
        """Forgets the run that was noted."""
        if self.cancelled:
            self.cancelled.difference_update(item.id for item in self._running)
        if self._more_credits:
            for item in self._running:
                self._more_credits.pop(item.id, None)
        self._running = ()
        self.credits = None

    def reply(self, kind: int, flags: int, model: int, run: int, items: Sequence[ReplyItem]) -> None:
        """Holds a RESULT or PIECE back until the next flush."""
        self._channel.send(*encode_reply(kind, flags, model, run, items))

    def send(self, frame: Frame) -> None:
        """Sends a frame, after all that was held back."""
        self._unsent_since = None
        self._channel.send_frame(frame)

    def flush(self) -> None:
        """Sends what was held back."""
        self._unsent_since = None
        self._channel.flush()

    def keep_or_flush(self, now: float) -> None:
        """Keeps what was held back while another run begins, which may kill the process.

        Sends it instead when it is much, has waited for longer than a prompt run takes, or can't be kept.
        """
        channel = self._channel
        since = self._unsent_since
        if since is None:
            self._unsent_since = since = now
        if channel.unsent > _FLUSH_ABOVE or now - since > PROMPT_SECONDS or not channel.keep():
            self.flush()

    def make_outbox(self) -> int | None:
        """Makes memory in which answers can be kept; returns its descriptor, if it could be made."""
        self._outbox = Outbox.made()
        return None if self._outbox is None else self._outbox.descriptor

    def use_outbox(self) -> None:
        """Keeps answers there from now on, since the frontend looks there."""
        self._channel.outbox = self._outbox

    def use_busy_poll(self, seconds: float) -> None:
        """Looks for frames that long before it sleeps, from now on."""
        self._busy_poll = BusyPoll(seconds)

    def close(self) -> None:
        """Gives up the memory for answers."""
        if self._outbox is not None:
            self._outbox.close()
