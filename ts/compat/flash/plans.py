"""A composition as an application: stages, routes, pages, and what failures look like."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from mariner.errors import DefinitionError
from mariner.model import Resources
from mariner.plan import Answer, Node, Plan, Route, Stage
from mariner.stage import Program
from mariner.writing import JSON
from ts.compat.flash.composition import DEFAULT_ROUTE, Composition
from ts.compat.flash.graph import Way
from ts.compat.flash.pages import documents
from ts.compat.flash.schemas import EMPTY_BODY, EndpointProtocol
from ts.compat.flash.stages import READ, WRITE, ComponentProgram, EdgeProgram, WholeProgram, handler_of

Pools = Mapping[str, Resources]
ALL = "components"
"""The stage of a composition whose components run in one process."""
EDGE = "edge"
"""The stage that reads requests and writes answers; pools may have it too."""
_LONG = 7 * 24 * 3600

_HANDLER = '''"""Stage {stage} of a composition."""

import os
from pathlib import Path

os.environ.update({env!r})

from mariner.stage import StageHandler
from ts.compat.flash.serving import stage_program


class Handler(StageHandler):
    def make_program(self):
        gpu = self.context.system_properties.get("gpu_id") if {gpu} else None
        return stage_program(Path(__file__).parent / "origin.json", {stage!r}, gpu)
'''


def _detail(status: int, text: str) -> Answer:
    return Answer(status, json.dumps({"detail": text}), JSON)


def _told(status: int) -> Answer:
    return Answer(status, '{"detail": {json}}', JSON)


FAILURES: Mapping[str, Answer] = {
    "ROUTE_NOT_FOUND": _detail(404, "Not Found"),
    "METHOD_NOT_ALLOWED": _detail(405, "Method Not Allowed"),
    "BAD_REQUEST": _told(400),
    "REQUEST_TOO_LARGE": _told(413),
    "QUEUE_FULL": _told(503),
    "NO_WORKER": _told(503),
    "SHUTTING_DOWN": _told(503),
    "DEADLINE_EXCEEDED": _told(504),
    "RESPONSE_TIMEOUT": _told(504),
    "*": Answer(500, "Internal Server Error", "text/plain; charset=utf-8"),
}


def pools_of(composition: Composition, given: Mapping[str, Any] | None) -> Pools | None:
    """Returns what components have for themselves; None: nothing, they run in one process.

    Raises:
        DefinitionError: it names no component, or is not what it should be.
    """
    if given is None:
        return None
    if not isinstance(given, Mapping):
        raise DefinitionError(f"components: {given!r} (expected: names of components and their resources)")
    known = [*composition.component_uid_names.values(), edge_of(composition)]
    found = {}
    for name, resources in given.items():
        if name not in known:
            raise DefinitionError(f"components: {name!r} (expected: some of {', '.join(known)})")
        found[name] = _resources(name, resources)
    return found


def _resources(name: str, given: Any) -> Resources:
    if isinstance(given, Resources):
        return given
    if given is not None and not isinstance(given, Mapping):
        raise DefinitionError(f"components: {name}: {given!r} (expected: resources)")
    try:
        return Resources(**(given or {}))
    except DefinitionError as fault:
        raise DefinitionError(f"components: {name}: {fault}") from None
    except TypeError:
        known = ", ".join(Resources.__dataclass_fields__)
        raise DefinitionError(
            f"components: {name}: {', '.join(given or ())} (expected: some of {known})"
        ) from None


def plan_of(
    composition: Composition,
    name: str,
    pools: Pools | None = None,
    files: Mapping[str, bytes] | None = None,
) -> Plan:
    """Returns the description of a composition.

    Args:
        name: of the application.
        pools: what components have for themselves; None: they run in one process.
        files: of each stage, by which a worker makes the composition again.
    """
    found = composition.endpoint_protocols.values()
    programs = stage_programs(composition, pools)
    stages = []
    for stage, program in programs.items():
        resources = _unbounded((pools or {}).get(stage) or Resources())
        text = _HANDLER.format(stage=stage, env=dict(resources.env), gpu=resources.device == "gpu")
        options = resources.model_options(False)
        stages.append(Stage(stage, text, options, files or {}, handler_of(program)))
    routes = [
        Route(route, _nodes(protocol.way, composition, pools), empty_body=_EMPTY)
        for route, protocol in routed(composition, list(found))
    ]
    return Plan(name, stages, routes, documents(composition, list(found)), FAILURES)


def _unbounded(resources: Resources) -> Resources:
    """Returns resources without limits of time that nobody asked for: there are none in Flash Serve."""
    limits: dict[str, Any] = {"startupTimeout": _LONG}
    if resources.timeout is None:
        limits["responseTimeout"] = _LONG
    return replace(resources, options={**limits, **resources.options})


_EMPTY = Answer(422, json.dumps({"detail": [EMPTY_BODY]}), JSON)


def routed(
    composition: Composition, protocols: Sequence[EndpointProtocol]
) -> list[tuple[str, EndpointProtocol]]:
    """Returns the routes of the plan in their order."""
    found = [(one.route, one) for one in protocols]
    if composition.has_default and found[0][0] != DEFAULT_ROUTE:
        # The documents' own client asks there, whatever the method is called.
        found.append((DEFAULT_ROUTE, found[0][1]))
    return found


def stage_programs(composition: Composition, pools: Pools | None) -> dict[str, Program]:
    """Returns what each stage runs, by its name."""
    protocols = [one for _, one in routed(composition, list(composition.endpoint_protocols.values()))]
    debug = composition.debug
    if pools is None:
        return {ALL: WholeProgram(protocols, debug)}
    found: dict[str, Program] = {edge_of(composition): EdgeProgram(protocols, debug)}
    used = {step.component.uid for one in protocols for step in one.way.steps}
    for uid, name in composition.component_uid_names.items():
        if uid in used:
            batched = name in pools and pools[name].batch is not None
            found[name] = ComponentProgram(protocols, debug, uid, name, batched)
    return found


def edge_of(composition: Composition) -> str:
    """Returns the name of the stage that reads requests and writes answers: `edge`, or, where a component is
    called so, with underscores behind it.
    """
    name = EDGE
    while name in composition.component_uid_names.values():
        name += "_"
    return name


def _nodes(way: Way, composition: Composition, pools: Pools | None) -> list[Node]:
    if pools is None:
        return [Node(ALL, ALL)]
    names, edge = composition.component_uid_names, edge_of(composition)
    nodes = [Node(READ, edge)]
    for step in way.steps:
        name = names[step.component.uid]
        inputs = [READ] if step.reads or not step.sources else []
        nodes.append(Node(name, name, [*inputs, *(names[uid] for uid in step.sources)]))
    answering = [names[step.component.uid] for step in way.steps if step.results]
    return [*nodes, Node(WRITE, edge, answering)]
