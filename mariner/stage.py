"""The loop of a stage: what a worker, or the runner within a process, does with the requests it is given.

A layer brings a `Program` and a handler class of its own:

    class Handler(StageHandler):
        def make_program(self) -> Program: ...

The loop finds out where on its way each request is, has the program read what the client sent (at the first
node) or takes the value that another stage gave, calls it, and has it write the answer (at the last node) or
sends the value on.
"""

from __future__ import annotations

import inspect
import re
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from mariner import transport
from mariner.answers import AnswerError, checked_batch, stream_misplaced, unfit, unreadable
from mariner.errors import HTTPError
from mariner.messages import Headers, Request, Response
from mariner.reading import Part
from mariner.streams import Encode, pieces_of, pieces_of_async
from mariner.ways import Place, Ways
from mariner.writing import EVENTS, Reply, accepted, failure_reply, piece_of, piece_type
from ts._wire.codec import decode_pairs
from ts._wire.messages import RequestItem
from ts._worker.outcome import QUIET, failure_of
from ts._worker.outputs import TypedBody
from ts._worker.signature import Signature
from ts._worker.traces import print_raised
from ts.context import Context

_ACCEPT = re.compile(rb"\x00\x06(.{4})[Aa][Cc][Cc][Ee][Pp][Tt]", re.DOTALL)
"""Beginning of a header of this name in a header block (`proto/wire`), with the size of its value."""
_OK = 200
_FAILED = 400


class Item:
    """One request at one stage.

    Attributes:
        place: where on its way it is.
        index: in the batch.
        asked: what the program wants to remember of the request until it writes the answer.
    """

    __slots__ = ("_context", "_headers", "_wire", "asked", "index", "place")

    def __init__(self, wire: RequestItem, place: Place, index: int, context: Context) -> None:
        self._wire = wire
        self._context = context
        self._headers: Headers | None = None
        self.place = place
        self.index = index
        self.asked: Any = None

    @property
    def context(self) -> Context:
        """What the worker knows of the model."""
        return self._context

    @property
    def parts(self) -> list[Part]:
        """Bodies, parts of a form and parameters of a query."""
        return [Part(*part) for part in self._wire.parts]

    @property
    def headers(self) -> Headers:
        """The client's headers."""
        if self._headers is None:
            self._headers = Headers(dict(decode_pairs(self._wire.header_block)))
        return self._headers

    @property
    def accept(self) -> str | None:
        """The client's `Accept`; None: anything."""
        # Asked of each request; few need all their headers. No header has a NUL in its value.
        block = self._wire.header_block
        found = _ACCEPT.search(block)
        if found is None:
            return None
        size = int.from_bytes(found[1], "big")
        return bytes(block[found.end() : found.end() + size]).decode("latin-1")

    @property
    def request(self) -> Request:
        """What a method may ask for."""
        return Request(self.headers, self._context.get_request_id(self.index) or "")

    def values(self) -> tuple[Any, ...]:
        """Returns what other stages gave, in the order of the node's inputs.

        Raises:
            TransportError: it is no value.
        """
        inputs = self.place.inputs
        if len(inputs) == 1:
            return (transport.decode(self._wire.parts[0].body),)
        by_name = {part.name: part.body for part in self._wire.parts}
        return tuple(transport.decode(by_name[name]) for name in inputs)


class Call(NamedTuple):
    """A request that is ready for the program: its item, and the arguments."""

    item: Item
    arguments: tuple[Any, ...]


class Program(Protocol):
    """What runs in a stage.

    Attributes:
        name: for messages.
        batched: whether `call_batch` gets all requests of a batch, or `call` one by one.
        asynchronous: whether they return awaitables (or, for streams, asynchronous iterators).
        stream_type: content type of a stream that ends before its first piece.
    """

    name: str
    batched: bool
    asynchronous: bool
    stream_type: str

    def start(self, context: Context) -> Any:
        """Makes what is served; may return an awaitable."""

    def read(self, item: Item) -> tuple[Any, ...]:
        """Returns the arguments that a client sent; raises HTTPError."""

    def call(self, call: Call) -> Any:
        """Answers one request."""

    def call_batch(self, calls: Sequence[Call]) -> Any:
        """Answers a batch: a list with one entry for each request; an exception is that one's failure."""

    def write(self, item: Item, value: Any) -> Reply:
        """Returns the answer as the client gets it; raises HTTPError."""


class StageHandler(ABC):
    """The handler of a stage whose requests come in order, alone or in batches."""

    context: Context
    program: Program

    @abstractmethod
    def make_program(self) -> Program:
        """Returns what the stage runs; called once in each worker."""

    def take_items(self, items: Sequence[RequestItem]) -> list[RequestItem]:
        """Has the worker hand requests over as they came."""
        return list(items)

    def initialize(self, context: Context) -> Any:
        """Makes the program."""
        self.context = context
        self.ways = Ways.near(Path(context.system_properties.get("model_dir") or "."))
        self.routes: Sequence[str] = context._routes
        self.program = self.make_program()
        # What a program says of its tensors, if it does; the worker tells it to the frontend.
        self.declared: Signature | None = getattr(self.program, "signature", None)
        return self.program.start(context)

    def handle(self, items: Sequence[RequestItem], context: Context) -> Any:
        """Answers a batch."""
        if self.program.asynchronous:
            return self._await_batch(items)
        batch = _Batch(self, items)
        if self.program.batched:
            batch.settle(self.program.call_batch(batch.calls) if batch.calls else [])
        else:
            for call in batch.calls:
                value = self._one(batch, call)
                if isinstance(value, Iterator) and self._streams(batch, call):
                    return batch.stream(call.item, value)
                batch.settle_one(call.item, value)
        return batch.answers

    def _one(self, batch: _Batch, call: Call) -> Any:
        try:
            return self.program.call(call)
        except HTTPError as fault:
            return fault
        except Exception as fault:
            if batch.size == 1:
                raise
            return fault

    async def _await_batch(self, items: Sequence[RequestItem]) -> Any:
        batch = _Batch(self, items)
        if self.program.batched:
            batch.settle(await self.program.call_batch(batch.calls) if batch.calls else [])
            return batch.answers
        for call in batch.calls:
            try:
                value = self.program.call(call)
                if inspect.isawaitable(value):
                    value = await value
            except HTTPError as fault:
                value = fault
            if isinstance(value, (AsyncIterator, Iterator)) and self._streams(batch, call):
                if isinstance(value, Iterator):
                    return batch.stream(call.item, value)
                return await batch.stream_async(call.item, value)
            batch.settle_one(call.item, value)
        return batch.answers

    def _streams(self, batch: _Batch, call: Call) -> bool:
        if call.item.place.last and batch.size == 1:
            return True
        where = "in a batch" if call.item.place.last else "to another stage"
        raise stream_misplaced(self.program.name, where)

    def write_between(self, item: Item, value: Any) -> Reply:
        """Returns what goes to the next stage."""
        return Reply(transport.encode(value), transport.CONTENT_TYPE)

    def read_between(self, item: Item) -> tuple[Any, ...]:
        """Returns what other stages gave."""
        return item.values()


class ConcurrentHandler(StageHandler):
    """The handler of a stage with a coroutine function, of which many run at once."""

    async def handle(self, items: Sequence[RequestItem], context: Context) -> Any:
        """Answers one request."""
        return await self._await_batch(items)


class _Batch:
    """The requests of one run, and what each is answered."""

    def __init__(self, handler: StageHandler, wires: Sequence[RequestItem]) -> None:
        self._handler = handler
        self.size = len(wires)
        self.answers: list[Any] = [None] * len(wires)
        self.calls: list[Call] = []
        for index, wire in enumerate(wires):
            name = handler.routes[wire.route - 1] if wire.route else ""
            item = Item(wire, handler.ways.place(name), index, handler.context)
            try:
                read = handler.program.read if item.place.first else handler.read_between
                self.calls.append(Call(item, read(item)))
            except HTTPError as fault:
                self._answer(item, failure_reply(fault))
            except transport.TransportError as fault:
                self._fail(index, unreadable(handler.program.name, item.place.inputs, fault))
            except Exception as fault:
                self._fail(index, fault)

    def settle(self, values: Any) -> None:
        """Takes the answers of a batch."""
        found = checked_batch(self._handler.program.name, values, len(self.calls))
        for call, value in zip(self.calls, found, strict=True):
            self.settle_one(call.item, value)

    def settle_one(self, item: Item, value: Any) -> None:
        """Takes the answer of one request; an exception is its failure."""
        if isinstance(value, Exception) and not isinstance(value, HTTPError):
            self._fail(item.index, value)
            return
        try:
            reply = self._reply(item, value)
        except HTTPError as fault:
            reply = failure_reply(fault)
        except AnswerError as fault:
            self._fail(item.index, fault)
            return
        except (TypeError, ValueError, OverflowError, RecursionError) as fault:
            self._fail(item.index, unfit(self._handler.program.name, value, item.place.last, fault))
            return
        except Exception as fault:
            self._fail(item.index, fault)
            return
        self._answer(item, reply)

    def _fail(self, index: int, fault: Exception) -> None:
        """Ends one request. Alone in its run, it is raised, and the worker logs it."""
        if self.size == 1:
            raise fault
        if failure_of(fault).code not in QUIET:
            print_raised(fault, self._handler.context)
        self.answers[index] = fault

    def _reply(self, item: Item, value: Any) -> Reply:
        if isinstance(value, HTTPError):
            return failure_reply(value)
        ends = isinstance(value, Response) and value.status >= _FAILED
        if item.place.last or ends:
            return self._handler.program.write(item, value)
        if isinstance(value, Response):
            raise AnswerError(
                f"{self._handler.program.name}: a Response to another stage (expected: a value, or a status "
                "from 400 on)"
            )
        return self._handler.write_between(item, value)

    def _answer(self, item: Item, reply: Reply) -> None:
        if reply.status != _OK or reply.headers:
            self._set(item, reply.status, reply.headers)
        self.answers[item.index] = TypedBody(reply.body, reply.type)  # type: ignore[arg-type]

    def _set(self, item: Item, status: int, headers: Mapping[str, str]) -> None:
        context = self._handler.context
        context.set_response_status(status, "", item.index)
        for name, text in headers.items():
            context.set_response_header(item.index, name, text)

    def stream(self, item: Item, pieces: Iterator[Any]) -> Any:
        """Returns what sends the pieces; a failure before the first one is an answer with its status."""
        try:
            first = next(pieces, None)
        except HTTPError as fault:
            self._answer(item, failure_reply(fault))
            return self.answers
        return pieces_of(self._handler.program.name, first, pieces, self._opened(item, first))

    async def stream_async(self, item: Item, pieces: AsyncIterator[Any]) -> Any:
        """Like `stream`, of an asynchronous iterator."""
        try:
            first = await anext(pieces, None)
        except HTTPError as fault:
            self._answer(item, failure_reply(fault))
            return self.answers
        return pieces_of_async(self._handler.program.name, first, pieces, self._opened(item, first))

    def _opened(self, item: Item, first: Any) -> Encode:
        """Says what the pieces are, and returns what makes them of values."""
        if item.asked is not None:
            return partial(self._whole_piece, item)
        events = EVENTS in accepted(item.accept or "")[:1]
        if not events:
            kind = self._handler.program.stream_type if first is None else piece_type(first)
            self._handler.context.set_response_content_type(item.index, kind)
        return partial(piece_of, events=events)

    def _whole_piece(self, item: Item, value: Any) -> TypedBody:
        """Returns a piece that is an answer of its own, as the Open Inference Protocol has them."""
        reply = self._handler.program.write(item, value)
        return TypedBody(reply.body, reply.type)  # type: ignore[arg-type]
