"""What the demo prints: headings, progress, tables. Colour on a terminal only, and not with NO_COLOR."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

RED, GREEN, BOLD, DIM = "31", "32", "1", "2"


class Display:
    """Standard output, as a terminal or as plain text."""

    def __init__(self) -> None:
        terminal = sys.stdout.isatty() and os.environ.get("TERM", "dumb") not in ("", "dumb")
        self._redraws = terminal
        self._colours = terminal and not os.environ.get("NO_COLOR")
        self._open_line = False

    def painted(self, text: str, code: str) -> str:
        """Returns the text in a colour, or as it is."""
        return f"\x1b[{code}m{text}\x1b[0m" if self._colours else text

    def heading(self, text: str) -> None:
        """Begins a part of the demo."""
        self.line()
        self.line(self.painted(f"== {text}", BOLD))

    def command(self, words: Sequence[str]) -> None:
        """Shows a command that is run."""
        self.line(self.painted("$ " + " ".join(words), DIM))

    def line(self, text: str = "") -> None:
        """Prints a line."""
        if self._open_line:
            print("\r\x1b[K", end="")
            self._open_line = False
        print(text, flush=True)

    def progress(self, text: str, done: int, total: int) -> None:
        """Shows how far something is: redrawn in place on a terminal, silent elsewhere."""
        if self._redraws:
            bar = "#" * (20 * done // total)
            print(f"\r\x1b[K{text} [{bar:<20}] {done}/{total}", end="", flush=True)
            self._open_line = True

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Prints columns that line up; cells that start with `!` are marked as wrong."""
        widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]

        def joined(cells: Sequence[str]) -> str:
            padded = [f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True)]
            line = "  " + "  ".join(
                self.painted(text, RED) if cell.startswith("!") else text
                for cell, text in zip(cells, padded, strict=True)
            )
            return line.rstrip()

        self.line(self.painted(joined(head), BOLD))
        for row in rows:
            self.line(joined(row))
