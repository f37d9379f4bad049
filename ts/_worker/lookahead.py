"""Looking ahead of the run under way: a second thread takes frames and has the next run prepared.

On by a model's `prepareAhead`. Decoding and preprocessing are work of the processor; while an accelerator, or
code that releases Python's lock, runs one batch, the next one is made ready. Answers keep their order.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from ts._looking_ahead import look_ahead_from_here
from ts._wire.messages import ALONE, Frame, FrameType
from ts._worker.link import RUN_TYPES, Link

if TYPE_CHECKING:
    from ts._worker.run import Run


class Lookahead:
    """Takes frames from the link on a thread of its own, and prepares the run that comes next.

    At most one run is begun ahead of the one under way, none beside a run that is to be alone. While nothing
    is under way there is nothing to gain: the run goes on as it is. Then the next one is not begun before
    that one has been preprocessed, lest a later request hold up an earlier one.

    Args:
        link: read by this thread only, once it has started.
        prepare: begins a run; None if there is nothing to do ahead.
        on_trial: asked before each run; whether it must be prepared, while nothing else is done.
    """

    def __init__(
        self, link: Link, prepare: Callable[[Frame], Run | None], on_trial: Callable[[], bool]
    ) -> None:
        self._link = link
        self._prepare = prepare
        self._on_trial = on_trial
        self._changed = threading.Condition()
        self._slot: tuple[Frame, float, Run | None] | None = None
        self._fault: BaseException | None = None
        self._idle = False
        self._preprocessing = False
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

    def preprocessed(self) -> None:
        """The run under way has done what is done ahead otherwise."""
        with self._changed:
            self._preprocessing = False
            self._changed.notify_all()

    def _look(self) -> None:
        look_ahead_from_here()
        try:
            if self._device is not None:
                _use_device(self._device)
            alone = False
            while True:
                frame, received_at = self._next()
                is_run = frame.type in RUN_TYPES
                trial = is_run and self._on_trial()
                busy = self._await_room(alone or trial)
                alone = is_run and bool(frame.flags & ALONE)
                prepares = frame.type == FrameType.PREDICT and not alone and (busy or trial)
                run = self._prepare(frame) if prepares else None
                with self._changed:
                    self._slot = (frame, received_at, run)
                    self._preprocessing = is_run and (run is None or not run.is_prepared)
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

    def _await_room(self, until_idle: bool) -> bool:
        """Returns whether something is under way."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._slot is None and (self._idle or not (until_idle or self._preprocessing))
            )
            return not self._idle


def _current_device() -> int | None:
    """The accelerator that this thread works on. A new thread would begin with the first one."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_initialized():
        return None
    return int(torch.cuda.current_device())


def _use_device(device: int) -> None:
    sys.modules["torch"].cuda.set_device(device)
