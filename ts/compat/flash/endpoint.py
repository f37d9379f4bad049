"""Endpoints: a route, and which inputs and outputs of components it has."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ts.compat.flash.ports import INPUTS, OUTPUTS, Parameter


@dataclass
class Endpoint:
    """A route of a composition.

    Args:
        route: its path.
        inputs: by key of the payload, the input of a component that gets its value.
        outputs: by key of the result, the output of a component that is answered.

    Raises:
        TypeError: the route is no text, or a value is no input or output.
        ValueError: the route does not begin with `/`, or there is no output.
    """

    route: str
    inputs: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.route, str):
            raise TypeError(f"Endpoint: route: {self.route!r} (expected: a text)")
        if not self.route.startswith("/"):
            raise ValueError(f"Endpoint: route: {self.route!r} (expected: a `/` first)")
        self.inputs = _named(self.route, INPUTS, self.inputs)
        self.outputs = _named(self.route, OUTPUTS, self.outputs)
        if not self.outputs:
            raise ValueError(f"Endpoint: {self.route}: no outputs (expected: at least one)")


def _named(route: str, position: str, values: Any) -> dict[str, str]:
    if not isinstance(values, dict):
        raise TypeError(f"Endpoint: {route}: {position}: {values!r} (expected: a dict)")
    for key, value in values.items():
        fits = isinstance(value, str) or (isinstance(value, Parameter) and value.position == position)
        if not isinstance(key, str) or not fits:
            raise TypeError(
                f"Endpoint: {route}: {position}: {key!r}: {value!r} "
                f"(expected: names with {position} of components)"
            )
    return {key: str(value) for key, value in values.items()}
