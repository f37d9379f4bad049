"""What workers print, and what the server warns of, on the terminal of a command that runs it in front."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from ts._cli.logs import LogFile

_POLL_SECONDS = 0.1
_PRINTED = re.compile(r"\S+ \[\w+ *\] W-\d+-(?P<model>\S+)_[^_\s]+-std(out|err) MODEL_LOG - (?P<text>.*)")
_JSON_LOGGER = '"logger":"MODEL_LOG"'
_GRAVE = re.compile(r'\S+ \[(WARN |ERROR|FATAL)\] |.*"level":"(WARN|ERROR|FATAL)"')
_DIM, _PLAIN = "\x1b[2m", "\x1b[0m"


class WorkerOutput:
    """Shows lines of a server's console as they come: those that workers print, each with the name of its
    model, and once the server runs what it warns of.

    Args:
        console: the file that the server's console is.
        title: of what is served; models of its stages go by the stage's name.
        stream: where lines are shown.
        colour: whether names may be coloured.
    """

    def __init__(self, console: Path, title: str, stream: TextIO, colour: bool) -> None:
        self._file = LogFile(console)
        self._prefix = f"{title}__"
        self._stream = stream
        self._colour = colour

    def show(self, warnings: bool) -> None:
        """Shows what has come since the last call; `warnings`: the server's too."""
        shown = [text for line in self._file.more() if (text := self._shown(line, warnings)) is not None]
        if shown:
            self._stream.write("".join(f"{text}\n" for text in shown))
            self._stream.flush()

    def _shown(self, line: str, warnings: bool) -> str | None:
        printed = _PRINTED.fullmatch(line)
        if printed is not None:
            name = f"{printed['model'].removeprefix(self._prefix)}:"
            return f"{_DIM}{name}{_PLAIN} {printed['text']}" if self._colour else f"{name} {printed['text']}"
        return line if _JSON_LOGGER in line or (warnings and _GRAVE.match(line)) else None

    @contextmanager
    def followed(self) -> Iterator[None]:
        """Shows lines in the background, until the end of the context."""
        over = threading.Event()

        def follow() -> None:
            while not over.wait(_POLL_SECONDS):
                self.show(warnings=True)

        thread = threading.Thread(target=follow, name="worker-output", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
            self.show(warnings=True)
