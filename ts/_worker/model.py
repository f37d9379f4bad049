"""A model that a worker has loaded."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ts._wire.messages import RequestItem
from ts._worker.inputs import Row
from ts._worker.non_finite import NonFinite
from ts.context import Context
from ts.service import OperationUnsupported

if TYPE_CHECKING:
    import asyncio

    from ts._worker.preparer import Preparer
    from ts._worker.signature import Signature

SERIAL, CONCURRENT, CONTINUOUS = "serial", "concurrent", "continuous"
EntryPoint = Callable[[Any, Context], Any]
MakeRows = Callable[[Sequence[RequestItem]], list[Row]]


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model ready to run.

    Attributes:
        handle: the handle that the frontend gave it.
        context: the context that all its runs share.
        entry_point: what a batch is given to, envelope included.
        instance: the handler object; None when the handler is a function.
        make_rows: how requests' parts become the handler's data.
        max_response_size: bytes of one reply body.
        label_head: beginning of the labels that are derived.
        non_finite: what becomes of numbers in answers that JSON has no form for.
        preparer: preprocesses batches ahead of their runs; None unless the model asks for that.
        mode: `serial`, `concurrent` or `continuous`.
        slots: runs that may be under way at once.
        streams: whether answers come in pieces; None: not known.
        signature: tensors that the handler's type hints say; None: none.
    """

    handle: int
    context: Context
    entry_point: EntryPoint
    instance: Any
    make_rows: MakeRows
    max_response_size: int
    label_head: str
    non_finite: NonFinite = NonFinite.NULL
    preparer: Preparer | None = None
    mode: str = SERIAL
    slots: int = 1
    streams: bool | None = None
    signature: Signature | None = None

    def declares(self) -> str | None:
        """Returns as a JSON object what tensors the model's file, or its handler's hints, say that it takes.

        None: they say nothing.
        """
        described = self._described()
        return None if described is None else json.dumps({"tensors": described()})

    def _described(self) -> Callable[[], dict[str, Any]] | None:
        told = getattr(self.instance, "declared", None) if self.signature is None else self.signature
        return getattr(told, "described", None)

    def describe(self, data: list[Row], context: Context) -> Any:
        """Asks the handler to describe the model.

        Raises:
            OperationUnsupported: it has no `describe_handle`.
        """
        describe = getattr(self.instance, "describe_handle", None)
        if describe is None:
            described = self._described()
            if described is not None:
                return [described()]
            raise OperationUnsupported(
                "describe: the handler has no describe_handle (expected: a class that defines it)"
            )
        self.instance.context = context
        return [describe()]


class Awaiting:
    """The event loop on which coroutines of handlers run; it is made when the first one comes."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop of this process's handlers."""
        if self._loop is None:
            # A third of a worker's start, if all of them imported it; most handlers have no coroutines.
            import asyncio

            self._loop = asyncio.new_event_loop()
            asyncio.set_event_loop(self._loop)
        return self._loop

    def result(self, value: Any) -> Any:
        """Returns what a handler answered: awaits a coroutine, turns an asynchronous generator into a plain
        one.
        """
        if inspect.isawaitable(value):
            return self._run(value)
        if inspect.isasyncgen(value):
            return self._drive(value)
        return value

    def _run(self, awaitable: Any) -> Any:
        async def wait() -> Any:
            return await awaitable

        return self.loop.run_until_complete(wait())

    def run_until_readable(self, descriptor: int) -> None:
        """Lets what handlers have left on the loop go on until something arrives; without a loop, returns
        at once.

        Raises:
            SystemExit, KeyboardInterrupt: a task of a handler wants the process to end.
        """
        loop = self._loop
        if loop is None or loop.is_closed():
            return
        readable = loop.create_future()
        loop.add_reader(descriptor, _tell, readable)
        try:
            loop.run_until_complete(readable)
        finally:
            loop.remove_reader(descriptor)

    def _drive(self, pieces: Any) -> Iterator[Any]:
        try:
            while True:
                try:
                    piece = self._run(pieces.__anext__())
                except StopAsyncIteration:
                    return
                yield piece
        finally:
            self._run(pieces.aclose())


def _tell(readable: asyncio.Future[None]) -> None:
    if not readable.done():
        readable.set_result(None)
