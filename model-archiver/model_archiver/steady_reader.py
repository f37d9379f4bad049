"""Reads a file of the plan and makes sure that it is still the file that was planned."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

from model_archiver.contents import Source
from model_archiver.model_archiver_error import ModelArchiverError
from model_archiver.plan import Entry


class SteadyReader:
    """A stream of exactly the planned size, which reports the bytes that went through.

    ``read`` raises :class:`ModelArchiverError` when the file is shorter or longer than planned: somebody is
    still writing it, and an archive of it would be torn.
    """

    def __init__(self, entry: Entry, stream: BinaryIO, advance: Callable[[int], None]) -> None:
        self._entry = entry
        self._stream = stream
        self._advance = advance
        self._read_bytes = 0

    def read(self, limit_bytes: int = -1) -> bytes:
        """Up to ``limit_bytes`` bytes, none at the end."""
        chunk = self._stream.read(limit_bytes)
        self._read_bytes += len(chunk)
        # Both kinds of stream below give less than asked for only at their end.
        at_end = limit_bytes < 0 or len(chunk) < limit_bytes
        missing_bytes = self._entry.size_bytes - self._read_bytes
        if missing_bytes < 0 or (at_end and missing_bytes > 0):
            raise _changed(self._entry)
        self._advance(len(chunk))
        return chunk


@contextmanager
def reading(entry: Entry, advance: Callable[[int], None]) -> Iterator[SteadyReader]:
    """Opens an entry for reading.

    Raises :class:`ModelArchiverError` when its file changed between the plan and the end of the block.
    """
    if isinstance(entry.content, bytes):
        yield SteadyReader(entry, io.BytesIO(entry.content), advance)
        return
    with entry.content.path.open("rb") as stream:
        yield SteadyReader(entry, stream, advance)
        if not _is_as_planned(entry.content, os.fstat(stream.fileno())):
            raise _changed(entry)


def _is_as_planned(source: Source, now: os.stat_result) -> bool:
    return (now.st_size, now.st_mtime_ns // 1_000_000_000) == (source.size_bytes, source.modified_s)


def _changed(entry: Entry) -> ModelArchiverError:
    return ModelArchiverError(
        f"{entry.name}: {entry.content!s} changed while it was packed (expected: a file nobody writes to)"
    )
