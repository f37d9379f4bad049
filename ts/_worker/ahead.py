"""Preparing the next batch while one runs: a second thread takes frames and calls `preprocess`.

On by a model's `prepareAhead`. Decoding and preprocessing are work of the processor; while an accelerator, or
code that releases Python's lock, runs one batch, the next one is made ready. Answers keep their order.
"""

from __future__ import annotations

import inspect
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from ts._looking_ahead import look_ahead_from_here
from ts._wire.messages import ALONE, Frame, FrameType
from ts._worker.inputs import Row
from ts._worker.link import RUN_TYPES, Link
from ts.context import Context

if TYPE_CHECKING:
    from ts._worker.run import Run

_TRIALS = 3
"""First batches that are prepared while nothing runs, to see what `preprocess` does to its handler."""
_PATIENCE = 16
"""Preparations in a row that were of no use before they end for good."""


class Prepared(NamedTuple):
    """A batch that was preprocessed ahead of its run.

    Attributes:
        rows: the handler's data, which `preprocess` was given.
        value: what it returned.
        fault: what it raised instead; the run calls it again.
    """

    rows: list[Row]
    value: Any
    fault: BaseException | None = None


class Preparer:
    """Calls a handler's `preprocess` ahead, and stands in for it in the run that follows.

    The handler's `handle` is left as it is. When it calls `self.preprocess` with the data that it was given,
    it gets what was prepared from them; with anything else, the handler's own method is called. What raised
    ahead is called again in the run, so that an error looks as it always does.

    Args:
        instance: the handler.
        context: of the model; for its name in messages.

    Raises:
        ValueError: the handler has no method `preprocess` that takes the batch alone.
    """

    def __init__(self, instance: Any, context: Context) -> None:
        preprocess = getattr(instance, "preprocess", None)
        if not _takes_batch(preprocess):
            kind = "a function" if instance is None else type(instance).__name__
            raise ValueError(
                f"prepareAhead: true, with the handler {kind} (expected: a class whose method preprocess"
                " takes the batch alone)"
            )
        self._instance = instance
        self._context = context
        self._preprocess: Callable[..., Any] = preprocess  # type: ignore[assignment]
        self._offered: Prepared | None = None
        self._trials = 0
        self._wasted = 0
        self.active = True
        instance.preprocess = self

    @property
    def on_trial(self) -> bool:
        """Whether the next batch must be prepared while nothing else is done."""
        return self._trials < _TRIALS

    def prepare(self, rows: list[Row]) -> Prepared:
        """Preprocesses a batch, on the thread that looks ahead."""
        before = dict(vars(self._instance)) if self.on_trial else None
        try:
            prepared = Prepared(rows, self._preprocess(rows))
            _await_copies()
        except BaseException as fault:
            prepared = Prepared(rows, None, fault)
        if before is not None:
            self._judge(before)
        return prepared

    def _judge(self, before: dict[str, Any]) -> None:
        """Ends it all for a handler that passes state from `preprocess` on to its other steps."""
        self._trials += 1
        # The first batch may make what all share.
        changed = [
            name for name, value in vars(self._instance).items() if before.get(name, self) is not value
        ]
        if changed and self._trials > 1:
            self._give_up(
                f"preprocess sets {', '.join(sorted(changed))} of the handler, which two batches share"
            )

    def offer(self, prepared: Prepared) -> None:
        """Says what the run that begins now shall find."""
        self._offered = prepared

    def settle(self) -> None:
        """The run has ended."""
        if self._offered is not None:
            self._offered = None
            self._waste("handle does not call self.preprocess with its data as they came")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Stands in for `preprocess`."""
        offered = self._offered
        if offered is None or kwargs or len(args) != 1 or args[0] is not offered.rows:
            return self._preprocess(*args, **kwargs)
        self._offered = None
        if offered.fault is None:
            self._wasted = 0
            return offered.value
        value = self._preprocess(*args)
        self._waste(f"preprocess raised {offered.fault!r} on the thread that looks ahead, and there only")
        return value

    def _waste(self, why: str) -> None:
        self._wasted += 1
        if self._wasted >= _PATIENCE:
            self._give_up(why)

    def _give_up(self, why: str) -> None:
        if self.active:
            self.active = False
            name = self._context.model_name
            sys.stderr.write(f"model {name}: nothing is prepared ahead any more, since {why}\n")
            sys.stderr.flush()


def _takes_batch(preprocess: Any) -> bool:
    if not callable(preprocess) or inspect.iscoroutinefunction(preprocess):
        return False
    try:
        inspect.signature(preprocess).bind(None)
    except (TypeError, ValueError):
        return False
    return True


class Lookahead:
    """Takes frames from the link on a thread of its own, and prepares the run that comes next.

    At most one run is begun ahead of the one under way, none beside a run that is to be alone.

    Args:
        link: read by this thread only, once it has started.
        prepare: begins a run; None if there is nothing to do ahead.
        waits: asked before each run; whether it must be prepared while nothing else is done.
    """

    def __init__(self, link: Link, prepare: Callable[[Frame], Run | None], waits: Callable[[], bool]) -> None:
        self._link = link
        self._prepare = prepare
        self._waits = waits
        self._changed = threading.Condition()
        self._slot: tuple[Frame, float, Run | None] | None = None
        self._fault: BaseException | None = None
        self._idle = False
        self._device = _current_device()

    def start(self) -> None:
        """Starts the thread, which ends with the process, or once it has taken STOP."""
        threading.Thread(target=self._look, name="lookahead", daemon=True).start()

    def take(self) -> tuple[Frame, float, Run | None]:
        """Waits for the next frame; returns it, when it arrived, and its run if that was prepared.

        Raises:
            Disconnected: the frontend closed the connection.
            ProtocolError: it sent what is no frame.
        """
        with self._changed:
            self._idle = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._slot is not None or self._fault is not None)
            taken, self._slot = self._slot, None
            self._idle = False
            self._changed.notify_all()
        if taken is None:
            raise self._fault or RuntimeError("lookahead: nothing taken (expected: a frame)")
        return taken

    def _look(self) -> None:
        look_ahead_from_here()
        try:
            if self._device is not None:
                _use_device(self._device)
            alone = False
            while True:
                frame, received_at = self._next()
                is_run = frame.type in RUN_TYPES
                self._await_room(alone or (is_run and self._waits()))
                alone = is_run and bool(frame.flags & ALONE)
                prepares = frame.type == FrameType.PREDICT and not alone
                run = self._prepare(frame) if prepares else None
                with self._changed:
                    self._slot = (frame, received_at, run)
                    self._changed.notify_all()
                if frame.type == FrameType.STOP:
                    return
        except BaseException as fault:
            with self._changed:
                self._fault = fault
                self._changed.notify_all()

    def _next(self) -> tuple[Frame, float]:
        link = self._link
        while not link.waiting:
            link.receive(wait=True)
        return link.waiting.popleft()

    def _await_room(self, until_idle: bool) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._slot is None and (self._idle or not until_idle))


def _await_copies() -> None:
    """Waits until what was copied to an accelerator is there, for a run that may use a stream of its own.

    The run before has to end anyway before there is anything to do with it.
    """
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.current_stream().synchronize()


def _current_device() -> int | None:
    """The accelerator that this thread works on. A new thread would begin with the first one."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_initialized():
        return None
    return int(torch.cuda.current_device())


def _use_device(device: int) -> None:
    sys.modules["torch"].cuda.set_device(device)
