"""Where the boxes of a graph stand, and the lines between them: in rows from above, around other boxes."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ts.compat.flash.graph import Task

Point = tuple[float, float]
_INPUTS = ("packed_deserialize", "identity")
_SWEEPS = 12
_LANE = 16.0


@dataclass(frozen=True)
class Sizes:
    """Sizes in pixels.

    Attributes:
        widths: of boxes, by names of tasks.
        height: of boxes.
        gap: between two boxes of a row.
        row: from the middle of a row to that of the next one.
    """

    widths: Mapping[str, float]
    height: float
    gap: float
    row: float


@dataclass(frozen=True)
class Layout:
    """A graph on a plane.

    Attributes:
        places: middles of boxes, by names of tasks.
        lines: for each connection, from the bottom of a box by points between other boxes to the top of one.
    """

    places: Mapping[str, Point]
    lines: Sequence[Sequence[Point]]
    width: float
    height: float


class _Spot:
    """A place in a row: of a box, or of a line that goes by."""

    def __init__(self, level: int, width: float) -> None:
        self.level = level
        self.width = width
        self.above: list[_Spot] = []
        self.below: list[_Spot] = []
        self.x = 0.0


def lay_out(tasks: Sequence[Task], sizes: Sizes) -> Layout:
    """Returns a layout of tasks that are in an order in which all that a task needs stands before it."""
    levels = _levels(tasks)
    spots = {name: _Spot(level, sizes.widths[name] + sizes.gap) for name, level in levels.items()}
    rows: list[list[_Spot]] = [[] for _ in range(max(levels.values()) + 1)]
    for spot in spots.values():
        rows[spot.level].append(spot)
    ways = [_way(spots[name], spots[task.name], rows) for task in tasks for name in task.after]
    _order(rows)
    _straighten(rows)
    left = min(spot.x - spot.width / 2 for row in rows for spot in row) - sizes.gap / 2
    right = max(spot.x + spot.width / 2 for row in rows for spot in row) + sizes.gap / 2

    def point(spot: _Spot) -> Point:
        return round(spot.x - left, 1), spot.level * sizes.row + sizes.row / 2

    places = {name: point(spot) for name, spot in spots.items()}
    lines = [_line([point(spot) for spot in way], sizes.height) for way in ways]
    return Layout(places, lines, round(right - left, 1), len(rows) * sizes.row)


def _line(points: list[Point], height: float) -> list[Point]:
    """Begins and ends a line at the edges of boxes; what is between goes straight by the boxes of a row."""
    (x1, y1), *between, (x2, y2) = points
    sides = [(x, y + side) for x, y in between for side in (-height / 2, height / 2)]
    return [(x1, y1 + height / 2), *sides, (x2, y2 - height / 2)]


def _levels(tasks: Sequence[Task]) -> dict[str, int]:
    levels: dict[str, int] = {}
    for task in tasks:
        levels[task.name] = 1 + max((levels[name] for name in task.after), default=-1)
    # Inputs stand right above what takes them, so that long lines are those between components.
    for task in tasks:
        if task.function in _INPUTS:
            levels[task.name] = min(levels[one.name] for one in tasks if task.name in one.after) - 1
    return levels


def _way(begin: _Spot, end: _Spot, rows: list[list[_Spot]]) -> list[_Spot]:
    """Connects two spots, with a spot of the line's own in each row between."""
    way = [begin]
    for level in range(begin.level + 1, end.level):
        spot = _Spot(level, _LANE)
        rows[level].append(spot)
        way.append(spot)
    way.append(end)
    for upper, lower in itertools.pairwise(way):
        upper.below.append(lower)
        lower.above.append(upper)
    return way


def _order(rows: list[list[_Spot]]) -> None:
    """Orders each row by the middle of what stands above, then below, until lines cross seldom."""
    best, fewest = [list(row) for row in rows], _crossings(rows)
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        for row in rows[1:] if down else rows[-2::-1]:
            indices = {
                id(spot): index for level in rows for index, spot in enumerate(level) if level is not row
            }
            own = {id(spot): float(index) for index, spot in enumerate(row)}
            for spot in row:
                near = spot.above if down else spot.below
                if near:
                    own[id(spot)] = sum(indices[id(one)] for one in near) / len(near)
            row.sort(key=lambda spot, own=own: own[id(spot)])  # type: ignore[misc]
        crossings = _crossings(rows)
        if crossings < fewest:
            best, fewest = [list(row) for row in rows], crossings
    rows[:] = best


def _crossings(rows: list[list[_Spot]]) -> int:
    found = 0
    for upper, lower in itertools.pairwise(rows):
        indices = {id(spot): index for index, spot in enumerate(lower)}
        ends = [index for spot in upper for index in sorted(indices[id(one)] for one in spot.below)]
        found += sum(left > right for at, left in enumerate(ends) for right in ends[at + 1 :])
    return found


def _straighten(rows: list[list[_Spot]]) -> None:
    """Moves spots to the middle of what they are connected with, as far as their neighbours let them."""
    for row in rows:
        _place(row, [0.0] * len(row))
    for sweep in range(2 * _SWEEPS):
        down = sweep % 2 == 0
        for row in rows if down else rows[::-1]:
            wishes = []
            for spot in row:
                near = (spot.above if down else spot.below) or spot.above + spot.below
                wishes.append(sum(one.x for one in near) / len(near) if near else spot.x)
            _place(row, wishes)


def _place(row: Sequence[_Spot], wishes: Sequence[float]) -> None:
    """Places spots as near to their wishes as their order and widths allow."""
    if not row:
        return
    offsets = [0.0]
    for left, right in itertools.pairwise(row):
        offsets.append(offsets[-1] + (left.width + right.width) / 2)
    # Those that would overlap go as one block to the middle of their wishes.
    blocks: list[tuple[float, int]] = []
    for wish, offset in zip(wishes, offsets, strict=True):
        middle, size = wish - offset, 1
        while blocks and blocks[-1][0] > middle:
            other, more = blocks.pop()
            middle, size = (middle * size + other * more) / (size + more), size + more
        blocks.append((middle, size))
    shifts = [middle for middle, size in blocks for _ in range(size)]
    for spot, offset, shift in zip(row, offsets, shifts, strict=True):
        spot.x = offset + shift
