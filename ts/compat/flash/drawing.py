"""Graphs as inline SVG: tasks in rows, each below all that it needs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

from ts.compat.flash.graph import Task

_WIDTH, _HEIGHT = 220, 46
_GAP, _ROW = 24, 96
_LETTERS = 27
_COLOURS = {
    "packed_deserialize": "#dcefe6",
    "Compose": "#0b6e4f",
    "serialize": "#fbe9d0",
}
_STYLE = (
    "<style>.t{font:13px ui-monospace,monospace;text-anchor:middle}"
    ".e{fill:none;stroke:#7a8896;stroke-width:1.5}</style>"
)
_ARROW = (
    '<defs><marker id="a" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" '
    'orient="auto"><path d="M0 0L8 4L0 8z" fill="#7a8896"/></marker></defs>'
)


def draw(tasks: Sequence[Task], names: Mapping[str, str]) -> str:
    """Returns a graph as SVG; the names are those of components, by their uids."""
    levels: dict[str, int] = {}
    for task in tasks:  # in an order in which all that a task needs stands before it
        levels[task.name] = 1 + max((levels[name] for name in task.after), default=-1)
    # Sources stand right above what needs them.
    for task in reversed(tasks):
        followers = [levels[one.name] for one in tasks if task.name in one.after]
        if followers:
            levels[task.name] = min(followers) - 1
    rows: dict[int, list[Task]] = {}
    for task in tasks:
        rows.setdefault(levels[task.name], []).append(task)
    widest = max(len(row) for row in rows.values())
    width = widest * (_WIDTH + _GAP) + _GAP
    height = (max(rows) + 1) * _ROW
    places: dict[str, tuple[float, float]] = {}
    for level, row in sorted(rows.items()):
        left = (width - len(row) * (_WIDTH + _GAP) + _GAP) / 2
        for number, task in enumerate(sorted(row, key=lambda one: _middle(one, places))):
            places[task.name] = (left + number * (_WIDTH + _GAP) + _WIDTH / 2, level * _ROW + _ROW / 2)
    edges = [_edge(places[name], places[task.name]) for task in tasks for name in task.after]
    boxes = [_box(task, places[task.name], names) for task in tasks]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}">'
    return "".join([head, _STYLE, _ARROW, *edges, *boxes, "</svg>"])


def _middle(task: Task, places: Mapping[str, tuple[float, float]]) -> float:
    """Returns the middle of what a task needs, below which it stands with the fewest crossings."""
    above = [places[name][0] for name in task.after]
    return sum(above) / len(above) if above else math.inf


def _edge(begin: tuple[float, float], end: tuple[float, float]) -> str:
    (x1, y1), (x2, y2) = begin, end
    y1, y2 = y1 + _HEIGHT / 2, y2 - _HEIGHT / 2 - 1
    middle = (y1 + y2) / 2
    path = f"M{x1:g} {y1:g}C{x1:g} {middle:g} {x2:g} {middle:g} {x2:g} {y2:g}"
    return f'<path class="e" d="{path}" marker-end="url(#a)"/>'


def _box(task: Task, place: tuple[float, float], names: Mapping[str, str]) -> str:
    x, y = place
    uid, _, rest = task.name.partition(".")
    colour = _COLOURS.get(task.function, "#eef2f5")
    ink = "#fff" if task.function == "Compose" else "#1d2733"
    title = escape(f"{names.get(uid, uid)}.{rest}: {task.function}")
    lines = [_short(names.get(uid, uid)), _short(rest.removeprefix("outputs.").removesuffix(".serial"))]
    if rest.endswith(".serial"):
        lines[1] += " (JSON)"
    lines[1] = {"funcout": "call"}.get(lines[1], lines[1].removeprefix("inputs."))
    texts = [
        f'<text class="t" x="{x:g}" y="{y + shift:g}" fill="{ink}">{escape(line)}</text>'
        for line, shift in zip(lines, (-4, 13), strict=True)
    ]
    box = (
        f'<rect x="{x - _WIDTH / 2:g}" y="{y - _HEIGHT / 2:g}" width="{_WIDTH}" height="{_HEIGHT}" rx="6" '
        f'fill="{colour}" stroke="#7a8896"/>'
    )
    return f"<g><title>{title}</title>{box}{''.join(texts)}</g>"


def _short(text: str) -> str:
    return text if len(text) <= _LETTERS else f"{text[: _LETTERS - 1]}…"
