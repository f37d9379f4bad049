"""Reads the small texts that people write and other systems save: with marks, in their encodings."""

from __future__ import annotations

import codecs
from pathlib import Path

from ts._cli.errors import CommandError

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def decoded(content: bytes) -> str:
    """Returns the text: as its byte order mark says, else UTF-8 or, if it isn't that, ISO 8859-1. The server
    reads its configuration by the same rule."""
    for mark, encoding in _MARKS.items():
        if content.startswith(mark):
            return content.decode(encoding, errors="replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("iso-8859-1")


def read_text(path: Path, label: str) -> str:
    """Reads a file that the user has named; raises CommandError with label, path and reason when it can't be
    read."""
    try:
        return decoded(path.read_bytes())
    except OSError as error:
        raise CommandError(f"{label} can't be read: {path} ({error.strerror or error})") from error
