"""What stands in a cell, and the table in the page between its markers: pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

BEGIN = "<!-- fault-peers: begin (written by test/fault/peers/run) -->"
END = "<!-- fault-peers: end -->"
AT_ONCE_SECONDS = 0.5
"""Below it a time says more about the machine than about the server."""


@dataclass(frozen=True)
class Seen:
    """What a client saw of a request.

    Attributes:
        status: of the answer, or null when there was none.
        seconds: from the request to its end.
        end: how it ended without an answer: `closed`, `refused`, `silent`.
        text: the body of the answer.
    """

    status: int | None
    seconds: float
    end: str = ""
    text: str = ""


@dataclass(frozen=True)
class Row:
    """A row of the table.

    Attributes:
        key: names the cell in the results.
        title: what the reader sees.
    """

    key: str
    title: str


def after(seconds: float) -> str:
    """Returns a time that another machine will see as well: `at once` or whole seconds."""
    return "at once" if seconds < AT_ONCE_SECONDS else f"after {max(1, round(seconds))} s"


def within(seconds: float) -> str:
    """Returns a span for a limit: whole seconds."""
    return f"{max(1, round(seconds))} s"


def seen(what: Seen) -> str:
    """Returns what became of one request."""
    if what.status is not None:
        return f"{what.status} {after(what.seconds)}"
    if what.end == "silent":
        return f"no answer in {within(what.seconds)}"
    words = {"closed": "connection closed", "refused": "connection refused"}
    return f"{words.get(what.end, what.end)} {after(what.seconds)}"


def recovery(seconds: float | None, limit: float, ended: str = "") -> str:
    """Returns when the next request was answered; null is never, within the limit."""
    if seconds is None:
        return ended or f"no next answer in {within(limit)}"
    return f"next answer {after(seconds)}"


def changes(statuses: Iterable[str]) -> list[str]:
    """Returns the statuses without repetitions, in the order in which they came."""
    found: list[str] = []
    for status in statuses:
        if not found or found[-1] != status:
            found.append(status)
    return found


def health(statuses: Iterable[str]) -> str:
    """Returns what the health endpoint said in the course of a fault."""
    found = changes(statuses)
    if not found:
        return "not asked"
    return f"{found[0]} throughout" if len(found) == 1 else ", then ".join(found[:4])


def counted(outcomes: Iterable[Seen]) -> str:
    """Returns how many requests ended in which way: `7 x 200, 1 x 500`."""
    words = [
        str(o.status) if o.status is not None else {"silent": "no answer"}.get(o.end, o.end) for o in outcomes
    ]
    order = sorted(set(words), key=lambda word: (-words.count(word), word))
    return ", ".join(f"{words.count(word)} x {word}" for word in order)


def connection(status: int | None, seconds: float, still_open: bool) -> str:
    """Returns how a connection with a bad client ended."""
    if still_open:
        return f"open after {within(seconds)}"
    return f"{status} {after(seconds)}" if status is not None else f"closed {after(seconds)}"


def markdown(rows: Sequence[Row], columns: Mapping[str, Mapping[str, str]]) -> str:
    """Returns the table; `columns` maps titles to cells by row key. A cell that nobody measured says so."""
    lines = ["| fault | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for row in rows:
        cells = [cells.get(row.key, "not measured").replace("|", "\\|") for cells in columns.values()]
        lines.append(f"| {row.title} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def replaced(page: str, table: str) -> str:
    """Returns the page with the table between the markers.

    Raises:
        ValueError: the page has not exactly one pair of markers.
    """
    if page.count(BEGIN) != 1 or page.count(END) != 1:
        raise ValueError(
            f"markers in the page: {page.count(BEGIN)} and {page.count(END)} (expected: one of each)"
        )
    pattern = re.compile(re.escape(BEGIN) + ".*" + re.escape(END), re.DOTALL)
    return pattern.sub(lambda _: f"{BEGIN}\n{table}{END}", page)
