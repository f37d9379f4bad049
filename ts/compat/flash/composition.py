"""Compositions: components and the endpoints that lead through them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mariner.source import is_importing
from ts.compat.flash.component import ModelComponent
from ts.compat.flash.endpoint import Endpoint
from ts.compat.flash.graph import Way, check_circles, composition_json, find_way, way_json
from ts.compat.flash.ports import Connection

if TYPE_CHECKING:
    from ts.compat.flash.local import LocalApp
    from ts.compat.flash.schemas import EndpointProtocol

_DISABLED = "FLASH_DISABLE_SERVE"
DEFAULT_ROUTE = "/predict"
"""Where the only endpoint of a composition without endpoints answers too."""


class Composition:
    """Components and endpoints that are served together.

    Args:
        DEBUG: whether clients read where a component raised an exception.
        TESTING: whether `serve` returns an ASGI application instead of serving.
        components: components and endpoints by their names. Without an endpoint the only component gets one:
            its route is the name of its method, its keys are the names of inputs and outputs.

    Raises:
        TypeError: an argument is neither.
        ValueError: there is no component, several without an endpoint, or a route twice.
        AttributeError: an endpoint names what is not there.
        KeyError: a key is in the payload and in the result of an endpoint.
        RuntimeError: connections are a circle, lead to the same input, or miss one.
    """

    def __init__(self, *, DEBUG: bool = False, TESTING: bool = False, **components: Any) -> None:  # noqa: N803
        self.DEBUG = DEBUG
        self.TESTING = TESTING
        self._names: dict[str, str] = {}
        self._components: dict[str, ModelComponent] = {}
        self._endpoints: dict[str, Endpoint] = {}
        for name, found in components.items():
            if isinstance(found, ModelComponent):
                if found.uid in self._names:
                    raise ValueError(f"Composition: {name} is {self._names[found.uid]} (expected: once)")
                self._names[found.uid] = name
                self._components[found.uid] = found
            elif isinstance(found, Endpoint):
                self._endpoints[name] = found
            else:
                raise TypeError(f"Composition: {name}: {found!r} (expected: a ModelComponent or an Endpoint)")
        self.has_default = not self._endpoints
        if self.has_default:
            self._add_default()
        self._check_routes()
        check_circles(self.connections)
        self._ways = [
            find_way(name, endpoint, self._components, self.connections)
            for name, endpoint in self._endpoints.items()
        ]

    def _add_default(self) -> None:
        if len(self._components) != 1:
            raise ValueError(
                f"Composition: {len(self._components)} components without an Endpoint (expected: one, or an "
                "Endpoint)"
            )
        component = next(iter(self._components.values()))
        method = component._flashserve_meta_.exposed
        inputs, outputs = component.inputs, component.outputs
        self._endpoints[f"{method}_ENDPOINT"] = Endpoint(
            f"/{method}", {key: inputs[key] for key in inputs}, {key: outputs[key] for key in outputs}
        )

    def _check_routes(self) -> None:
        seen: dict[str, str] = {}
        for name, endpoint in self._endpoints.items():
            other = seen.setdefault(endpoint.route, name)
            if other != name:
                raise ValueError(
                    f"Composition: {other} and {name} have the route {endpoint.route} (expected: two)"
                )

    @property
    def components(self) -> Mapping[str, ModelComponent]:
        """Its components by their uids."""
        return dict(self._components)

    @property
    def endpoints(self) -> Mapping[str, Endpoint]:
        """Its endpoints by their names."""
        return dict(self._endpoints)

    @property
    def connections(self) -> list[Connection]:
        """The connections between its components."""
        found = [one for each in self._components.values() for one in each._flashserve_meta_.connections]
        # A connection may have been made from either end.
        mine = [one for one in found if {one.source_component, one.target_component} <= set(self._components)]
        return list(dict.fromkeys(mine))

    @property
    def component_uid_names(self) -> Mapping[str, str]:
        """Names of its components by their uids."""
        return dict(self._names)

    @property
    def endpoint_protocols(self) -> Mapping[str, EndpointProtocol]:
        """What its endpoints take and answer, by their names."""
        from ts.compat.flash.schemas import EndpointProtocol

        return {way.name: EndpointProtocol(way) for way in self._ways}

    @property
    def ways(self) -> list[Way]:
        """The ways of its endpoints."""
        return list(self._ways)

    @property
    def debug(self) -> bool:
        """Whether clients read where a component raised an exception."""
        return self.DEBUG

    def dag_json(self) -> dict[str, Any]:
        """Returns the graphs of its components, and of its endpoints by their routes."""
        found: dict[str, Any] = {"/flashserve": composition_json(self._components, self.connections)}
        for way in self._ways:
            found[way.endpoint.route] = way_json(way, self.connections)
        return found

    def http_app(self) -> LocalApp:
        """Returns an ASGI application that answers within this process."""
        from ts.compat.flash.local import LocalApp

        return LocalApp(self)

    def serve(
        self,
        host: str = "127.0.0.1",
        port: int = 8000,
        components: Mapping[str, Any] | None = None,
    ) -> LocalApp | None:
        """Serves it until it is interrupted.

        Args:
            host: address to listen at.
            port: 0: a free one.
            components: what components have for themselves, by their names: `{"encode": {"replicas": 4}}`,
                with the names of `mariner.Resources`. Each component is a stage then. Absent: `pools.yaml`
                beside the script says it, if it is there; else all components run in one process.

        Returns:
            With `TESTING`, an ASGI application; else None.

        Raises:
            TypeError: the address is no text, or the port no whole number.
            RuntimeError: workers could not make the composition again, as it is of no script.
            DefinitionError: `components` is not what it should be.
        """
        if os.environ.get(_DISABLED) or is_importing():
            return None
        if self.TESTING:
            from ts.compat.flash.local import LocalApp

            return LocalApp(self, components)
        if not isinstance(host, str):
            raise TypeError(f"Composition.serve: host: {host!r} (expected: a text)")
        if type(port) is not int:
            raise TypeError(f"Composition.serve: port: {port!r} (expected: a whole number)")
        from ts.compat.flash.serving import serve_composition

        serve_composition(self, host, port, components)
        return None
