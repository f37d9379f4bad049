"""The gate before a release: measured ratios against the floors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bench.floors import FLOORS, Floor
from bench.measurement import Ratio, Results, paired_ratio


@dataclass(frozen=True)
class Verdict:
    """A floor and what was measured of it.

    Attributes:
        floor: what is asked.
        ratio: of the rounds; None when one side was not measured.
    """

    floor: Floor
    ratio: Ratio | None

    @property
    def held(self) -> bool:
        """Whether the floor was measured and reached."""
        return self.ratio is not None and self.ratio.median >= self.floor.floor

    @property
    def unsure(self) -> bool:
        """Whether the floor was not reached, and so closely that more rounds might say otherwise."""
        return self.ratio is not None and self.ratio.median < self.floor.floor <= self.ratio.high

    @property
    def word(self) -> str:
        """The verdict in a word."""
        return "ok" if self.held else "unsure" if self.unsure else "missed"

    def __str__(self) -> str:
        floor = self.floor
        found = "not measured" if self.ratio is None else str(self.ratio)
        word = self.word if self.held else self.word.upper()
        sides = f"{floor.ours} to {floor.theirs}"
        return f"{word:6} {floor.row}: {sides}: {found} (expected: >= {floor.floor:g}x; {floor.source})"


def judge(results: Mapping[str, Results], floors: Iterable[Floor] = FLOORS) -> list[Verdict]:
    """Returns a verdict for each floor."""
    return [Verdict(floor, _ratio(results.get(floor.row), floor)) for floor in floors]


def _ratio(results: Results | None, floor: Floor) -> Ratio | None:
    if results is None:
        return None
    ours = results.find(floor.ours.system, floor.ours.metric, **floor.ours.parameters)
    theirs = results.find(floor.theirs.system, floor.theirs.metric, **floor.theirs.parameters)
    return paired_ratio(ours, theirs)


def failures(results: Mapping[str, Results], rows: Sequence[str]) -> list[str]:
    """Returns a line for each measurement of Mariner in which requests failed: its rate means nothing."""
    return [
        f"MISSED {row}: mariner {dict(one.parameters)}: {one.maximum:.0f} failed requests (expected: 0)"
        for row in rows
        if row in results
        for one in results[row].select("mariner", "errors")
        if one.maximum > 0
    ]


def main(results: Mapping[str, Results], rows: Sequence[str]) -> int:
    """Prints the verdicts on these rows; returns 1 unless every floor was measured and reached."""
    verdicts = [verdict for verdict in judge(results) if verdict.floor.row in rows]
    failed = failures(results, rows)
    for verdict in verdicts:
        print(verdict)
    for line in failed:
        print(line)
    unsure = sum(verdict.unsure for verdict in verdicts)
    missed = sum(not verdict.held for verdict in verdicts) - unsure + len(failed)
    again = f", {unsure} unsure: measure them again, with more rounds" if unsure else ""
    print(f"{len(verdicts)} floors, {missed} missed{again}")
    return 1 if missed + unsure else 0
