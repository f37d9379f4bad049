"""Models behind and beside each other: `Tokenize >> Encode`, `Embed >> (Search, Words) >> Rerank`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from mariner.errors import DefinitionError
from mariner.hints import fits, type_name
from mariner.model import Model
from mariner.plan import Node


class Through:
    """A branch without a stage: the join gets what came to the fork."""

    def __repr__(self) -> str:
        return "mariner.through"


through = Through()


@dataclass(frozen=True)
class Knot:
    """A step of a flow: a model, and the steps whose answers it gets (none: the request)."""

    name: str
    model: Model[Any]
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Flow:
    """A graph of models.

    Attributes:
        knots: in an order in which each comes after its inputs.
        exits: names of the steps whose answers nobody has taken yet.
    """

    knots: tuple[Knot, ...]
    exits: tuple[str, ...]

    @classmethod
    def of(cls, step: Step) -> Flow:
        """Makes a flow of a model, a class, a function, or a tuple of branches."""
        if isinstance(step, Flow):
            return step
        if isinstance(step, tuple):
            return cls((), ()) >> step
        if isinstance(step, Through):
            raise DefinitionError("mariner.through at the beginning (expected: behind a model)")
        found = Model.of(step)
        return cls((Knot(found.name, found),), (found.name,))

    def __rshift__(self, other: Step) -> Flow:
        branches = other if isinstance(other, tuple) else (other,)
        if not branches:
            raise DefinitionError("no branch (expected: at least one)")
        found = self
        exits: list[str] = []
        for branch in branches:
            if isinstance(branch, Through):
                if not self.exits:
                    raise DefinitionError("mariner.through at the beginning (expected: behind a model)")
                exits += self.exits
                continue
            found, ends = found._with(Flow.of(branch), self.exits)
            exits += ends
        return Flow(found.knots, tuple(exits))

    def __rrshift__(self, other: Step) -> Flow:
        return Flow.of(other) >> self

    def _with(self, branch: Flow, upstream: tuple[str, ...]) -> tuple[Flow, tuple[str, ...]]:
        taken = {knot.name for knot in self.knots}
        names: dict[str, str] = {}
        knots = list(self.knots)
        for knot in branch.knots:
            name, number = knot.name, 2
            while name in taken:
                name, number = f"{knot.name}_{number}", number + 1
            taken.add(name)
            names[knot.name] = name
            inputs = tuple(names[one] for one in knot.inputs) if knot.inputs else upstream
            added = replace(knot, name=name, inputs=inputs)
            _check({one.name: one for one in knots}, added)
            knots.append(added)
        return Flow(tuple(knots), self.exits), tuple(names[one] for one in branch.exits)

    def nodes(self, stage_of: Callable[[Model[Any]], str]) -> tuple[Node, ...]:
        """Returns its steps as a plan has them."""
        return tuple(
            Node(knot.name, stage_of(knot.model), knot.inputs, knot.model.resources.retries)
            for knot in self.knots
        )

    @property
    def first(self) -> tuple[Model[Any], ...]:
        """The models that read the request."""
        return tuple(knot.model for knot in self.knots if not knot.inputs)

    @property
    def last(self) -> Model[Any]:
        """The model that answers the client.

        Raises:
            DefinitionError: there are several.
        """
        ends = [knot.model for knot in self.knots if knot.name in self.exits]
        if len(self.exits) != 1:
            names = " and ".join(one.name for one in ends)
            raise DefinitionError(f"{names} both answer (expected: one exit; join them with `>> Model`)")
        return ends[0]


Step = Model[Any] | Flow | Through | Callable[..., Any] | tuple[Any, ...]


def _check(known: dict[str, Knot], knot: Knot) -> None:
    """Raises DefinitionError when a model can't take what those before it give."""
    if not knot.inputs:
        return
    wanted = knot.model.parameters
    givers = [known[name].model for name in knot.inputs]
    if len(givers) != len(wanted):
        names = ", ".join(one.name for one in givers)
        raise DefinitionError(
            f"{knot.model.where} has {len(wanted)} parameters "
            f"for the answers of {names} (expected: {len(givers)})"
        )
    for giver, parameter in zip(givers, wanted, strict=True):
        if giver.streams:
            raise DefinitionError(f"{giver.where} >> {knot.model.where}: a stream (expected: one value)")
        if not fits(giver.answer, parameter.hint.type):
            raise DefinitionError(
                f"{giver.where} >> {knot.model.where}: {giver.name} answers {type_name(giver.answer)}, "
                f"{parameter.name} of {knot.model.name} is {type_name(parameter.hint.type)}"
            )
