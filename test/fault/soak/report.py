"""How a soak is shown: progress, and the table at its end."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TextIO

from soak.run import Finding
from soak.watch import MEGABYTE

_EVERY_SECONDS = 10


class Progress:
    """On a terminal the last line is redrawn; elsewhere progress is a line now and then."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._terminal = stream.isatty()
        self._lines = 0

    def show(self, text: str) -> None:
        """Shows a line; one that begins with a carriage return takes the place of the one before."""
        moving = text.startswith("\r")
        if not moving:
            clear = "\r\x1b[K" if self._terminal else ""
            print(f"{clear}{text}", file=self._stream, flush=True)
        elif self._terminal:
            self._stream.write(f"\r\x1b[K{text[1:]}")
            self._stream.flush()
        else:
            self._lines += 1
            if self._lines % _EVERY_SECONDS == 0:
                print(text[1:], file=self._stream, flush=True)


def table(found: Finding) -> list[str]:
    """Returns the lines of the summary."""
    outcomes: dict[str, Counter[str]] = defaultdict(Counter)
    for (kind, outcome), count in found.journal.outcomes.items():
        outcomes[kind][outcome] += count
    lines = ["", f"{'REQUESTS':<12} {'ENDED':>8}  HOW"]
    for kind in sorted(outcomes):
        how = ", ".join(f"{outcome} {count}" for outcome, count in outcomes[kind].most_common())
        lines.append(f"{kind:<12} {outcomes[kind].total():>8}  {how}")
    lines += ["", f"{'FAULT':<12} {'TIMES':>8}  {'MEDIAN s':>8} {'LONGEST s':>9}"]
    for name, times in sorted(found.journal.recoveries.items()):
        median = sorted(times)[len(times) // 2]
        lines.append(f"{name:<12} {len(times):>8}  {median:>8.2f} {max(times):>9.2f}")
    if not found.swaps:
        lines.append("swap            none  (this server has no route for it)")
    return [*lines, "", *_resources(found), *_verdict(found)]


def _resources(found: Finding) -> list[str]:
    if not found.samples:
        return []
    first, last = found.samples[0], found.samples[-1]
    told = "too short to tell" if found.slope is None else f"{found.slope:+.2f} MB a minute after the first"
    netty = f"{found.netty_base / MEGABYTE:.1f} MB before, {found.netty_rest / MEGABYTE:.1f} MB at rest"
    return [
        f"resident memory  {first.rss / MEGABYTE:.1f} to {last.rss / MEGABYTE:.1f} MB, slope: {told}",
        f"Netty's memory   {netty}",
        f"most threads     {max(one.threads for one in found.samples)}",
        f"most descriptors {max(one.descriptors for one in found.samples)}",
        "",
    ]


def _verdict(found: Finding) -> list[str]:
    broken = found.journal.broken
    if not broken:
        return ["all invariants held"]
    return [f"{len(broken)} broken invariants:", *(f"  {text}" for text in broken)]
