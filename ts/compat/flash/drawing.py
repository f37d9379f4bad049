"""Graphs as inline SVG: tasks in rows, each below all that it needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from ts.compat.flash.graph import Task
from ts.compat.flash.layout import Point, Sizes, lay_out

_HEIGHT, _GAP, _ROW = 46, 24, 92
_LETTER, _MARGIN = 7.9, 20
_FEWEST, _MOST = 10, 44
_SMALLEST = 0.7
"""Part of its size to which a narrow window shrinks a graph; beyond, it is scrolled."""
_CLASSES = {"packed_deserialize": "read", "Compose": "call", "serialize": "write"}
STYLE = """
.graph { overflow-x: auto; --read: #dcefe6; --call: #0b6e4f; --write: #fbe9d0; --pass: #eef2f5;
  --line: #6b7885; --ink: #1d2733; --on-call: #fff }
.graph svg { display: block; width: 100% }
.graph text { font: 13px ui-monospace, monospace; text-anchor: middle; fill: var(--ink) }
.graph .call text { fill: var(--on-call) }
.graph rect, .legend i { stroke: var(--line); fill: var(--pass); background: var(--pass) }
.graph .read rect, .legend .read { fill: var(--read); background: var(--read) }
.graph .call rect, .legend .call { fill: var(--call); background: var(--call) }
.graph .write rect, .legend .write { fill: var(--write); background: var(--write) }
.graph .line { fill: none; stroke: var(--line); stroke-width: 1.5 }
.graph .head { fill: var(--line) }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; padding: 0; list-style: none; font-size: .9rem }
.legend i { display: inline-block; width: 1.6em; height: 1em; border: 1px solid var(--line);
  border-radius: 3px; vertical-align: -.1em; margin-right: .4em }
.legend { --read: #dcefe6; --call: #0b6e4f; --write: #fbe9d0; --pass: #eef2f5; --line: #6b7885 }
@media (prefers-color-scheme: dark) {
  .graph, .legend { --read: #1d4a3a; --call: #4cc79a; --write: #57411f; --pass: #2b3540; --line: #8b98a5;
    --ink: #e6edf3; --on-call: #06251a }
}
"""
LEGEND = (
    '<ul class="legend"><li><i class="read"></i>read from the request</li><li><i class="call"></i>call of a '
    'component</li><li><i></i>value that is passed on</li><li><i class="write"></i>written to the answer</li>'
    "</ul>"
)
_ARROW = (
    '<defs><marker id="a" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" '
    'orient="auto"><path class="head" d="M0 0L8 4L0 8z"/></marker></defs>'
)


def draw(tasks: Sequence[Task], names: Mapping[str, str]) -> str:
    """Returns a graph as SVG; the names are those of components, by their uids."""
    labels = {task.name: _label(task, names) for task in tasks}
    sizes = Sizes({name: _width(label) for name, label in labels.items()}, _HEIGHT, _GAP, _ROW)
    found = lay_out(tasks, sizes)
    lines = [_line(points) for points in found.lines]
    boxes = [_box(task, labels[task.name], found.places[task.name], sizes, names) for task in tasks]
    width = f"max-width:{found.width:g}px;min-width:{_SMALLEST * found.width:g}px"
    head = (
        '<div class="graph" tabindex="0"><svg xmlns="http://www.w3.org/2000/svg" role="img" '
        f'aria-label="Graph of {len(tasks)} tasks" viewBox="0 0 {found.width:g} {found.height:g}" '
        f'style="{width}">'
    )
    return "".join([head, _ARROW, *lines, *boxes, "</svg></div>"])


def _line(points: Sequence[Point]) -> str:
    (x, y), *others = points
    path = [f"M{x:g} {y:g}"]
    for next_x, next_y in others:
        middle = (y + next_y) / 2
        straight = next_x == x
        path.append(
            f"V{next_y:g}" if straight else f"C{x:g} {middle:g} {next_x:g} {middle:g} {next_x:g} {next_y:g}"
        )
        x, y = next_x, next_y
    return f'<path class="line" d="{"".join(path)}" marker-end="url(#a)"/>'


def _label(task: Task, names: Mapping[str, str]) -> tuple[str, str]:
    uid, _, rest = task.name.partition(".")
    position, _, key = rest.partition(".")
    value = "call" if position == "funcout" else key
    if value.endswith(".serial"):
        value = f"{value.removesuffix('.serial')} (JSON)"
    return names.get(uid, uid), value


def _box(task: Task, label: Sequence[str], place: Point, sizes: Sizes, names: Mapping[str, str]) -> str:
    (x, y), width = place, sizes.widths[task.name]
    uid, _, rest = task.name.partition(".")
    title = escape(f"{names.get(uid, uid)}.{rest}: {task.function}")
    texts = [
        f'<text x="{x:g}" y="{y + shift:g}">{escape(_short(line))}</text>'
        for line, shift in zip(label, (-4, 13), strict=True)
    ]
    box = (
        f'<rect x="{x - width / 2:g}" y="{y - sizes.height / 2:g}" width="{width:g}" '
        f'height="{sizes.height:g}" rx="6"/>'
    )
    kind = _CLASSES.get(task.function, "pass")
    return f'<g class="{kind}"><title>{title}</title>{box}{"".join(texts)}</g>'


def _width(label: Sequence[str]) -> float:
    letters = max(_FEWEST, *(len(_short(line)) for line in label))
    return letters * _LETTER + _MARGIN


def _short(text: str) -> str:
    """Cuts the middle out of a long text: names differ at their ends."""
    if len(text) <= _MOST:
        return text
    half = (_MOST - 1) // 2
    return f"{text[:half]}…{text[-(_MOST - 1 - half) :]}"
