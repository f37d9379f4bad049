"""Asynchronous handlers: several requests at once in one process, each in a task of its own."""

from __future__ import annotations

import asyncio
import inspect
from collections import deque
from collections.abc import AsyncGenerator, Generator
from contextlib import aclosing
from typing import Any

from ts._wire.messages import ErrorCode, Frame, FrameType, ReplyItem
from ts._worker.model import LoadedModel
from ts._worker.outcome import QUIET, Failure, WrongOutput, failure_of
from ts._worker.replies import checked, entry_reply
from ts._worker.single import Outlet, Single
from ts._worker.stacks import report, stack_of
from ts._worker.traces import print_raised

_DESCRIBE = int(FrameType.DESCRIBE)


class ConcurrentRun(Single):
    """A request of an asynchronous handler.

    Attributes:
        task: calls the handler; None: it has not begun.
    """

    task: asyncio.Task[tuple[list[ReplyItem], bool]] | None = None

    def begin(self) -> None:
        """Starts the task. How it ends is told when it has."""
        self.task = self._outlet.loop.create_task(self._serve())
        self.task.add_done_callback(self._done)

    async def _serve(self) -> tuple[list[ReplyItem], bool]:
        # Tasks have contextvars of their own, which those that they start inherit.
        shown = self._model.context._begin_apart(self)
        self._outlet.places.enter(self._model.handle)
        try:
            entry = checked(await self._answer(), 1)[0]
            if self.failed:
                return [], False
            processor = None if self._processors is None else self._processors[0]
            reply, spent = entry_reply(self.item.id, entry, processor, self._model)
            return [reply], spent
        finally:
            shown.outlet = None

    async def _answer(self) -> Any:
        model = self._model
        rows = model.make_rows([self.item])
        called = model.describe if self.kind == _DESCRIBE else model.entry_point
        answer: Any = called(rows, model.context)
        if inspect.isawaitable(answer):
            answer = await answer
        if isinstance(answer, AsyncGenerator):
            await self._stream(answer)
            return [b""]
        return await self._stream_plain(answer) if isinstance(answer, Generator) else answer

    async def _stream(self, pieces: AsyncGenerator[Any, None]) -> None:
        async with aclosing(pieces):
            async for piece in pieces:
                await self._send_yielded(piece)
                if self.failed:
                    return

    async def _stream_plain(self, pieces: Generator[Any, None, Any]) -> Any:
        try:
            while not self.failed:
                try:
                    piece = next(pieces)
                except StopIteration as end:
                    return [b""] if end.value is None else end.value
                await self._send_yielded(piece)
            return [b""]
        finally:
            pieces.close()

    async def _send_yielded(self, piece: Any) -> None:
        """One yield: the bare piece, or a list with one entry."""
        value = checked(piece, 1)[0] if isinstance(piece, list) else piece
        if value is not None:
            await self.send(value)

    def _done(self, task: asyncio.Task[tuple[list[ReplyItem], bool]]) -> None:
        if task.cancelled():
            self.fail(
                self.stopped or Failure(ErrorCode.HANDLER_EXCEPTION, "the handler's task was cancelled")
            )
            return
        fault = task.exception()
        if fault is None:
            self.end(*task.result())
        elif isinstance(fault, WrongOutput):
            self.fail(fault.failure)
        elif not isinstance(fault, (SystemExit, KeyboardInterrupt)):  # these end the loop
            self._raised(fault)

    def _raised(self, fault: BaseException) -> None:
        failure = failure_of(fault)
        if failure.code not in QUIET and self.stopped is None:
            print_raised(fault, self._model.context)
        self.fail(failure)

    def let_go(self) -> None:
        """See `Single`."""
        if self.task is not None:
            self.task.cancel()
        elif self.stopped is not None:
            self.fail(self.stopped)

    def tell_where(self) -> None:
        """See `Single`."""
        about = f"model {self._model.context.model_name}: request {self.label} is overdue and is cancelled"
        where = "; it has not begun" if self.task is None else f". It waits here:\n{stack_of(self.task)}"
        report(about + where)


class Concurrent:
    """The requests of a model with an asynchronous handler: up to `slots` at once, the rest in order.

    Args:
        outlet: where answers go.
        model: what is run.
    """

    def __init__(self, outlet: Outlet, model: LoadedModel) -> None:
        self._outlet = outlet
        self._model = model
        self._free = model.slots
        self._waiting: deque[ConcurrentRun] = deque()

    def take(self, frame: Frame, received_at: float, credits: int) -> Single:
        """Begins a run, at once or when another one has ended."""
        run = ConcurrentRun(self._outlet, self._model, frame, received_at, credits)
        self._waiting.append(run)
        self._begin()
        return run

    def ended(self, run: Single) -> None:
        """A run has ended."""
        if isinstance(run, ConcurrentRun) and run.task is not None:
            self._free += 1
            self._begin()

    def close(self) -> None:
        """Nothing is left to be done."""

    def _begin(self) -> None:
        while self._free and self._waiting:
            run = self._waiting.popleft()
            if not run.over:
                self._free -= 1
                run.begin()
