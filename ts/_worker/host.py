"""The event loop of a worker whose models have several runs under way at once."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from ts._wire.channel import Disconnected
from ts._wire.messages import ErrorCode, Frame, FrameType, ProtocolError, ReplyItem
from ts._worker.link import RUN_TYPES, Link
from ts._worker.model import CONTINUOUS, Awaiting, LoadedModel
from ts._worker.outcome import Failure
from ts._worker.places import Places
from ts._worker.replies import error_reply
from ts._worker.single import Single

_LAST_SECONDS = 1.0
_FLUSH_EVERY = 8
"""Answers of one turn go out in such lots: clients and frontend work on the first ones meanwhile, and what
began together does not stay together for ever.
"""


class Crew(Protocol):
    """What runs one model's requests."""

    def take(self, frame: Frame, received_at: float, credits: int) -> Single:
        """Begins a run of one request, or lines it up."""

    def ended(self, run: Single) -> None:
        """One of its runs has ended."""

    def close(self) -> None:
        """The model is forgotten."""


class Host:
    """Reads frames on the event loop and hands runs to the crews of their models.

    What is not for a crew (LOAD, UNLOAD, STOP, and the runs of serial models) is left to the session, which
    calls `await_frame` for it. While the session is at it, the loop stands still, unless that itself runs
    the loop.

    Attributes:
        loop: on which handlers run.
        thread: its thread.
        places: surroundings of the models.
        spent: whether the process must not be used again; then the session refuses all runs.
    """

    def __init__(self, link: Link, awaiting: Awaiting, places: Places) -> None:
        self.loop = awaiting.loop
        self.thread = threading.get_ident()
        self.spent = False
        self.places = places
        self._link = link
        self._crews: dict[int, Crew] = {}
        self._crew_of: dict[Single, Crew] = {}
        self._fault: BaseException | None = None
        self._woken: asyncio.Future[None] | None = None
        self._dispatches = False
        self._watches_ends = False
        self._unsent = 0
        link.beat = self._beat
        self.loop.add_reader(link.channel.fileno(), self._readable)

    def add(self, model: LoadedModel) -> None:
        """Takes over the runs of a model."""
        if model.mode == CONTINUOUS:
            from ts._worker.continuous import Continuous

            self._crews[model.handle] = Continuous(self, model)
        else:
            from ts._worker.aio import Concurrent

            self._crews[model.handle] = Concurrent(self, model)

    def forget(self, handle: int) -> None:
        """Takes no more runs of a model; those that are left are stopped."""
        crew = self._crews.pop(handle, None)
        if crew is None:
            return
        left = [run for run, its in self._crew_of.items() if its is crew]
        for run in left:
            run.stop(Failure(ErrorCode.CANCELLED, "cancelled: the model was unloaded"))
        crew.close()
        self._watches_ends = True
        self._run_until(lambda: not any(run in self._crew_of for run in left), _LAST_SECONDS)
        self._watches_ends = False

    def await_frame(self) -> tuple[Frame, float]:
        """Serves until a frame comes that is for the session, and returns it with the time of its arrival.

        Raises:
            Disconnected: the frontend closed the connection.
            ProtocolError: it sent what is no frame.
            SystemExit, KeyboardInterrupt: a handler wants the process to end.
        """
        self._dispatches = True
        try:
            self._dispatch()
            self._run_until(lambda: bool(self._link.waiting), None)
        finally:
            self._dispatches = False
        return self._link.waiting.popleft()

    def finish(self) -> None:
        """Serves until no run is under way. Raises what `await_frame` raises."""
        self._watches_ends = True
        self._run_until(lambda: not self._crew_of, None)
        self._link.flush()

    def close(self) -> None:
        """Stops everything on the loop; it gets a moment to tidy up."""
        self.loop.remove_reader(self._link.channel.fileno())
        self._link.beat = None
        for crew in self._crews.values():
            crew.close()
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        if tasks:
            with contextlib.suppress(SystemExit, KeyboardInterrupt):
                self.loop.run_until_complete(asyncio.wait(tasks, timeout=_LAST_SECONDS))

    def reply(self, kind: int, flags: int, model: int, run: int, items: Sequence[ReplyItem]) -> None:
        """Sends a frame at the end of the loop's turn, or with some others before that."""
        try:
            self._link.reply(kind, flags, model, run, items)
        except ProtocolError as fault:  # what the handler set can't be told
            self.broke(fault)
            return
        if flags and kind == FrameType.RESULT:
            self.spent = True
        self._unsent += 1
        if self._unsent == 1:
            self.loop.call_soon(self.flush)
        elif self._unsent >= _FLUSH_EVERY:
            self.flush()

    def ended(self, run: Single) -> None:
        """A run has sent its RESULT."""
        self._link.open.pop(run.item.id, None)
        crew = self._crew_of.pop(run, None)
        if crew is not None:
            crew.ended(run)
        if self._watches_ends:
            self._wake()

    def flush(self) -> None:
        """Sends at once what was to be sent at the end of the loop's turn."""
        self._unsent = 0
        try:
            self._link.flush()
        except Disconnected as fault:
            self.broke(fault)

    def _beat(self, frame: Frame) -> None:
        self._link.send(frame)

    def _readable(self) -> None:
        link = self._link
        try:
            link.receive(wait=False)
            if link.channel.broken:
                link.receive(wait=False)
        except (Disconnected, ProtocolError) as fault:
            self.broke(fault)
        if self._dispatches:
            self._dispatch()

    def broke(self, fault: BaseException) -> None:
        """Ends the session with this exception."""
        self._fault = self._fault or fault
        self.loop.remove_reader(self._link.channel.fileno())
        self._wake()

    def _dispatch(self) -> None:
        waiting = self._link.waiting
        while waiting:
            frame, received_at = waiting[0]
            crew = self._crews.get(frame.model) if frame.type in RUN_TYPES and not self.spent else None
            if crew is None:
                self._wake()
                return
            waiting.popleft()
            self._take(crew, frame, received_at)

    def _take(self, crew: Crew, frame: Frame, received_at: float) -> None:
        items: Sequence[object] = frame.payload  # type: ignore[assignment]
        if len(items) != 1:
            text = f"run: {len(items)} requests (expected: 1, the model is not serial)"
            failure = Failure(ErrorCode.UNSUPPORTED, text)
            replies = [error_reply(item.id, failure) for item in items]  # type: ignore[attr-defined]
            self.reply(FrameType.RESULT, 0, frame.model, frame.run, replies)
            return
        item_id = items[0].id  # type: ignore[attr-defined]
        cancelled, credits = self._link.early(item_id)
        if cancelled:
            failure = Failure(ErrorCode.CANCELLED, "cancelled before it was run")
            self.reply(FrameType.RESULT, 0, frame.model, frame.run, [error_reply(item_id, failure)])
            return
        run = crew.take(frame, received_at, credits)
        if not run.over:
            self._link.open[item_id] = run
            self._crew_of[run] = crew

    def _wake(self) -> None:
        woken = self._woken
        if woken is not None and not woken.done():
            woken.set_result(None)

    def _run_until(self, reached: Callable[[], bool], seconds: float | None) -> None:
        """Runs the loop until a condition holds that is looked at when something ends or arrives."""
        until = None if seconds is None else self.loop.time() + seconds
        while self._fault is None and not reached():
            self._woken = self.loop.create_future()
            timer = None if until is None else self.loop.call_at(until, self._wake)
            self.loop.run_until_complete(self._woken)
            self._woken = None
            if timer is not None:
                timer.cancel()
                if until is not None and self.loop.time() >= until:
                    return
        if self._fault is not None:
            raise self._fault
