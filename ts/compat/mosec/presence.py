"""Which workers of a stage live: a server ends when all of one stage have died, as Mosec's does.

A worker that died is replaced within moments, so looking now and then is not enough: the one that takes the
place of the last of a stage notes that.
"""

from __future__ import annotations

import os
from pathlib import Path


class Presence:
    """The workers of one stage, each with a file that holds its process id.

    Args:
        folder: of all stages' files.
        stage: its name.
    """

    def __init__(self, folder: Path, stage: str) -> None:
        self._folder = folder
        self._stage = stage
        self._mark = folder / f"{stage}.deserted"

    def arrive(self, number: int) -> None:
        """Notes that this process is the stage's worker of that number, from 1."""
        own = self._folder / f"{self._stage}.{number}"
        if own.exists() and not any(_lives(file) for file in self._files()):
            self._mark.touch()
        # Whole or not at all: who looks meanwhile must not find an empty file.
        new = own.with_name(f"new-{self._stage}.{number}")
        new.write_text(str(os.getpid()), encoding="ascii")
        new.replace(own)

    def is_deserted(self, count: int) -> bool:
        """Returns whether all of so many workers were dead at once; those on their way are not dead."""
        files = self._files()
        return self._mark.exists() or (len(files) >= count and not any(_lives(file) for file in files))

    def _files(self) -> list[Path]:
        return [file for file in self._folder.glob(f"{self._stage}.*") if file.suffix[1:].isdigit()]


def _lives(file: Path) -> bool:
    try:
        os.kill(int(file.read_text(encoding="ascii")), 0)
    except ProcessLookupError:
        return False
    return True
