"""Tables for terminals and pipes: columns that line up, states in colour."""

from __future__ import annotations

from collections.abc import Sequence

from ts._cli.progress import painted


def aligned(
    rows: Sequence[Sequence[str]], colour: bool = False, state_column: int | None = None
) -> list[str]:
    """Returns the rows as lines with aligned columns; the last column is not padded. `state_column` holds the
    words that are coloured."""
    if not rows:
        return []
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    lines = []
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, [*widths, 0], strict=True)]
        if state_column is not None:
            cells[state_column] = painted(row[state_column], cells[state_column], colour)
        lines.append("  ".join(cells).rstrip())
    return lines
