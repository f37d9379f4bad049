"""What a model says of itself, and what it is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ts._worker.signature import Framework, Signature, TensorSpec

ANY = -1


@dataclass(frozen=True)
class Declared:
    """What tensors a model takes and gives.

    Attributes:
        inputs: what it takes; none: whatever the model makes of it.
        outputs: what it gives; none: whatever it returns.
        batches: whether requests are joined along the first dimension.
        framework: what it gets its inputs as.
        columns: names of the columns of its only input, each of which may also come as an input of its own.
        strict: whether names and types must be those of `inputs`; else any name will do for the only input,
            and any type of numbers.
        as_json: whether elements of BYTES in its outputs are JSON texts, which a plain answer shows as JSON.
    """

    inputs: tuple[TensorSpec, ...] = ()
    outputs: tuple[TensorSpec, ...] = ()
    batches: bool = True
    framework: Framework = "numpy"
    columns: tuple[str, ...] = ()
    strict: bool = True
    as_json: bool = False

    def described(self) -> dict[str, Any]:
        """Returns inputs and outputs as `tensors` of a configuration has them, and whether it batches."""
        found = self.signature.described(binding=self.strict and bool(self.inputs))
        return {**found, "columns": list(self.columns)} if self.columns else found

    def replaced(self, signature: Signature) -> Declared:
        """Returns what a model's configuration says in the place of what its file does."""
        return replace(
            self, inputs=signature.inputs, outputs=signature.outputs, batches=signature.batches, strict=True
        )

    @property
    def signature(self) -> Signature:
        """The tensors alone."""
        return Signature(self.inputs, self.outputs, self.batches, self.framework)


@dataclass(frozen=True)
class Call:
    """One run of a model.

    Attributes:
        inputs: arrays by name, of all requests of the batch.
        wanted: names of the outputs that are asked for; none: those that the model gives unasked.
        parameters: of the request; requests with different ones do not run together.
    """

    inputs: Mapping[str, Any]
    wanted: Sequence[str] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def only(self) -> Any:
        """Returns the only input.

        Raises:
            ValueError: there are several, or none.
        """
        if len(self.inputs) != 1:
            raise ValueError(f"inputs: {', '.join(self.inputs) or 'none'} (expected: one)")
        return next(iter(self.inputs.values()))
