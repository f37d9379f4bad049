"""A handler's `preprocess`, called ahead of the run that asks for it."""

from __future__ import annotations

import inspect
import sys
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

from ts._worker.inputs import Row
from ts.context import Context

_TRIALS = 3
"""First batches that are prepared while nothing runs, to see what comes of it."""
_PATIENCE = 3
"""Preparations in a row that were of no use before they end for good."""


class Prepared(NamedTuple):
    """A batch that was preprocessed ahead of its run, or is to be preprocessed in it.

    Attributes:
        rows: the handler's data, which `preprocess` was given.
        done: whether it returned a value ahead; else the run calls it.
        value: what it returned.
        fault: what it raised ahead.
    """

    rows: list[Row]
    done: bool = False
    value: Any = None
    fault: BaseException | None = None


class Preparer:
    """Calls a handler's `preprocess` ahead, and stands in for it in the run that follows.

    The handler's `handle` is left as it is. When it calls `self.preprocess` with the data that it was given,
    it gets what was prepared from them; with anything else, the handler's own method is called. What raised
    ahead is called again in the run, so that an error looks as it always does. The two threads never call the
    method at the same time.

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
        self._calling = threading.RLock()
        self._runner = 0
        self._called: Callable[[], None] = _ignore
        self._trials = 0
        self._wasted = 0
        self.active = True
        instance.preprocess = self

    @property
    def on_trial(self) -> bool:
        """Whether the next batch must be prepared while nothing else is done."""
        return self.active and self._trials < _TRIALS

    def prepare(self, rows: list[Row]) -> Prepared:
        """Preprocesses a batch, on the thread that looks ahead."""
        before = dict(vars(self._instance)) if self.on_trial else None
        try:
            with self._calling:
                prepared = Prepared(rows, True, self._preprocess(rows))
            _await_copies()
        except BaseException as fault:
            prepared = Prepared(rows, fault=fault)
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

    def tell(self, called: Callable[[], None]) -> None:
        """Calls this when a run that was not prepared has come through `preprocess`."""
        self._called = called

    def offer(self, prepared: Prepared) -> None:
        """Says what the run that begins now, on this thread, shall find."""
        self._runner = threading.get_ident()
        self._offered = prepared

    def settle(self) -> None:
        """The run has ended with an answer."""
        left, self._offered = self._offered, None
        if left is not None and left.done:
            self._waste("handle does not call self.preprocess with its data as they came")

    def forget(self) -> None:
        """The run has ended with an error, perhaps before there was use for what was prepared."""
        self._offered = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Stands in for `preprocess`."""
        if threading.get_ident() != self._runner:
            # A thread of the handler's own, which either of the two may wait for.
            return self._preprocess(*args, **kwargs)
        offered = self._offered
        if offered is None or kwargs or len(args) != 1 or args[0] is not offered.rows:
            with self._calling:
                return self._preprocess(*args, **kwargs)
        self._offered = None
        if offered.done:
            self._wasted = 0
            return offered.value
        try:
            with self._calling:
                value = self._preprocess(*args)
        finally:
            self._called()
        if offered.fault is not None:
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


def _ignore() -> None:
    """Nobody waits."""


def _takes_batch(preprocess: Any) -> bool:
    if not callable(preprocess) or inspect.iscoroutinefunction(preprocess):
        return False
    try:
        inspect.signature(preprocess).bind(None)
    except (TypeError, ValueError):
        return False
    return True


def _await_copies() -> None:
    """Waits until what was copied to an accelerator is there, for a run that may use a stream of its own.

    The run before has to end anyway before there is anything to do with it.
    """
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.current_stream().synchronize()
