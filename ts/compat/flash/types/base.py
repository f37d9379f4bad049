"""What all types have in common."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, get_type_hints


class BadInput(Exception):
    """What a client sent is of the right form, but is no value of the type; it is answered 422."""

    def __str__(self) -> str:
        return " ".join(str(argument) for argument in self.args)


class BaseType(ABC):
    """A type of inputs and outputs.

    The parameters of `deserialize` are the fields of the JSON object that a client sends, with their
    annotations as types; what it returns reaches the component's method. The annotation of what `serialize`
    returns is the type of the JSON that the client gets.
    """

    @abstractmethod
    def deserialize(self, *args: Any, **fields: Any) -> Any:
        """Makes the method's argument of the fields that a client sent."""

    @abstractmethod
    def serialize(self, data: Any) -> Any:
        """Makes JSON values of what the method returned."""


def fields_of(datatype: BaseType) -> Mapping[str, tuple[Any, Any]]:
    """Returns the fields of a type's JSON object: by name the annotation and the default (`...`: none).

    Raises:
        TypeError: `deserialize` has parameters that can't be fields.
    """
    method = datatype.deserialize
    hints = _hints(method)
    found: dict[str, tuple[Any, Any]] = {}
    for name, parameter in inspect.signature(method).parameters.items():
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            raise TypeError(
                f"{type(datatype).__name__}.deserialize: parameter {parameter} (expected: names with types, "
                "which become the fields of the JSON)"
            )
        default = ... if parameter.default is parameter.empty else parameter.default
        found[name] = (hints.get(name, Any), default)
    return found


def result_of(datatype: BaseType) -> Any:
    """Returns the annotation of what `serialize` returns; without one, anything."""
    return _hints(datatype.serialize).get("return", Any)


def _hints(method: Any) -> dict[str, Any]:
    try:
        return get_type_hints(method)
    except NameError as fault:
        raise TypeError(f"{method.__qualname__}: {fault} (expected: annotations that can be read)") from fault
