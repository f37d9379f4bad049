"""Tables."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ts.compat.flash.types.base import BadInput, BaseType


class WrongColumns(BadInput, RuntimeError):
    """A table has other columns."""


class WrongCells(BadInput, TypeError):
    """A table has cells that are no numbers."""


class Table(BaseType):
    """Numbers in rows and columns, `{column: {row: value}}`; the method gets a tensor of (rows, columns).

    Args:
        column_names: which columns a table has, in this order.
    """

    def __init__(self, column_names: Sequence[str]) -> None:
        self.column_names = list(column_names)

    def deserialize(self, features: dict[int | str, dict[int | str, Any]]) -> Any:
        """Makes a tensor of a table; a cell that is missing is not a number.

        Raises:
            RuntimeError: the columns are others.
            TypeError: a cell is no number.
        """
        import torch

        if list(features) != self.column_names:
            raise WrongColumns(f"columns {list(features)} (expected: {self.column_names})")
        rows = list(dict.fromkeys(row for cells in features.values() for row in cells))
        table = [[_number(features[column].get(row)) for column in self.column_names] for row in rows]
        whole = all(isinstance(cell, int) for cells in table for cell in cells)
        try:
            return torch.tensor(table, dtype=torch.int64 if whole else torch.float64)
        except (OverflowError, RuntimeError, ValueError) as fault:
            raise WrongCells(f"no numbers of a tensor: {fault}") from fault

    def serialize(self, data: Any) -> dict[int | str, dict[int | str, Any]]:
        """Returns a tensor as a table."""
        rows = data.tolist() if hasattr(data, "tolist") else [list(row) for row in data]
        width = len(self.column_names)
        if any(not isinstance(row, list) or len(row) != width for row in rows):
            shape = tuple(getattr(data, "shape", ()))
            raise RuntimeError(f"Table: the shape {shape} (expected: (rows, {width}))")
        return {
            name: {number: row[place] for number, row in enumerate(rows)}
            for place, name in enumerate(self.column_names)
        }


def _number(cell: Any) -> int | float:
    if cell is None:
        return math.nan
    if not isinstance(cell, (int, float)):
        raise WrongCells(f"a cell is {cell!r} (expected: numbers)")
    return cell
