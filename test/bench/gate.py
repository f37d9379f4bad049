"""The gate before a release: measured ratios against the floors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bench.floors import FLOORS, Floor
from bench.measurement import Results, paired_ratio


@dataclass(frozen=True)
class Verdict:
    """A floor and what was measured of it.

    Attributes:
        floor: what is asked.
        ratio: median of the rounds' ratios; None when one side was not measured.
    """

    floor: Floor
    ratio: float | None

    @property
    def held(self) -> bool:
        """Whether the floor was measured and reached."""
        return self.ratio is not None and self.ratio >= self.floor.floor

    def __str__(self) -> str:
        floor = self.floor
        found = "not measured" if self.ratio is None else f"{self.ratio:.2f}x"
        word = "ok    " if self.held else "MISSED"
        sides = f"{floor.ours} to {floor.theirs}"
        return f"{word} {floor.row}: {sides}: {found} (expected: >= {floor.floor:g}x; {floor.source})"


def judge(results: Mapping[str, Results], floors: Iterable[Floor] = FLOORS) -> list[Verdict]:
    """Returns a verdict for each floor."""
    return [Verdict(floor, _ratio(results.get(floor.row), floor)) for floor in floors]


def _ratio(results: Results | None, floor: Floor) -> float | None:
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
    """Prints the verdicts on these rows; returns 1 when a floor was missed or not measured."""
    verdicts = [verdict for verdict in judge(results) if verdict.floor.row in rows]
    failed = failures(results, rows)
    for verdict in verdicts:
        print(verdict)
    for line in failed:
        print(line)
    missed = sum(not verdict.held for verdict in verdicts) + len(failed)
    print(f"{len(verdicts)} floors, {missed} missed")
    return 1 if missed else 0
