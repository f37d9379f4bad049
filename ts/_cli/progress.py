"""Shows what a command waits for: redrawn in place on a terminal, one plain line per change elsewhere."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from typing import Protocol, TextIO

from ts._cli.state import ModelState, ServerState

_COLOURS = {
    "ready": "32",
    "failed": "31",
    "loading": "33",
    "fetching": "36",
    "starting": "33",
    "stopping": "33",
}
_SPINNER = "|/-\\"


class Progress(Protocol):
    """Sees the state of a server again and again until the wait is over."""

    def show(self, state: ServerState) -> None:
        """Shows the state as it is now."""

    def finish(self) -> None:
        """Ends the display; what follows starts on a line of its own."""


def wants_escapes(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Returns whether the stream is a terminal that understands cursor movements."""
    return stream.isatty() and environment.get("TERM", "dumb") not in ("", "dumb")


def wants_colour(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Returns whether to colour: on a terminal, unless NO_COLOR is set."""
    return wants_escapes(stream, environment) and not environment.get("NO_COLOR")


def painted(word: str, text: str, colour: bool) -> str:
    """Returns the text in the colour of a state's word."""
    code = _COLOURS.get(word)
    return f"\x1b[{code}m{text}\x1b[0m" if colour and code else text


def _model_note(model: ModelState) -> str:
    if model.reason:
        return model.short_reason
    if model.wanted:
        return f"{model.workers} of {model.wanted} worker{'' if model.wanted == 1 else 's'}"
    return ""


class PlainProgress:
    """One line per change, without escapes: for pipes, files and plain terminals."""

    def __init__(self, title: str, stream: TextIO) -> None:
        self._title = title
        self._stream = stream
        self._shown: dict[str, str] = {}

    def show(self, state: ServerState) -> None:
        """Prints what has changed since the last call."""
        self._line("", self._title, state.phase, "")
        for model in state.models:
            note = model.short_reason if model.state == "failed" else ""
            self._line(f"model {model.name} {model.location}", f"model {model.label}", model.state, note)

    def finish(self) -> None:
        """Does nothing: every line is whole already."""

    def _line(self, key: str, label: str, word: str, note: str) -> None:
        if self._shown.get(key) != word:
            self._shown[key] = word
            print(f"{label}: {word}{f' ({note})' if note else ''}", file=self._stream, flush=True)


class TerminalProgress:
    """A block of lines that is redrawn in place: the server's phase, then each model with its state and
    time."""

    def __init__(
        self, title: str, stream: TextIO, colour: bool, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._title = title
        self._stream = stream
        self._colour = colour
        self._now = now
        self._begun = now()
        self._ended: dict[str, float] = {}
        self._drawn: list[str] = []

    def show(self, state: ServerState) -> None:
        """Draws the block anew if anything in it has changed."""
        elapsed = self._now() - self._begun
        mark = _SPINNER[int(elapsed * 8) % len(_SPINNER)]
        rows = [self._row(mark, self._title, state.phase, elapsed, "")]
        width = max((len(model.label) for model in state.models), default=0)
        for model in state.models:
            settled = model.state in ("ready", "failed")
            if settled:
                self._ended.setdefault(model.label, elapsed)
            time_taken = self._ended.get(model.label, elapsed) if settled else elapsed
            sign = {"ready": "+", "failed": "x"}.get(model.state, mark)
            rows.append(
                "  " + self._row(sign, model.label.ljust(width), model.state, time_taken, _model_note(model))
            )
        self._draw(rows)

    def finish(self) -> None:
        """Removes the block: the command's closing words say how it ended."""
        self._draw([])

    def _row(self, sign: str, label: str, word: str, seconds: float, note: str) -> str:
        columns = shutil.get_terminal_size().columns
        plain = f"{sign} {label}  {word:<9} {seconds:5.1f} s  {note}".rstrip()
        # A wrapped line would break the count of lines to go up; the indent of a model takes two columns.
        plain = plain[: max(20, columns - 3)]
        before, found, after = plain.partition(f"  {word}")
        return f"{before}{painted(word, found, self._colour)}{after}" if found else plain

    def _draw(self, rows: list[str]) -> None:
        if rows == self._drawn:
            return
        up = f"\x1b[{len(self._drawn)}A" if self._drawn else ""
        self._stream.write(f"{up}\r\x1b[J" + "".join(row + "\n" for row in rows))
        self._stream.flush()
        self._drawn = rows


def progress_for(title: str, stream: TextIO | None = None) -> Progress:
    """Returns the display that suits the stream (standard output if None) and the environment."""
    stream = sys.stdout if stream is None else stream
    if wants_escapes(stream, os.environ):
        return TerminalProgress(title, stream, wants_colour(stream, os.environ))
    return PlainProgress(title, stream)
