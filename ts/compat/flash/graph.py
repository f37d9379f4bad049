"""Which components an endpoint needs, in which order, and where each of their inputs comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from ts.compat.flash.component import ModelComponent
from ts.compat.flash.endpoint import Endpoint
from ts.compat.flash.ports import INPUTS, OUTPUTS, Connection, Parameter


class Sent(NamedTuple):
    """An input that the client sends, under a key of the payload."""

    key: str


class Given(NamedTuple):
    """An input that is an output of another component."""

    uid: str
    key: str


@dataclass(frozen=True)
class Step:
    """A component on the way of an endpoint.

    Attributes:
        component: what is called.
        inputs: by name of its input, where that comes from.
        results: by key of the result, which of its outputs is answered.
    """

    component: ModelComponent
    inputs: Mapping[str, Sent | Given]
    results: Mapping[str, str]

    @property
    def sources(self) -> Sequence[str]:
        """Uids of the components whose outputs it needs, each once."""
        return list(dict.fromkeys(one.uid for one in self.inputs.values() if isinstance(one, Given)))

    @property
    def reads(self) -> bool:
        """Whether the client sends some of its inputs."""
        return any(isinstance(one, Sent) for one in self.inputs.values())


@dataclass(frozen=True)
class Way:
    """The way of an endpoint.

    Attributes:
        name: of the endpoint.
        endpoint: its route and keys.
        payload: by key of the payload, the input of a component.
        steps: what has to run, in an order that works.
    """

    name: str
    endpoint: Endpoint
    payload: Mapping[str, Parameter]
    steps: Sequence[Step]

    @cached_property
    def given(self) -> frozenset[tuple[str, str]]:
        """The outputs that other components need: uid and name."""
        sources = (source for step in self.steps for source in step.inputs.values())
        return frozenset((one.uid, one.key) for one in sources if isinstance(one, Given))


def find_way(
    name: str,
    endpoint: Endpoint,
    components: Mapping[str, ModelComponent],
    connections: Sequence[Connection],
) -> Way:
    """Returns the way of an endpoint; components by their uids.

    Raises:
        AttributeError: it names a component, input or output that is not there.
        KeyError: a key of the payload is one of the result.
        RuntimeError: components are connected in a circle, or an input comes from nowhere or twice.
    """
    both = sorted(set(endpoint.inputs) & set(endpoint.outputs))
    if both:
        raise KeyError(f"{name}: {both[0]!r} is in the payload and in the result (expected: different keys)")
    payload = {key: find(components, text, INPUTS) for key, text in endpoint.inputs.items()}
    inputs: dict[str, str] = {}
    for key, text in endpoint.inputs.items():
        other = inputs.setdefault(text, key)
        if other != key:
            raise RuntimeError(f"{name}: {other!r} and {key!r} of the payload are {text} (expected: one)")
    results = {key: find(components, text, OUTPUTS) for key, text in endpoint.outputs.items()}
    sent = {(one.component_uid, one.name): Sent(key) for key, one in payload.items()}
    given = {(c.target_component, c.target_key): Given(c.source_component, c.source_key) for c in connections}
    steps: dict[str, Step | None] = {}

    def visit(uid: str) -> None:
        if uid in steps:
            if steps[uid] is None:
                raise RuntimeError(f"{name}: the connections are a circle (expected: a beginning)")
            return
        steps[uid] = None
        component = components[uid]
        sources: dict[str, Sent | Given] = {}
        for key in component.inputs:
            source = sent.get((uid, key)) or given.get((uid, key))
            if source is None:
                raise RuntimeError(
                    f"{name}: input {key} of {type(component).__name__} comes from nowhere (expected: a key "
                    "of the payload, or a connection)"
                )
            if isinstance(source, Given):
                visit(source.uid)
            sources[key] = source
        answered = {key: one.name for key, one in results.items() if one.component_uid == uid}
        del steps[uid]  # those that it needs stand before it
        steps[uid] = Step(component, sources, answered)

    for one in results.values():
        visit(one.component_uid)
    return Way(name, endpoint, payload, [step for step in steps.values() if step is not None])


def find(components: Mapping[str, ModelComponent], text: str, position: str) -> Parameter:
    """Returns the input or output that `UID.inputs.NAME` means; raises AttributeError."""
    uid, found, key = [*text.split(".", 2), "", ""][:3]
    if uid not in components or found != position:
        raise AttributeError(f"{text!r} (expected: {position} of a component of the composition)")
    port: Parameter = getattr(components[uid], position)[key]
    return port


def check_circles(connections: Sequence[Connection]) -> None:
    """Raises RuntimeError when components are connected in a circle, or an input twice."""
    after: dict[str, set[str]] = {}
    targets: set[tuple[str, str]] = set()
    for one in connections:
        after.setdefault(one.source_component, set()).add(one.target_component)
        target = (one.target_component, one.target_key)
        if target in targets:
            raise RuntimeError(f"{one}: two connections lead to this input (expected: one)")
        targets.add(target)
    done: set[str] = set()

    def visit(uid: str, path: tuple[str, ...]) -> None:
        if uid in path:
            raise RuntimeError(f"{' >> '.join((*path, uid))}: a circle (expected: a beginning)")
        if uid not in done:
            for follower in after.get(uid, ()):
                visit(follower, (*path, uid))
            done.add(uid)

    for uid in list(after):
        visit(uid, ())


@dataclass(frozen=True)
class Task:
    """A node of the drawn graph.

    Attributes:
        name: `UID.funcout`, `UID.inputs.NAME`, `UID.outputs.NAME` or `UID.outputs.NAME.serial`.
        function: what happens in it.
        after: names of the nodes that it needs.
    """

    name: str
    function: str
    after: Sequence[str] = ()


def component_tasks(component: ModelComponent) -> Iterator[Task]:
    """Yields all that a component does when it stands alone."""
    uid = component.uid
    for key in component.inputs:
        yield Task(f"{uid}.{INPUTS}.{key}", "packed_deserialize")
    yield Task(f"{uid}.funcout", "Compose", [f"{uid}.{INPUTS}.{key}" for key in component.inputs])
    for key in component.outputs:
        output = f"{uid}.{OUTPUTS}.{key}"
        yield Task(output, "get", [f"{uid}.funcout"])
        yield Task(f"{output}.serial", "serialize", [output])


def way_tasks(way: Way) -> Iterator[Task]:
    """Yields what an endpoint does."""
    for step in way.steps:
        uid = step.component.uid
        for key, source in step.inputs.items():
            name = f"{uid}.{INPUTS}.{key}"
            if isinstance(source, Sent):
                yield Task(name, "packed_deserialize")
            else:
                yield Task(name, "identity", [f"{source.uid}.{OUTPUTS}.{source.key}"])
        yield Task(f"{uid}.funcout", "Compose", [f"{uid}.{INPUTS}.{key}" for key in step.inputs])
        answered = set(step.results.values())
        for key in step.component.outputs:
            output = f"{uid}.{OUTPUTS}.{key}"
            if key in answered or (uid, key) in way.given:
                yield Task(output, "get", [f"{uid}.funcout"])
            if key in answered:
                yield Task(f"{output}.serial", "serialize", [output])


def _edges(tasks: Sequence[Task]) -> tuple[dict[str, list[str]], dict[str, list[str]], dict[str, list[str]]]:
    dependents: dict[str, list[str]] = {task.name: [] for task in tasks}
    for task in tasks:
        for name in task.after:
            dependents[name].append(task.name)
    dependencies = {task.name: list(task.after) for task in tasks}
    return dependencies, dependents, {task.name: [task.function] for task in tasks}


def composition_json(
    components: Mapping[str, ModelComponent], connections: Sequence[Connection]
) -> dict[str, Any]:
    """Returns the graph of each component, as `/flashserve/dag_json` answers it."""
    found = {uid: _edges(list(component_tasks(one))) for uid, one in components.items()}
    return {
        "component_dependencies": {uid: edges[0] for uid, edges in found.items()},
        "component_dependents": {uid: edges[1] for uid, edges in found.items()},
        "component_funcnames": {uid: edges[2] for uid, edges in found.items()},
        "connections": [one._asdict() for one in connections],
    }


def way_json(way: Way, connections: Sequence[Connection]) -> dict[str, Any]:
    """Returns the graph of an endpoint, as `ROUTE/dag_json` answers it."""
    dependencies, dependents, names = _edges(list(way_tasks(way)))
    return {
        "dependencies": dependencies,
        "dependents": dependents,
        "funcnames": names,
        "connections": [one._asdict() for one in connections],
        "endpoint": {
            "name": way.name,
            "route": way.endpoint.route,
            "payload_key_dsk_task": dict(way.endpoint.inputs),
            "result_key_dsk_task": {key: f"{text}.serial" for key, text in way.endpoint.outputs.items()},
        },
    }
