"""Inputs and outputs of components, and the connections between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ts.compat.flash.types import BaseType

INPUTS, OUTPUTS = "inputs", "outputs"


class Connection(NamedTuple):
    """An output of one component that is an input of another; components by their uids."""

    source_component: str
    source_key: str
    target_component: str
    target_key: str

    def __str__(self) -> str:
        source = f"{self.source_component}.{OUTPUTS}.{self.source_key}"
        return f"{source} >> {self.target_component}.{INPUTS}.{self.target_key}"


class Parameter:
    """An input or output of a component. `output >> input` and `input << output` connect two.

    Attributes:
        name: as `expose` has it.
        datatype: what it is in JSON and in Python.
        component_uid: whose it is.
        position: `inputs` or `outputs`.
        connections: those that were made from here.
    """

    def __init__(self, name: str, datatype: BaseType, uid: str, position: str) -> None:
        self.name = name
        self.datatype = datatype
        self.component_uid = uid
        self.position = position
        self.connections: list[Connection] = []

    def __str__(self) -> str:
        return f"{self.component_uid}.{self.position}.{self.name}"

    def __repr__(self) -> str:
        return f"<Parameter {self}: {type(self.datatype).__name__}>"

    def __rshift__(self, other: object) -> None:
        self._connect(self, other)

    def __lshift__(self, other: object) -> None:
        self._connect(other, self)

    def _connect(self, source: object, target: object) -> None:
        for end in (source, target):
            if not isinstance(end, Parameter):
                raise TypeError(f"{self}: {end!r} (expected: an input or output of a component)")
            source_or_target = end
            other = target if end is source else source
            if isinstance(other, Parameter) and other.component_uid == source_or_target.component_uid:
                raise RuntimeError(f"{source} >> {target}: one component (expected: two; this is a cycle)")
        assert isinstance(source, Parameter)
        assert isinstance(target, Parameter)
        if (source.position, target.position) != (OUTPUTS, INPUTS):
            raise TypeError(f"{source} >> {target} (expected: an output >> an input)")
        made = Connection(source.component_uid, source.name, target.component_uid, target.name)
        self.connections.append(made)


class Parameters(Mapping[str, Parameter]):
    """The inputs, or the outputs, of a component: by attribute or by name. They can't be changed."""

    __slots__ = ("_found",)
    _found: Mapping[str, Parameter]

    def __init__(self, found: Mapping[str, Parameter]) -> None:
        object.__setattr__(self, "_found", dict(found))

    def __getitem__(self, name: str) -> Parameter:
        return self._get(name)

    def __getattribute__(self, name: str) -> Any:
        # An input may be called `items` or `values`.
        if not name.startswith("_"):
            found = object.__getattribute__(self, "_found")
            if name in found:
                return found[name]
        return super().__getattribute__(name)

    def __getattr__(self, name: str) -> Parameter:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._get(name)

    def _get(self, name: str) -> Parameter:
        try:
            return self._found[name]
        except KeyError:
            raise AttributeError(f"no {name!r} (expected: one of {', '.join(self._found)})") from None

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{name}: inputs and outputs can't be changed")

    def __contains__(self, name: object) -> bool:
        return name in self._found

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def __dir__(self) -> list[str]:
        return sorted(self._found)

    def __repr__(self) -> str:
        return f"<Parameters {', '.join(self._found)}>"
