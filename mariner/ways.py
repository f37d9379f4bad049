"""The ways through an application, as a worker knows them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Place:
    """Where on its way through an application a request is.

    Attributes:
        route: place of the route in the plan; None: the stage was asked by itself.
        node: name of the node.
        first: the request itself is what comes in.
        last: the client gets what goes out.
        inputs: nodes whose answers come in, in the order of the method's parameters.
    """

    route: int | None = None
    node: str = ""
    first: bool = True
    last: bool = True
    inputs: tuple[str, ...] = ()


ALONE = Place()


class Ways:
    """The ways through an application, by the names that a worker is told (`ROUTE#NODE`)."""

    def __init__(self, routes: Sequence[Mapping[str, Any]]) -> None:
        self._places: dict[str, Place] = {}
        for number, route in enumerate(routes):
            nodes = route["nodes"]
            given_on = {name for node in nodes for name in node.get("inputs", ())}
            for node in nodes:
                inputs, name = tuple(node.get("inputs", ())), node["name"]
                place = Place(number, name, not inputs, name not in given_on, inputs)
                self._places[f"{number}#{name}"] = place

    @classmethod
    def near(cls, model_dir: Path) -> Ways:
        """Reads the `app.json` of the application whose stage lies in a folder; without one, there is no way.

        Raises:
            ValueError: it is no JSON object.
        """
        head = model_dir.parent.parent / "app.json"
        if model_dir.parent.name != "stages" or not head.is_file():
            return cls(())
        return cls(json.loads(head.read_text(encoding="utf-8")).get("routes", ()))

    def place(self, name: str) -> Place:
        """Returns a place by its name; an empty name: the stage by itself."""
        return self._places[name] if name else ALONE
