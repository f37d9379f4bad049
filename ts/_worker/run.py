"""One batch: from the frame's items through the handler to the reply's items."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Sequence
from functools import partial
from typing import Any

from ts._wire.channel import Disconnected
from ts._wire.codec import derived_label
from ts._wire.fast import encode_answers
from ts._wire.messages import END, SPENT, ErrorCode, FrameType, ProtocolError, ReplyItem, RequestItem
from ts._worker.inputs import Row, headers_of
from ts._worker.link import Link
from ts._worker.model import Awaiting, LoadedModel
from ts._worker.outcome import QUIET, Failure, WrongOutput, failure_of
from ts._worker.preparer import Prepared, Preparer
from ts._worker.replies import checked, entry_reply, error_reply
from ts._worker.traces import print_raised
from ts.context import RequestProcessor
from ts.metrics.outlet import OUTLET
from ts.service import RequestCancelled

# A member of an enumeration is looked up in Python code; plain numbers are for the path of every request.
_DESCRIBE, _RESULT = int(FrameType.DESCRIBE), int(FrameType.RESULT)
_MAKING = threading.Lock()
Replies = tuple[list[ReplyItem], bool]
"""What the items of a run are told, and whether the process is spent."""
_NOTHING: Replies = ([], False)


class Run:
    """A batch under way: what the context tells of its requests, and its outlet for pieces."""

    # What few runs need is made when they do; until then all share these.
    _processors: list[RequestProcessor] | None = None
    _prepared: Prepared | None = None
    _early: Sequence[ReplyItem] = ()
    _ended: frozenset[int] = frozenset()
    _whole = True
    """Whether no item has been told its end, so that the answers are the whole RESULT."""
    _open = True

    def __init__(
        self,
        link: Link,
        model: LoadedModel,
        awaiting: Awaiting,
        kind: int,
        run_id: int,
        items: Sequence[RequestItem],
    ) -> None:
        self._link = link
        self._model = model
        self._awaiting = awaiting
        self._kind = kind
        self._run_id = run_id
        self._items = items

    def prepare(self, preparer: Preparer) -> None:
        """Decodes the batch and preprocesses it, on the thread that looks ahead of the run under way."""
        model = self._model
        shown = model.context._begin_apart(self)
        try:
            self._prepared = preparer.prepare(model.make_rows(self._items))
        except Exception:
            self._prepared = None  # the run decodes the batch again, and tells what is wrong with it
        finally:
            shown.outlet = None

    @property
    def is_prepared(self) -> bool:
        """Whether it has been preprocessed."""
        return self._prepared is not None and self._prepared.done

    def execute(self, received_at: float) -> bool:
        """Runs the batch and replies. Returns whether the process is spent.

        Args:
            received_at: `time.monotonic()` of its arrival.

        Raises:
            SystemExit, KeyboardInterrupt: the handler wants the process to end.
            Disconnected: the frontend is gone.
        """
        link, items = self._link, self._items
        link.begin(items)
        try:
            live = self._admit(items, received_at)
            if live is not items:
                self._items = live
                self._prepared = self._processors = None  # of another batch
            outcome = self._call(live) if live else _NOTHING
            if isinstance(outcome, bytes):
                if link.answers:
                    link.hold(outcome)
                else:
                    link.reply(_RESULT, 0, self._model.handle, self._run_id, ())
                return False
            replies, spent = outcome
            told = [*replies, *self._early]
            if not link.answers:
                # That the run has ended, and what went wrong here.
                told = [reply for reply in told if reply.error]
            link.reply(_RESULT, SPENT if spent else 0, self._model.handle, self._run_id, told)
            return spent
        finally:
            self._open = False
            self._model.context._end()
            link.end()

    def _admit(self, items: Sequence[RequestItem], received_at: float) -> Sequence[RequestItem]:
        """Leaves out cancelled and late items, but never in a group: its ranks must not differ."""
        link = self._link
        if not link.alone:
            return items
        cancelled = link.cancelled
        if not cancelled:
            for item in items:
                if item.deadline_ms:
                    break
            else:
                return items
        waited_ms = (time.monotonic() - received_at) * 1000.0
        live: list[RequestItem] = []
        early: list[ReplyItem] = []
        for item in items:
            if item.id in cancelled:
                failure = Failure(ErrorCode.CANCELLED, "cancelled before it was run")
            elif 0 < item.deadline_ms < waited_ms:
                text = f"deadline: {item.deadline_ms} ms (waited {waited_ms:.0f} ms)"
                failure = Failure(ErrorCode.DEADLINE_EXCEEDED, text)
            else:
                live.append(item)
                continue
            early.append(error_reply(item.id, failure))
        if not early:
            return items
        self._early = early
        self._whole = False
        return live

    def _call(self, items: Sequence[RequestItem]) -> bytes | Replies:
        """Returns the answers as a frame if they are plain, else what each item is told."""
        model, context = self._model, self._model.context
        preparer = model.preparer
        try:
            data = model.make_rows(items) if preparer is None else self._rows(items, preparer)
            context._begin(self)
            if self._kind == _DESCRIBE:
                answer = model.describe(data, context)
            else:
                answer = model.entry_point(data, context)
            if type(answer) is not list:
                answer = self._settle(answer)
            if preparer is not None:
                preparer.settle()
            if self._processors is None and self._whole and type(answer) is list:
                # Nothing but bytes, as the answers of most handlers are.
                frame = encode_answers(model.handle, self._run_id, items, answer, model.max_response_size)
                if frame is not None:
                    return frame
            return self._replies(answer)
        except (SystemExit, KeyboardInterrupt, Disconnected, ProtocolError):
            raise
        except WrongOutput as fault:
            return self._all_failed(fault.failure), False
        except BaseException as fault:
            return self._raised(fault)

    def _rows(self, items: Sequence[RequestItem], preparer: Preparer) -> list[Row]:
        prepared = self._prepared
        if prepared is None or not prepared.done:
            # Anew if need be: what raised ahead may have changed its rows, or said something of its answers.
            self._processors = None
            rows = self._model.make_rows(items)
            prepared = Prepared(rows, fault=None if prepared is None else prepared.fault)
        preparer.offer(prepared)
        return prepared.rows

    def request_ids(self) -> dict[int, str]:
        """Returns index in the batch to the request's label."""
        head = self._model.label_head
        return {i: item.label or derived_label(head, item.id) for i, item in enumerate(self._items)}

    def routes(self) -> list[int]:
        """Returns for each request of the batch the number of its route, 0 for none."""
        return [item.route for item in self._items]

    def request_processors(self) -> list[RequestProcessor]:
        """Returns one processor for each item, always the same."""
        with _MAKING:  # threads of a handler may ask at the same time
            if self._processors is None:
                kind = self._kind
                self._processors = [RequestProcessor(None, partial(headers_of, kind, i)) for i in self._items]
            return self._processors

    def _raised(self, fault: BaseException) -> Replies:
        if self._model.preparer is not None:
            self._model.preparer.forget()
        failure = failure_of(fault)
        if failure.code not in QUIET:
            print_raised(fault, self._model.context)
        return self._all_failed(failure), failure.spent

    def _all_failed(self, failure: Failure) -> list[ReplyItem]:
        ended = self._ended
        return [error_reply(item.id, failure) for index, item in enumerate(self._items) if index not in ended]

    def _settle(self, answer: Any) -> Any:
        """Awaits what must be awaited and streams what comes in pieces."""
        answer = self._awaiting.result(answer)
        return self._stream(answer) if isinstance(answer, Generator) else answer

    def _stream(self, pieces: Generator[Any, None, Any]) -> Any:
        try:
            while True:
                try:
                    piece = next(pieces)
                except StopIteration as end:
                    return [b""] * len(self._items) if end.value is None else end.value
                self.send_pieces(self._by_index(piece), 0)
        finally:
            pieces.close()

    def _by_index(self, piece: Any) -> dict[int, Any]:
        """One yield of a generator: a list with one entry per item, or for a batch of one the bare piece."""
        if isinstance(piece, list):
            checked(piece, len(self._items))
            return {index: value for index, value in enumerate(piece) if value is not None}
        if len(self._items) == 1:
            return {} if piece is None else {0: piece}
        text = f"piece: {type(piece).__name__} (expected: a list, one entry for each request)"
        raise WrongOutput(Failure(ErrorCode.OUTPUT_NOT_A_LIST, text))

    def _replies(self, answer: Any) -> Replies:
        replies, spent = [], False
        for index, value in enumerate(checked(answer, len(self._items))):
            if index not in self._ended:
                reply, item_spent = self._reply(index, value)
                replies.append(reply)
                spent |= item_spent
        return replies, spent

    def _reply(self, index: int, value: Any) -> tuple[ReplyItem, bool]:
        processor = None if self._processors is None else self._processors[index]
        return entry_reply(self._items[index].id, value, processor, self._model)

    def send_pieces(self, values: dict[int, Any], status: int) -> None:
        """Sends one piece for each index that the mapping names, at once; waits for credits when it serves
        one stream.

        Args:
            values: index in the batch to piece. An exception as piece ends its item with that error.
            status: the HTTP status of items for which the handler set none; 0 = 200.

        Raises:
            RequestCancelled: nobody waits for any item of the batch any more.
            RuntimeError: the run has ended.
        """
        with self._link.sending:
            if self._model.preparer is not None:
                raise RuntimeError("piece: the model has prepareAhead (expected: whole answers)")
            if not self._open:
                raise RuntimeError("piece: its request has ended (expected: sent before the handler returns)")
            if not self._link.answers:
                return
            self._link.receive(wait=False)
            self._stop_if_cancelled()
            self._wait_for_credit()
            replies = [self._piece(i, v, status) for i, v in values.items() if self._takes_pieces(i)]
            if replies:
                self._link.reply(FrameType.PIECE, 0, self._model.handle, self._run_id, replies)
                self._link.flush()
                OUTLET.flush_own()  # the run may take long

    def _takes_pieces(self, index: int) -> bool:
        if not 0 <= index < len(self._items):
            raise IndexError(f"piece: index {index} (expected: 0 to {len(self._items) - 1})")
        return index not in self._ended and self._items[index].id not in self._link.cancelled

    def _piece(self, index: int, value: Any, status: int) -> ReplyItem:
        reply, _ = self._reply(index, value)
        if reply.error:
            self._ended |= {index}
            self._whole = False
            return reply._replace(flags=END)
        return reply._replace(status=status) if status and not reply.status else reply

    def _stop_if_cancelled(self) -> None:
        cancelled = self._link.cancelled
        if cancelled and self._link.alone:
            left = (
                i for i, item in enumerate(self._items) if item.id not in cancelled and i not in self._ended
            )
            if next(left, None) is None:
                raise RequestCancelled("nobody waits for the request any more")

    def _wait_for_credit(self) -> None:
        link = self._link
        link.open_window()
        if link.credits is None:
            return
        item_id = self._items[0].id
        while link.credits == 0 and item_id not in link.cancelled:
            link.flush()
            link.receive(wait=True)
        self._stop_if_cancelled()
        if link.credits:
            link.credits -= 1
