"""Tables."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ts.compat.flash.types.base import BadInput, BaseType


class WrongColumns(BadInput, RuntimeError):
    """A table has other columns."""


class WrongCells(BadInput, TypeError):
    """A table has cells that are no numbers."""


@dataclass(unsafe_hash=True)
class Table(BaseType):
    """Numbers in rows and columns, `{column: {row: value}}`; the method gets a tensor of (rows, columns).

    Args:
        column_names: which columns a table has, in this order.
    """

    column_names: Sequence[Any]

    def deserialize(self, features: dict[int | str, dict[int | str, Any]]) -> Any:
        """Makes a tensor of a table; a cell that is missing is not a number.

        Raises:
            RuntimeError: the columns are others.
            TypeError: a cell is no number.
        """
        import torch

        # Numbers that name columns are texts in JSON.
        if [str(name) for name in features] != [str(name) for name in self.column_names]:
            raise WrongColumns(f"columns {list(features)} (expected: {list(self.column_names)})")
        rows = list(dict.fromkeys(row for cells in features.values() for row in cells))
        table = [[_number(cells.get(row)) for cells in features.values()] for row in rows]
        kinds = {type(cell) for cells in table for cell in cells}
        try:
            return torch.tensor(table, dtype=_dtype(kinds))
        except (OverflowError, RuntimeError, ValueError) as fault:
            raise WrongCells(f"no numbers of a tensor: {fault}") from fault

    def serialize(self, data: Any) -> dict[int | str, dict[int | str, Any]]:
        """Returns a tensor as a table; one column may be a tensor of one dimension.

        Raises:
            ValueError: it has another shape.
        """
        rows = data.tolist() if hasattr(data, "tolist") else list(data)
        width = len(self.column_names)
        if width == 1 and isinstance(rows, list):
            rows = [row if isinstance(row, (list, tuple)) else [row] for row in rows]
        if not isinstance(rows, list) or any(not _is_row(row, width) for row in rows):
            shape = tuple(getattr(data, "shape", ()))
            raise ValueError(f"Table: the shape {shape} (expected: (rows, {width}))")
        return {
            name: {number: row[place] for number, row in enumerate(rows)}
            for place, name in enumerate(self.column_names)
        }


def _is_row(row: Any, width: int) -> bool:
    return (
        isinstance(row, (list, tuple))
        and len(row) == width
        and not any(isinstance(cell, list) for cell in row)
    )


def _dtype(kinds: set[type]) -> Any:
    import torch

    if kinds == {bool}:
        return torch.bool
    return torch.int64 if kinds <= {int, bool} else torch.float64


def _number(cell: Any) -> int | float:
    if cell is None:
        return math.nan
    if not isinstance(cell, (int, float)):
        raise WrongCells(f"a cell is {cell!r} (expected: numbers)")
    return cell
