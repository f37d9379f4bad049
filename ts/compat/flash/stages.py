"""Compositions as stages: all components in one, or each in its own between a reader and a writer."""

from __future__ import annotations

import traceback
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from mariner.errors import HTTPError
from mariner.messages import Response
from mariner.stage import Call, Item, Program, StageHandler
from mariner.writing import JSON, LINES, Reply
from ts.compat.flash import batches
from ts.compat.flash.graph import Step
from ts.compat.flash.running import answer, arguments, outputs_of, results
from ts.compat.flash.schemas import Asked, EndpointProtocol
from ts.context import Context

READ, WRITE = "read-request", "write-result"
"""Nodes at both ends of a way whose components are stages."""
_DEBUG_TYPE = "text/plain; charset=utf-8"


class _EndpointProgram:
    """What all stages of a composition have in common; see `mariner.stage.Program`.

    Args:
        protocols: of the routes of the plan, in their order.
        debug: whether a client reads where an exception was raised.
    """

    name = "endpoint"
    batched = False
    asynchronous = False
    stream_type = LINES

    def __init__(self, protocols: Sequence[EndpointProtocol], debug: bool = False) -> None:
        self._protocols = protocols
        self._debug = debug

    def start(self, context: Context) -> None:
        """Does nothing: the components were made with the composition."""

    def protocol(self, item: Item) -> EndpointProtocol:
        """Returns the endpoint of a request."""
        return self._protocols[item.place.route or 0]

    def read(self, item: Item) -> tuple[Any, ...]:
        """Checks what a client sent."""
        body = next((part.content for part in item.parts if part.name == "body"), b"")
        return (self.protocol(item).read(body, item.headers.get("Content-Type", "")),)

    def call(self, call: Call) -> Any:
        """Answers one request; in debugging, with the trace of what was raised."""
        try:
            return self.work(call)
        except Exception as fault:
            shown = self.shown(fault)
            if shown is fault:
                raise
            return shown

    def shown(self, fault: Exception) -> Any:
        """Returns what ends a request in place of what was raised: in debugging, an answer with its trace."""
        if not self._debug or isinstance(fault, HTTPError):
            return fault
        trace = "".join(traceback.format_exception(fault))
        return Response(trace, 500, type=_DEBUG_TYPE)

    def call_batch(self, calls: Sequence[Call]) -> Any:
        """Answers a batch."""
        return [self.call(call) for call in calls]

    @abstractmethod
    def work(self, call: Call) -> Any:
        """Answers one request."""

    def write(self, item: Item, value: Any) -> Reply:
        """Returns the answer as the client gets it; in debugging, the trace of what can't be one."""
        if isinstance(value, Response):
            return Reply(str(value.value).encode(), value.type or JSON, value.status)
        session, result = value
        try:
            return Reply(self.protocol(item).write(session, result))
        except Exception:
            if not self._debug:
                raise
            return Reply(traceback.format_exc().encode(), _DEBUG_TYPE, 500)


class WholeProgram(_EndpointProgram):
    """All components of a composition."""

    def work(self, call: Call) -> Any:
        """Runs what the endpoint needs."""
        asked: Asked = call.arguments[0]
        return asked.session, answer(self.protocol(call.item), asked.payload)


class EdgeProgram(_EndpointProgram):
    """Reads requests and writes answers, for components that are stages of their own."""

    def work(self, call: Call) -> Any:
        """Passes a request on, or collects its results."""
        if call.item.place.first:
            return call.arguments[0]
        found: dict[str, Any] = {}
        for told in call.arguments:
            found.update(told.results)
        return call.arguments[0].session, found


class Outputs(NamedTuple):
    """What a component that is a stage sends on.

    Attributes:
        session: of the request.
        values: its outputs that other components need.
        results: its outputs that are answered, as JSON values, by key of the result.
    """

    session: str
    values: Mapping[str, Any]
    results: Mapping[str, Any]


class ComponentProgram(_EndpointProgram):
    """One component.

    Args:
        uid: of the component.
        name: of its stage.
        batched: whether requests share a call when their tensors can be joined.
    """

    def __init__(
        self,
        protocols: Sequence[EndpointProtocol],
        debug: bool,
        uid: str,
        name: str,
        batched: bool = False,
    ) -> None:
        super().__init__(protocols, debug)
        self.name = name
        self.batched = batched
        self._steps = [_step_of(protocol, uid) for protocol in protocols]

    def _step(self, item: Item) -> Step:
        step = self._steps[item.place.route or 0]
        if step is None:
            raise RuntimeError(f"{self.name}: no component of {self.protocol(item).name}")
        return step

    def _arguments(self, call: Call) -> dict[str, Any]:
        step = self._step(call.item)
        asked = next((one for one in call.arguments if isinstance(one, Asked)), None)
        told = [one for one in call.arguments if isinstance(one, Outputs)]
        values = {uid: one.values for uid, one in zip(step.sources, told, strict=True)}
        return arguments(self.protocol(call.item), step, {} if asked is None else asked.payload, values)

    def _told(self, call: Call, returned: Any) -> Outputs:
        way = self.protocol(call.item).way
        step = self._step(call.item)
        found = outputs_of(step.component, returned)
        needed = [name for name in step.component.outputs if (step.component.uid, name) in way.given]
        values = {name: found[name] for name in needed}
        return Outputs(call.arguments[0].session, values, results(step, found))

    def work(self, call: Call) -> Any:
        """Calls the component."""
        return self._told(call, self._step(call.item).component(**self._arguments(call)))

    def call_batch(self, calls: Sequence[Call]) -> Any:
        """Calls the component, with those requests at once whose tensors can be joined."""
        found: list[Any] = [None] * len(calls)
        given: dict[int, dict[str, Any]] = {}
        for index, call in enumerate(calls):
            try:
                given[index] = self._arguments(call)
            except Exception as fault:
                found[index] = self.shown(fault)
        for group in batches.groups(given):
            component = self._step(calls[group[0]].item).component
            try:
                rows = batches.run(component, [given[index] for index in group])
            except Exception as fault:
                for index in group:
                    found[index] = self.shown(fault)
                continue
            for index, row in zip(group, rows, strict=True):
                try:
                    found[index] = self._told(calls[index], row)
                except Exception as fault:
                    found[index] = self.shown(fault)
        return found


def _step_of(protocol: EndpointProtocol, uid: str) -> Step | None:
    return next((step for step in protocol.way.steps if step.component.uid == uid), None)


def handler_of(program: Program) -> type[StageHandler]:
    """Returns the handler class of a program that is there already."""

    class Handler(StageHandler):
        def make_program(self) -> Program:
            return program

    return Handler
