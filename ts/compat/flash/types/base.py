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

    @property
    def type_hints(self) -> Mapping[str, Any]:
        """Annotations: `input_args` has those of the fields, by their names, `output_args` that of the JSON
        that the client gets. A type may say them itself.
        """
        return {
            "input_args": {name: kind for name, (kind, _) in _parameters(self).items()},
            "output_args": _hints(self.serialize).get("return", Any),
        }

    def packed_deserialize(self, fields: Any) -> Any:
        """Makes the method's argument of all fields; types that unpack them otherwise have their own."""
        return self.deserialize(**fields)


def fields_of(datatype: BaseType) -> Mapping[str, tuple[Any, Any]]:
    """Returns the fields of a type's JSON object: by name the annotation and the default (`...`: none).

    Raises:
        TypeError: `deserialize` has parameters that can't be fields.
    """
    if type(datatype).type_hints is BaseType.type_hints:
        return _parameters(datatype)
    return {name: (kind, ...) for name, kind in datatype.type_hints["input_args"].items()}


def result_of(datatype: BaseType) -> Any:
    """Returns the annotation of what `serialize` returns; without one, anything."""
    return datatype.type_hints["output_args"]


def _parameters(datatype: BaseType) -> Mapping[str, tuple[Any, Any]]:
    method = datatype.deserialize
    hints = _hints(method)
    found: dict[str, tuple[Any, Any]] = {}
    for name, parameter in inspect.signature(method).parameters.items():
        rest = parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        if rest and name not in hints:
            continue  # it takes whatever comes, and asks for nothing
        if rest or parameter.kind is parameter.POSITIONAL_ONLY:
            raise TypeError(
                f"{type(datatype).__name__}.deserialize: parameter {parameter} (expected: names with types, "
                "which become the fields of the JSON)"
            )
        default = ... if parameter.default is parameter.empty else parameter.default
        found[name] = (hints.get(name, Any), default)
    return found


def _hints(method: Any) -> dict[str, Any]:
    try:
        return get_type_hints(method)
    except NameError as fault:
        raise TypeError(f"{method.__qualname__}: {fault} (expected: annotations that can be read)") from fault
