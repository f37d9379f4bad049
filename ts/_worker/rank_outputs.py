"""Which rank of a group has printed a line: each has pipes of its own, and torchrun's process marks lines."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import MutableMapping
from pathlib import Path

VARIABLE = "MARINER_RANK_OUTPUTS"
"""For the ranks: `/proc/PID/fd/` of torchrun's process, and the descriptors of the pipes there by rank, first
those for standard output, then those for errors; separated by commas.
"""

_LINE_BYTES = 64 * 1024
_LAST_SECONDS = 0.2


class RankOutputs:
    """Pipes for the outputs of each rank, and threads that carry their lines on as `rank 1: …`.

    Args:
        ranks: how many there are.
    """

    def __init__(self, ranks: int) -> None:
        self._writers: list[int] = []
        self._carriers: list[threading.Thread] = []
        for target in (1, 2):
            for rank in range(ranks):
                reader, writer = os.pipe()
                self._writers.append(writer)
                carrier = threading.Thread(target=_carry, args=(reader, target, rank), daemon=True)
                self._carriers.append(carrier)
                carrier.start()

    def where(self) -> str:
        """Returns the value of `VARIABLE`."""
        return ",".join((f"/proc/{os.getpid()}/fd", *map(str, self._writers)))

    def close(self) -> None:
        """Carries on what is left; a process that a rank has left behind may hold a pipe open."""
        for writer in self._writers:
            os.close(writer)
        for carrier in self._carriers:
            carrier.join(_LAST_SECONDS)


def _carry(reader: int, target: int, rank: int) -> None:
    mark = f"rank {rank}: ".encode()
    with os.fdopen(reader, "rb") as lines:
        while line := lines.readline(_LINE_BYTES):
            end = b"" if line.endswith(b"\n") else b"\n"
            with contextlib.suppress(OSError):
                os.write(target, mark + line + end)


def join_outputs(environment: MutableMapping[str, str]) -> None:
    """Gives this process, if it is a rank whose outputs are marked, the pipes that were made for it."""
    where = environment.pop(VARIABLE, None)
    if not where:
        return
    folder, *descriptors = where.split(",")
    rank, ranks = int(environment.get("RANK", "0")), len(descriptors) // 2
    # Where another process's descriptors can't be opened, lines go on unmarked.
    with contextlib.suppress(OSError):
        for target, descriptor in ((1, descriptors[rank]), (2, descriptors[ranks + rank])):
            pipe = os.open(Path(folder, descriptor), os.O_WRONLY)
            os.dup2(pipe, target)
            os.close(pipe)
