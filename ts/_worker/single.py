"""A run of one request on the event loop: its pieces, its deadline, and its one end."""

from __future__ import annotations

import asyncio
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence
from functools import partial
from typing import Any, Protocol

from ts._wire.codec import derived_label
from ts._wire.messages import END, SPENT, CancelReason, ErrorCode, Frame, FrameType, ReplyItem, RequestItem
from ts._worker.inputs import headers_of
from ts._worker.link import window_of
from ts._worker.model import LoadedModel
from ts._worker.outcome import Failure, WrongOutput
from ts._worker.places import Places
from ts._worker.replies import entry_reply, error_reply
from ts.context import RequestProcessor
from ts.service import RequestCancelled

_RESULT, _PIECE = int(FrameType.RESULT), int(FrameType.PIECE)
_MAKING = threading.Lock()


class Outlet(Protocol):
    """Where runs on the event loop leave their answers."""

    loop: asyncio.AbstractEventLoop
    thread: int
    places: Places

    def reply(self, kind: int, flags: int, model: int, run: int, items: Sequence[ReplyItem]) -> None:
        """Sends a frame at the end of the loop's turn."""

    def flush(self) -> None:
        """Sends at once what was to be sent at the end of the loop's turn."""

    def ended(self, run: Single) -> None:
        """The run has sent its RESULT."""

    def broke(self, fault: BaseException) -> None:
        """The worker can't go on."""


class Single(ABC):
    """A run of one request, under way beside others.

    Attributes:
        item: the request.
        kind: type of its frame.
        stopped: why it is to end, or has ended, before its handler says so; None: it is not stopped.
        failed: whether a piece has told its end already.
        over: whether its RESULT was sent.
    """

    def __init__(
        self, outlet: Outlet, model: LoadedModel, frame: Frame, received_at: float, credits: int
    ) -> None:
        item: RequestItem = frame.payload[0]  # type: ignore[index, assignment]
        self.item = item
        self.kind = frame.type
        self.stopped: Failure | None = None
        self.failed = False
        self.over = False
        self._outlet = outlet
        self._model = model
        self._run_id = frame.run
        window = window_of(item)
        self._credits = window + credits if window else None
        self._kept: deque[ReplyItem] = deque()
        self._kept_bytes = 0
        self._last: tuple[list[ReplyItem], bool] | None = None
        self._room: asyncio.Event | None = None
        self._processors: list[RequestProcessor] | None = None
        self._timer: asyncio.TimerHandle | None = None
        if item.deadline_ms:
            left = received_at + item.deadline_ms / 1000.0 - time.monotonic()
            self._timer = outlet.loop.call_later(max(0.0, left), self._expire)

    @property
    def label(self) -> str:
        """What client and handler know as the request's id."""
        return self.item.label or derived_label(self._model.label_head, self.item.id)

    @property
    def ending(self) -> bool:
        """Whether its handler is done with it."""
        return self._last is not None

    def request_ids(self) -> dict[int, str]:
        """Returns the request's label, under 0."""
        return {0: self.label}

    def routes(self) -> list[int]:
        """Returns the number of the request's route, 0 for none."""
        return [self.item.route]

    def request_processors(self) -> list[RequestProcessor]:
        """Returns the request's processor, always the same."""
        with _MAKING:  # threads of a handler may ask at the same time
            if self._processors is None:
                self._processors = [self.new_processor()]
            return self._processors

    def new_processor(self) -> RequestProcessor:
        """Returns a processor for the request that has set nothing yet."""
        return RequestProcessor(None, partial(headers_of, self.kind, self.item))

    def send_pieces(self, values: dict[int, Any], status: int) -> None:
        """Sends a piece from the handler, which may be on a thread of its own; that one waits for credit.

        On the event loop pieces above the credit are kept, up to `max_response_size` bytes.

        Raises:
            RequestCancelled: nobody waits for the request any more.
            RuntimeError: the request has ended.
            WrongOutput: too much was kept.
        """
        for index, value in values.items():
            if index != 0:
                raise IndexError(f"piece: index {index} (expected: 0, the only request)")
            if threading.get_ident() == self._outlet.thread:
                self.send_now(value, status)
            else:
                sending = self.send(value, status)
                asyncio.run_coroutine_threadsafe(sending, self._outlet.loop).result()

    async def send(self, value: Any, status: int = 0) -> None:
        """Sends a piece once there is credit for it. Raises what `send_pieces` raises."""
        while not self.ending and self.stopped is None and self._has_no_room():
            if self._room is None:
                self._room = asyncio.Event()
            self._room.clear()
            await self._room.wait()
        self.send_now(value, status)

    def send_now(self, value: Any, status: int = 0, processor: RequestProcessor | None = None) -> None:
        """Sends a piece, or keeps it for when there is credit. Raises what `send_pieces` raises."""
        if self.stopped is not None:
            raise RequestCancelled("nobody waits for the request any more")
        if self.ending:
            raise RuntimeError("piece: its request has ended (expected: sent before the handler returns)")
        if self.failed:
            return
        if processor is None and self._processors is not None:
            processor = self._processors[0]
        reply, _ = entry_reply(self.item.id, value, processor, self._model)
        if reply.error:
            self.failed = True
            reply = reply._replace(flags=END)
        elif status and not reply.status:
            reply = reply._replace(status=status)
        if self._has_no_room():
            self._keep(reply)
        else:
            self._pass(reply)

    def _has_no_room(self) -> bool:
        return bool(self._kept) or self._credits == 0

    def _keep(self, reply: ReplyItem) -> None:
        limit = self._model.max_response_size
        self._kept_bytes += len(reply.body)
        if self._kept_bytes > limit:
            text = f"pieces: {self._kept_bytes} bytes that the client has not read (expected: <= {limit})"
            raise WrongOutput(Failure(ErrorCode.REPLY_TOO_LARGE, text))
        # It is sent later, when the handler may have changed its buffer.
        self._kept.append(reply._replace(body=bytes(reply.body)))

    def _pass(self, reply: ReplyItem) -> None:
        if self._credits is not None:
            self._credits -= 1
        self._outlet.reply(_PIECE, 0, self._model.handle, self._run_id, [reply])

    def credited(self, more: int) -> None:
        """The client has room for so many more pieces."""
        if self._credits is None:
            return
        self._credits += more
        while self._kept and self._credits:
            reply = self._kept.popleft()
            self._kept_bytes -= len(reply.body)
            self._pass(reply)
        if not self._has_no_room():
            self._wake()
        self._end_if_sent()

    def _wake(self) -> None:
        if self._room is not None:
            self._room.set()

    def cancelled(self, reason: int) -> None:
        """Nobody waits for the request any more."""
        text = "cancelled: nobody waits for the request any more"
        if reason == CancelReason.OVERDUE:
            text = "cancelled: it took longer than responseTimeout"
            if not self.ending:
                self.tell_where()
        self.stop(Failure(ErrorCode.CANCELLED, text))

    def _expire(self) -> None:
        text = f"deadline: {self.item.deadline_ms} ms (passed before the request had ended)"
        self.stop(Failure(ErrorCode.DEADLINE_EXCEEDED, text))

    def stop(self, failure: Failure) -> None:
        """Ends the request with a failure once its handler has let go of it."""
        if self.stopped is not None or self.over:
            return
        self.stopped = failure
        if self._kept:
            self._kept.clear()
            self.failed = False  # if it was told, then by the last of these
        self._wake()
        if self.ending:
            self._end_if_sent()
        else:
            self.let_go()

    @abstractmethod
    def let_go(self) -> None:
        """Makes the handler let go of the request, which ends then."""

    @abstractmethod
    def tell_where(self) -> None:
        """Writes to the log where the request is."""

    def end(self, replies: list[ReplyItem], spent: bool = False) -> None:
        """The handler is done with the request. What is told goes out behind the pieces that were kept."""
        self._last = (replies, spent)
        self._wake()
        self._end_if_sent()

    def fail(self, failure: Failure) -> None:
        """The handler is done with the request, without an answer."""
        self.end([] if self.failed else [error_reply(self.item.id, failure)], failure.spent)

    def _end_if_sent(self) -> None:
        if self._last is None or self._kept or self.over:
            return
        replies, spent = self._last
        self.over = True
        if self._timer is not None:
            self._timer.cancel()
        if self.stopped is not None and not self.failed:
            replies = [error_reply(self.item.id, self.stopped)]
        flags = SPENT if spent else 0
        self._outlet.reply(_RESULT, flags, self._model.handle, self._run_id, replies)
        self._outlet.ended(self)
