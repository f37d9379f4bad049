"""Continuous batching: one batch goes on turn by turn, and requests join and leave between the turns.

The handler is called once a turn with all requests that are under way. What it knows already comes without
data; it keeps their state itself, by request id, as a rule in `context.cache`. A request stays while the
handler says that more follows: by its entry in `context.stopping_criteria`, which is called with the answer
(False: more follows), or by the reply header `ts_stream_next` ("true").
"""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections import deque
from collections.abc import Sequence
from typing import Any

from ts._wire.messages import ErrorCode, Frame, FrameType
from ts._worker.inputs import Row
from ts._worker.model import LoadedModel
from ts._worker.outcome import QUIET, Failure, WrongOutput, failure_of
from ts._worker.replies import checked, entry_reply
from ts._worker.single import Outlet, Single
from ts._worker.stacks import report, stack_of
from ts._worker.traces import print_raised
from ts.context import RequestProcessor

_NEXT = "ts_stream_next"
_DESCRIBE, _EXPLAIN = int(FrameType.DESCRIBE), int(FrameType.EXPLAIN)


class Member(Single):
    """A request of a continuous batch.

    Attributes:
        turns: how many it has been in.
        crew: what it belongs to.
    """

    turns = 0
    crew: Continuous

    def let_go(self) -> None:
        """See `Single`; it leaves before the next turn."""
        self.crew.leave(self)

    def tell_where(self) -> None:
        """See `Single`."""
        self.crew.interrupt(self)

    def send_piece_of_turn(self, value: Any, status: int) -> None:
        """Sends a piece before the answer of the turn. Raises what `send_pieces` raises."""
        if threading.get_ident() != self._outlet.thread:
            # The loop, which would send it, may wait for this thread.
            raise RuntimeError("piece: from a thread of the handler (expected: from handle itself)")
        self.send_now(value, status)

    def begin_turn(self) -> RequestProcessor:
        """Returns a processor for one turn, that has set nothing yet."""
        self.turns += 1
        self._processors = [self.new_processor()]
        return self._processors[0]


class _Turn:
    """What the context shows of one turn, and its outlet for pieces."""

    def __init__(self, members: Sequence[Member]) -> None:
        self._members = members
        self._processors = [member.begin_turn() for member in members]

    def request_ids(self) -> dict[int, str]:
        return {i: member.label for i, member in enumerate(self._members)}

    def request_processors(self) -> list[RequestProcessor]:
        return self._processors

    def routes(self) -> list[int]:
        return [member.item.route for member in self._members]

    def send_pieces(self, values: dict[int, Any], status: int) -> None:
        for index, value in values.items():
            member = self._members[index]
            if member.stopped is None:
                member.send_piece_of_turn(value, status)


class Continuous:
    """The requests of a model with continuous batching: up to `slots` in one turn, the rest in order.

    Args:
        outlet: where answers go.
        model: what is run.
    """

    def __init__(self, outlet: Outlet, model: LoadedModel) -> None:
        self._outlet = outlet
        self._model = model
        self._waiting: deque[Member] = deque()
        self._members: list[Member] = []
        self._arrived = asyncio.Event()
        self._in_turn = False
        self._call: asyncio.Task[Any] | None = None
        self._interrupted = False
        self._turns = outlet.loop.create_task(self._take_turns())
        self._turns.add_done_callback(self._over)

    def _over(self, turns: asyncio.Task[None]) -> None:
        """Requests must not wait for turns that nobody takes."""
        if not turns.cancelled() and (fault := turns.exception()) is not None:
            self._outlet.broke(fault)

    def take(self, frame: Frame, received_at: float, credits: int) -> Single:
        """Lets a request join the next turn that has room for it."""
        member = Member(self._outlet, self._model, frame, received_at, credits)
        member.crew = self
        if member.kind == _EXPLAIN:
            member.fail(Failure(ErrorCode.UNSUPPORTED, "explain: the model has continuousBatching"))
        else:
            self._waiting.append(member)
            self._arrived.set()
        return member

    def ended(self, run: Single) -> None:
        """One of the runs has sent its RESULT; its place was free before."""

    def leave(self, member: Member) -> None:
        """A request was stopped: it ends now, or when the turn that it is in has ended."""
        if not (self._in_turn and member in self._members):
            self._end_stopped(member)

    def interrupt(self, member: Member) -> None:
        """A request is overdue: tells where, and ends the turn that it is in."""
        name = self._model.context.model_name
        about = f"model {name}: request {member.label} is overdue in its turn {member.turns} and is cancelled"
        call = self._call
        if call is None or member not in self._members:
            report(about)
            return
        report(f"{about}. The turn waits here:\n{stack_of(call)}")
        self._interrupted = True
        call.cancel()

    def close(self) -> None:
        """Takes no more turns."""
        self._turns.cancel()

    async def _take_turns(self) -> None:
        while True:
            self._let_join()
            if self._members:
                # The ends of those that have left must not wait for the turn.
                self._outlet.flush()
                await self._turn(tuple(self._members))
                # Between two turns the loop sends what there is, and reads what has arrived: it looks for
                # that before the first of these ends, and takes it before the second does.
                await asyncio.sleep(0)
                await asyncio.sleep(0)
            else:
                self._arrived.clear()
                await self._arrived.wait()

    def _let_join(self) -> None:
        self._members = [member for member in self._members if not member.ending]
        while self._waiting and len(self._members) < self._model.slots:
            member = self._waiting.popleft()
            if member.ending:
                continue
            if member.kind == _DESCRIBE:
                self._describe(member)
            else:
                self._members.append(member)

    async def _turn(self, members: Sequence[Member]) -> None:
        self._in_turn = True
        try:
            answer = checked(await self._answer(members), len(members))
        except (SystemExit, KeyboardInterrupt):
            raise
        except asyncio.CancelledError:
            if not self._interrupted:  # the model is unloaded, or the worker ends
                for member in members:
                    self._end_stopped(member)
                raise
            text = "the turn was ended, since another request in it took longer than responseTimeout"
            self._fail(members, Failure(ErrorCode.HANDLER_EXCEPTION, text))
        except WrongOutput as fault:
            self._fail(members, fault.failure)
        except BaseException as fault:
            self._fail(members, self._failure(fault))
        else:
            for index, (member, value) in enumerate(zip(members, answer, strict=True)):
                self._tell(member, index, value)
        finally:
            self._interrupted = self._in_turn = False
            self._model.context._end()
        for member in members:
            if member.stopped is not None:
                self._end_stopped(member)

    async def _answer(self, members: Sequence[Member]) -> Any:
        model = self._model
        new = [member for member in members if member.turns == 0]
        rows = iter(model.make_rows([member.item for member in new]))
        data: list[Row] = [next(rows) if member.turns == 0 else {} for member in members]
        model.context._begin(_Turn(members))
        self._outlet.places.enter(model.handle)
        answer = model.entry_point(data, model.context)
        if not inspect.isawaitable(answer):
            return answer
        self._call = self._outlet.loop.create_task(_awaited(answer), name="turn")
        try:
            return await self._call
        finally:
            self._call = None

    def _failure(self, fault: BaseException) -> Failure:
        failure = failure_of(fault)
        if failure.code not in QUIET:
            print_raised(fault, self._model.context)
        return failure

    @staticmethod
    def _fail(members: Sequence[Member], failure: Failure) -> None:
        for member in members:
            member.fail(failure)

    def _tell(self, member: Member, index: int, value: Any) -> None:
        """Passes on what a turn gave for one request: one more piece, or its end."""
        processor = member.request_processors()[0]
        try:
            more = member.stopped is None and self._more_follows(index, value, processor)
            if member.stopped is not None:
                return
            if more:
                if value is None:
                    return
                member.send_now(value, processor=processor)
                if member.failed:
                    member.end([])
            elif member.failed:
                member.end([])
            else:
                reply, spent = entry_reply(member.item.id, value, processor, self._model)
                member.end([reply], spent)
        except WrongOutput as fault:
            member.fail(fault.failure)
        except Exception as fault:
            member.fail(self._failure(fault))

    def _more_follows(self, index: int, value: Any, processor: RequestProcessor) -> bool:
        if isinstance(value, Exception):
            return False
        said = processor.get_response_headers().pop(_NEXT, None)
        criteria = self._model.context.stopping_criteria
        if criteria and index < len(criteria):
            return criteria[index](value) is False
        return str(said).lower() == "true"

    @staticmethod
    def _end_stopped(member: Member) -> None:
        if member.stopped is not None and not member.ending:
            member.fail(member.stopped)

    def _describe(self, member: Member) -> None:
        context = self._model.context
        try:
            self._outlet.places.enter(self._model.handle)
            context._begin(member)
            entry = checked(self._model.describe([], context), 1)[0]
            reply, spent = entry_reply(member.item.id, entry, None, self._model)
            member.end([reply], spent)
        except Exception as fault:
            member.fail(self._failure(fault))
        finally:
            context._end()


async def _awaited(answer: Any) -> Any:
    return await answer
