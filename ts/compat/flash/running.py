"""The work of components: from the values of a request to those of its answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ts.compat.flash.component import ModelComponent
from ts.compat.flash.graph import Given, Sent, Step
from ts.compat.flash.schemas import EndpointProtocol, bad_value
from ts.compat.flash.types.base import BadInput

Values = Mapping[str, Mapping[str, Any]]
"""What components returned: by uid, by output."""


def answer(protocol: EndpointProtocol, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Runs what an endpoint needs; returns its result.

    Raises:
        Unprocessable: a value of the payload can't be read.
        Exception: whatever a component raises.
    """
    values: dict[str, Mapping[str, Any]] = {}
    result: dict[str, Any] = {}
    for step in protocol.way.steps:
        component = step.component
        returned = component(**arguments(protocol, step, payload, values))
        values[component.uid] = outputs_of(component, returned)
        result.update(results(step, values[component.uid]))
    return result


def arguments(
    protocol: EndpointProtocol, step: Step, payload: Mapping[str, Any], values: Values
) -> dict[str, Any]:
    """Returns what a component is called with."""
    found = {}
    for name, source in step.inputs.items():
        if isinstance(source, Given):
            found[name] = values[source.uid][source.key]
        elif isinstance(source, Sent):
            found[name] = _deserialized(protocol, step, name, source.key, payload[source.key])
    return found


def _deserialized(protocol: EndpointProtocol, step: Step, name: str, key: str, fields: Any) -> Any:
    datatype = step.component.inputs[name].datatype
    try:
        return datatype.packed_deserialize(fields)
    except BadInput as fault:
        raise bad_value(protocol, key, str(fault)) from fault


def outputs_of(component: ModelComponent, returned: Any) -> Mapping[str, Any]:
    """Returns what a component returned, by the names of its outputs.

    Raises:
        RuntimeError: it is no value for each of them.
    """
    names = list(component.outputs)
    if isinstance(returned, dict):
        missing = [name for name in names if name not in returned]
        if missing:
            raise _wrong(component, f"a dict without {missing[0]!r}")
        return returned
    if len(names) == 1:
        return {names[0]: returned}
    if not isinstance(returned, Iterable) or isinstance(returned, (str, bytes)):
        raise _wrong(component, f"a {type(returned).__name__}")
    values = list(returned)  # the rows of a tensor are values too; more than were asked for do no harm
    if len(values) < len(names):
        raise _wrong(component, f"{len(values)} values")
    return dict(zip(names, values, strict=False))


def _wrong(component: ModelComponent, what: str) -> RuntimeError:
    names = ", ".join(component.outputs)
    return RuntimeError(f"{type(component).__name__}: {what} (expected: a value for each of {names})")


def results(step: Step, values: Mapping[str, Any]) -> dict[str, Any]:
    """Returns which of a component's outputs are answered, as JSON values."""
    outputs = step.component.outputs
    return {key: outputs[name].datatype.serialize(values[name]) for key, name in step.results.items()}
