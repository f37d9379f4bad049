"""Requests that share one call of a component: their tensors are joined along the first dimension."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ts.compat.flash.component import ModelComponent
from ts.compat.flash.running import outputs_of

_FEWEST_DIMENSIONS = 2


def groups(given: Mapping[int, Mapping[str, Any]]) -> list[list[int]]:
    """Returns which requests can share a call: all their arguments are tensors of one row, alike but for
    their values.
    """
    alike: dict[Any, list[int]] = {}
    for index, found in given.items():
        kinds = [_kind(value) for value in found.values()]
        key = index if None in kinds else tuple(kinds)
        alike.setdefault(key, []).append(index)
    return list(alike.values())


def _kind(value: Any) -> Any:
    shape = getattr(value, "shape", None)
    if shape is None or len(shape) < _FEWEST_DIMENSIONS or shape[0] != 1 or not hasattr(value, "device"):
        return None
    return (tuple(shape), str(value.dtype), str(value.device))


def run(component: ModelComponent, given: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Calls a component once for all; returns the part of each request.

    Raises:
        RuntimeError: it did not answer one row for each.
    """
    if len(given) == 1:
        return [component(**given[0])]
    import torch

    joined = {name: torch.cat([one[name] for one in given]) for name in given[0]}
    values = outputs_of(component, component(**joined))
    for name in component.outputs:
        value = values[name]
        rows = value.shape[0] if getattr(value, "shape", ()) else None
        if rows != len(given):
            shown = f"{type(value).__name__} of {'one value' if rows is None else f'{rows} rows'}"
            raise RuntimeError(
                f"{type(component).__name__}: {name}: {shown} for {len(given)} requests at once "
                "(expected: one row for each, or a component without `batch`)"
            )
    return [
        {name: values[name][index : index + 1] for name in component.outputs} for index in range(len(given))
    ]
