"""The archive's one instant, in the manifest and on every entry, so that equal input gives equal bytes."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable

from model_archiver.model_archiver_error import ModelArchiverError

# The zip format's first and last time stamps, as seconds since 1970 (UTC).
EARLIEST_ENTRY_S = 315_532_800
LATEST_ENTRY_S = 4_354_819_198
_LATEST_DATE_S = 253_402_300_799
_VARIABLE = "SOURCE_DATE_EPOCH"


def creation_instant(modified_s: Iterable[int]) -> int:
    """Seconds since 1970: ``SOURCE_DATE_EPOCH``, else the newest of ``modified_s``, else 1 January 1980.

    Raises :class:`ModelArchiverError` when the variable is not a number of seconds.
    """
    given = os.environ.get(_VARIABLE, "")
    if not given:
        newest = max(modified_s, default=EARLIEST_ENTRY_S)
        return min(max(newest, 0), _LATEST_DATE_S)
    if not (given.isascii() and given.isdigit()) or len(given) > 12 or int(given) > _LATEST_DATE_S:
        raise ModelArchiverError(f"{_VARIABLE}: '{given}' (expected: whole seconds since 1970-01-01 UTC)")
    return int(given)


def entry_instant(created_s: int) -> int:
    """The nearest instant that every format can store for an entry, in seconds since 1970."""
    return min(max(created_s, EARLIEST_ENTRY_S), LATEST_ENTRY_S)


def zip_date(entry_s: int) -> tuple[int, int, int, int, int, int]:
    """``entry_s`` in UTC as the zip format's year, month, day, hour, minute and second."""
    return time.gmtime(entry_s)[:6]
