"""What a row gets: the settings of the run, and where it says what it does."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

Found = TypeVar("Found")


class NotAvailableError(RuntimeError):
    """A system or a tool that this machine doesn't have; the message says what to install."""


@dataclass
class Context:
    """Settings of one run of one row.

    Attributes:
        rounds: how often everything is measured; the systems take turns within a round.
        seconds: length of one measurement.
        warm_up_seconds: length of each of the two parts of a warm-up.
        device: `cpu` or `cuda`, for the rows with real models.
        most_models: upper bound for the rows that serve many models, for a machine with little memory.
        only: the systems to be measured; empty: all.
        notes: facts that the report must say.
    """

    rounds: int
    seconds: int
    device: str = "cpu"
    warm_up_seconds: int = 10
    most_models: int = 200
    only: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)

    def each_round(self) -> Iterator[int]:
        """Yields the numbers of the rounds, from 1."""
        for number in range(1, self.rounds + 1):
            self.say(f"round {number} of {self.rounds}")
            yield number

    def wants(self, system: str) -> bool:
        """Returns whether a system, or one of several that `system-…` names, is to be measured."""
        return not self.only or any(system == one or system.startswith(f"{one}-") for one in self.only)

    def say(self, line: str) -> None:
        """Tells whoever watches what goes on."""
        print(line, file=sys.stderr, flush=True)

    def note(self, line: str) -> None:
        """Keeps a fact for the report, once."""
        if line not in self.notes:
            self.notes.append(line)
            self.say(f"note: {line}")

    def attempt(self, system: str, make: Callable[[], Found]) -> Found | None:
        """Makes what a system needs; leaves it out, with a note, when it can't be had or doesn't start."""
        if not self.wants(system):
            return None
        try:
            return make()
        except RuntimeError as missing:
            self.note(f"{system} is left out: {missing}")
            return None
