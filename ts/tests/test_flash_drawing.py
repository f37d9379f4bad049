"""Drawings of compositions: boxes stand apart, lines go around them, names are read."""

from __future__ import annotations

import itertools
import re

from ts.compat.flash.drawing import draw
from ts.compat.flash.graph import Task
from ts.compat.flash.layout import Layout, Sizes, lay_out

LONG = "the_mean_of_all_pixels_in_the_picture_that_was_received_last"


def chain(*skips: tuple[int, int], length: int = 6) -> list[Task]:
    """Tasks of which each needs the one before, and some one that is farther away."""
    more = [[f"a.t{begin}" for begin, end in skips if end == number] for number in range(length)]
    return [
        Task(f"a.t{number}", "get", [*([f"a.t{number - 1}"] if number else []), *more[number]])
        for number in range(length)
    ]


def laid(tasks: list[Task], width: float = 100) -> Layout:
    return lay_out(tasks, Sizes({task.name: width for task in tasks}, 40, 20, 90))


def test_boxes_stand_apart_and_below_what_they_need() -> None:
    tasks = [Task(f"a.inputs.i{number}", "packed_deserialize") for number in range(4)]
    tasks += [Task("a.funcout", "Compose", [task.name for task in tasks])]
    found = laid(tasks)
    for one, other in itertools.combinations(found.places.values(), 2):
        assert abs(one[0] - other[0]) >= 120 or abs(one[1] - other[1]) >= 90
    assert all(found.places["a.funcout"][1] > found.places[task.name][1] for task in tasks[:-1])
    assert all(50 <= x <= found.width - 50 and 20 <= y <= found.height - 20 for x, y in found.places.values())


def test_lines_go_around_boxes() -> None:
    found = laid(chain((0, 5), (0, 3), (1, 4), (2, 5)))
    assert len(found.lines) == 9
    for line in found.lines:
        for x, y in line[1:-1]:
            for middle, height in found.places.values():
                assert abs(x - middle) > 50 or abs(y - height) > 20


def test_what_goes_straight_down_is_straight() -> None:
    found = laid(chain())
    assert len({x for x, _ in found.places.values()}) == 1


def test_an_input_stands_right_above_what_takes_it() -> None:
    tasks = [
        *chain(),
        Task("b.inputs.i", "packed_deserialize"),
        Task("b.funcout", "Compose", ["a.t5", "b.inputs.i"]),
    ]
    places = laid(tasks).places
    assert places["b.inputs.i"][1] == places["a.t5"][1]


def test_lines_of_two_chains_do_not_cross() -> None:
    tasks = [
        Task(f"{name}.t{number}", "get", [f"{name}.t{number - 1}"] if number else [])
        for number in range(4)
        for name in "ab"
    ]
    tasks += [Task("c.end", "Compose", ["b.t3", "a.t3"])]
    places = laid(tasks).places
    sides = {places[f"a.t{number}"][0] < places[f"b.t{number}"][0] for number in range(4)}
    assert len(sides) == 1


def test_names_fit_into_their_boxes() -> None:
    tasks = [Task(f"a.outputs.{name}.serial", "serialize") for name in ("x", "mean", LONG)]
    text = draw(tasks, {"a": "component <1>"})
    assert f"component &lt;1&gt;.outputs.{LONG}.serial: serialize" in text  # the whole name is told
    boxes = re.findall(
        r'<rect [^>]* width="([\d.]+)".*?<text[^>]*>([^<]*)</text><text[^>]*>([^<]*)</text>', text
    )
    assert len(boxes) == 3
    for width, first, second in boxes:
        assert max(len(first.replace("&lt;", "<").replace("&gt;", ">")), len(second)) * 7.9 < float(width)
    assert boxes[2][2].startswith("the_mean_of")
    assert boxes[2][2].endswith("last (JSON)")
