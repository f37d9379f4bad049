"""What a drill found, and how it is shown: a line for each scenario, a summary, or JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TextIO

PASSED, NOTED, FAILED = "passed", "noted", "failed"
_SIGNS = {PASSED: ("✓", "+", "32"), NOTED: ("!", "!", "33"), FAILED: ("✗", "x", "31")}
_MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Result:
    """How one scenario ended. `recovery_seconds`: from the fault to the next answer; None: nothing lost."""

    name: str
    verdict: str
    seen: str
    seconds: float
    recovery_seconds: float | None = None


@dataclass(frozen=True)
class Growth:
    """Memory of worker and server after a number of samples, compared with before them."""

    requests: int
    worker_bytes: int
    server_bytes: int

    def __str__(self) -> str:
        return (
            f"worker {self.worker_bytes / _MEGABYTE:+.1f} MB, server {self.server_bytes / _MEGABYTE:+.1f} MB "
            f"over {self.requests} requests"
        )


@dataclass(frozen=True)
class Scorecard:
    """All results of a drill. `growth` is None when it did not come to that."""

    model: str
    results: tuple[Result, ...]
    growth: Growth | None

    @property
    def passed(self) -> int:
        """Scenarios that did not fail."""
        return sum(result.verdict != FAILED for result in self.results)

    @property
    def clean(self) -> bool:
        """Whether none failed."""
        return self.passed == len(self.results)

    @property
    def slowest_recovery(self) -> Result | None:
        """The scenario that took longest to be served again."""
        known = [result for result in self.results if result.recovery_seconds is not None]
        return max(known, key=lambda result: result.recovery_seconds or 0.0, default=None)

    def as_json(self) -> str:
        """The scorecard for machines; times in seconds, sizes in bytes."""
        slowest, growth = self.slowest_recovery, self.growth
        return json.dumps(
            {
                "model": self.model,
                "passed": self.passed,
                "total": len(self.results),
                "scenarios": [_row(result) for result in self.results],
                "slowest_recovery_seconds": None if slowest is None else _row(slowest)["recovery_seconds"],
                "growth": None
                if growth is None
                else {
                    "requests": growth.requests,
                    "worker_bytes": growth.worker_bytes,
                    "server_bytes": growth.server_bytes,
                },
            },
            indent=2,
            ensure_ascii=False,
        )

    def summary(self) -> list[str]:
        """The closing lines for people."""
        slowest, noted = self.slowest_recovery, sum(result.verdict == NOTED for result in self.results)
        lines = [f"passed {self.passed} of {len(self.results)}" + (f", {noted} with a note" if noted else "")]
        if slowest is not None:
            lines.append(f"slowest recovery  {slowest.recovery_seconds:.1f} s ({slowest.name})")
        if self.growth is not None:
            lines.append(f"memory growth     {self.growth}")
        return lines


def _row(result: Result) -> dict[str, object]:
    recovery = result.recovery_seconds
    return {
        "name": result.name,
        "verdict": result.verdict,
        "seen": result.seen,
        "seconds": round(result.seconds, 3),
        "recovery_seconds": None if recovery is None else round(recovery, 3),
    }


class Lines:
    """Prints each result as it comes; `names` are those that may come, for the width of the column."""

    def __init__(self, stream: TextIO, colour: bool, names: Sequence[str]) -> None:
        self._stream = stream
        self._colour = colour
        self._width = max(map(len, names), default=0)
        self._plain = not (stream.encoding or "").lower().startswith("utf")

    def show(self, result: Result) -> None:
        """Prints a line."""
        sign, plain, code = _SIGNS[result.verdict]
        mark = plain if self._plain else sign
        painted = f"\x1b[{code}m{mark}\x1b[0m" if self._colour else mark
        text = f"{painted} {result.name:<{self._width}}  {result.seconds:6.2f} s  {result.seen}"
        # What a model says may hold signs that the stream can't show.
        encoding = self._stream.encoding or "utf-8"
        print(text.encode(encoding, "replace").decode(encoding), file=self._stream, flush=True)
