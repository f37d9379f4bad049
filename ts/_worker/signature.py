"""What tensors a model takes and gives, as `tensors` in its model-config.yaml says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ts._worker.tensors import SIZES, Message, Tensor, TensorError

Framework = Literal["numpy", "torch", "none"]
_KEYS = ("inputs", "outputs", "batchAxis", "framework")


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """One tensor of a signature.

    Attributes:
        name: its name.
        datatype: what its elements are.
        shape: dimensions; -1 = any.
        optional: whether a request may lack it.
    """

    name: str
    datatype: str
    shape: tuple[int, ...]
    optional: bool = False

    def described(self) -> dict[str, Any]:
        """Returns it as `tensors` of a configuration has it."""
        found = {"name": self.name, "datatype": self.datatype, "shape": list(self.shape)}
        return {**found, "optional": True} if self.optional else found

    def check(self, tensor: Tensor, noun: str = "input") -> None:
        """Refuses a tensor of another type or shape.

        Raises:
            TensorError: it says which.
        """
        if tensor.datatype != self.datatype:
            raise TensorError(f'{noun} "{self.name}": {tensor.datatype} (expected: {self.datatype})')
        fits = len(tensor.shape) == len(self.shape) and all(
            wanted in (-1, dim) for wanted, dim in zip(self.shape, tensor.shape, strict=True)
        )
        if not fits:
            raise TensorError(
                f'{noun} "{self.name}": shape {list(tensor.shape)} '
                f"(expected: {list(self.shape)}, where -1 is any)"
            )


@dataclass(frozen=True, slots=True)
class Signature:
    """All tensors of a model.

    Attributes:
        inputs: what it takes.
        outputs: what it gives; none: whatever it returns.
        batches: whether requests are joined along the first dimension.
        framework: what the handler gets its inputs as; `none`: the tensors are only shown to clients.
    """

    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    batches: bool
    framework: Framework

    @classmethod
    def of(cls, value: Any) -> Signature:
        """Reads the value of `tensors`.

        Raises:
            ValueError: it is malformed; the text names the key, the value and what was expected.
        """
        if not isinstance(value, Mapping):
            raise ValueError(f"tensors: {value!r} (expected: a mapping with inputs and outputs)")
        for key in value:
            if key not in _KEYS:
                raise ValueError(f"tensors: unknown key {key!r} (expected: {', '.join(_KEYS)})")
        axis = value.get("batchAxis", 0)
        if axis not in (0, None, "none") or isinstance(axis, bool):
            raise ValueError(f"tensors: batchAxis: {axis!r} (expected: 0 or none)")
        framework = value.get("framework", "numpy")
        if framework not in ("numpy", "torch", "none"):
            raise ValueError(f"tensors: framework: {framework!r} (expected: numpy, torch or none)")
        return cls(_specs("inputs", value), _specs("outputs", value), axis == 0, framework)

    def described(self, binding: bool = True) -> dict[str, Any]:
        """Returns inputs and outputs as `tensors` of a configuration has them, and whether it batches.

        Args:
            binding: whether the frontend is to refuse what does not fit.
        """
        return {
            "inputs": [spec.described() for spec in self.inputs],
            "outputs": [spec.described() for spec in self.outputs],
            "batches": self.batches,
            **({"binding": True} if binding else {}),
        }

    def check(self, message: Message) -> None:
        """Refuses a request whose inputs or wanted outputs are not the model's.

        Raises:
            TensorError: it says which.
        """
        specs = {spec.name: spec for spec in self.inputs}
        names = {tensor.name for tensor in message.tensors}
        if not self.inputs:
            self._check_requested(message)
            return
        for tensor in message.tensors:
            spec = specs.get(tensor.name)
            if spec is None:
                raise TensorError(f'input "{tensor.name}" is unknown (expected: {", ".join(specs)})')
            spec.check(tensor)
        for spec in self.inputs:
            if spec.name not in names and not spec.optional:
                raise TensorError(f'input "{spec.name}" is missing (expected: {spec.datatype})')
        self._check_requested(message)

    def _check_requested(self, message: Message) -> None:
        known = [spec.name for spec in self.outputs]
        for name, _ in message.requested if known else ():
            if name not in known:
                raise TensorError(f'output "{name}" is unknown (expected: {", ".join(known)})')


def _specs(key: str, value: Mapping[str, Any]) -> tuple[TensorSpec, ...]:
    entries = value.get(key) or []
    if not isinstance(entries, Sequence) or isinstance(entries, str):
        raise ValueError(f"tensors: {key}: {entries!r} (expected: a list)")
    found = tuple(_spec(f"tensors: {key}[{index}]", entry) for index, entry in enumerate(entries))
    names = [spec.name for spec in found]
    if len(set(names)) < len(names):
        raise ValueError(f"tensors: {key}: {', '.join(names)} (expected: each name once)")
    return found


def _spec(where: str, entry: Any) -> TensorSpec:
    if not isinstance(entry, Mapping):
        raise ValueError(f"{where}: {entry!r} (expected: a mapping with name, datatype and shape)")
    for key in entry:
        if key not in ("name", "datatype", "shape", "optional"):
            raise ValueError(f"{where}: unknown key {key!r} (expected: name, datatype, shape, optional)")
    name, datatype, shape = (entry.get(key) for key in ("name", "datatype", "shape"))
    if not isinstance(name, str) or not name:
        raise ValueError(f"{where}: name: {name!r} (expected: a text)")
    if datatype not in SIZES:
        raise ValueError(f"{where}: datatype: {datatype!r} (expected: one of {', '.join(SIZES)})")
    if not isinstance(shape, Sequence) or isinstance(shape, str):
        raise ValueError(f"{where}: shape: {shape!r} (expected: a list of numbers, -1 for any)")
    if not all(type(dim) is int and dim >= -1 for dim in shape):
        raise ValueError(f"{where}: shape: {list(shape)} (expected: numbers from 0 on, -1 for any)")
    optional = entry.get("optional", False)
    if not isinstance(optional, bool):
        raise ValueError(f"{where}: optional: {optional!r} (expected: true or false)")
    return TensorSpec(name, datatype, tuple(shape), optional)
