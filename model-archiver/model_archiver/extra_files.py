"""The rules of ``--extra-files``: a comma-separated list of files, patterns and directories.

A file lands at the top of the archive under its own name. A directory stands for its contents: they land at
the top and keep their folders; folders of several directories are merged. A pattern (``*``, ``?``, ``[...]``)
stands for what it matches. ``__MACOSX``, ``__pycache__`` and dot-directories found on the way are left out,
and empty folders are not kept. Links are followed wherever they lead, and what they lead to is stored: the
folder of a model in a download cache is made of links that leave it.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from model_archiver.contents import Contents, Source, find_file
from model_archiver.manifest import MANIFEST_NAME
from model_archiver.model_archiver_error import MissingFileError, ModelArchiverError

FLAG = "--extra-files"
_UNWANTED = ("__MACOSX", "__pycache__")
_Identity = tuple[int, int]


def add_extra_files(listed: str, output: Path, contents: Contents, warn: Callable[[str], None]) -> None:
    """Adds what ``listed`` names to ``contents``, without an earlier ``output`` that lies among it.

    Raises :class:`ModelArchiverError` for a path that isn't there, or isn't a file or a directory.
    """
    for item in listed.split(","):
        for path in _paths(item, warn):
            for name, source in files_of(path, output, warn):
                if name == MANIFEST_NAME:
                    warn(f"{FLAG}: '{source.path}' is left out (the archiver writes {MANIFEST_NAME} itself)")
                else:
                    contents.add(name, source)


def _paths(item: str, warn: Callable[[str], None]) -> list[Path]:
    """What one item of the list names. Blanks around it are meant only if such a file exists."""
    path = item if os.path.lexists(item) else item.strip()
    if not path:
        return []
    if os.path.lexists(path):
        return [Path(path)]
    if not glob.has_magic(path):
        raise MissingFileError(f"{FLAG}: '{path}' (expected: an existing file, directory or pattern)")
    # Unlike Path.glob, this is the shell's rule: '*' matches no hidden file.
    found = sorted(Path(match) for match in glob.glob(path))  # noqa: PTH207
    matches = [match for match in found if not (match.is_dir() and _is_unwanted(match))]
    if not matches:
        warn(f"{FLAG}: '{path}' matches no file")
    return matches


def files_of(path: Path, output: Path, warn: Callable[[str], None]) -> Iterator[tuple[str, Source]]:
    """Yields each file of a file or directory with its name in the archive."""
    if not path.is_dir():
        yield path.name, find_file(path, FLAG)
        return
    pending: list[tuple[Path, str, tuple[_Identity, ...]]] = [(path, "", (_identity(path),))]
    while pending:
        directory, prefix, ancestors = pending.pop()
        for found in sorted(directory.iterdir()):
            if _is_output(found, output):
                warn(f"{FLAG}: '{found}' is left out (it is the output itself)")
            elif not found.is_dir():
                yield prefix + found.name, find_file(found, FLAG)
            elif not _is_unwanted(found):
                identity = _identity(found)
                if identity in ancestors:
                    raise ModelArchiverError(
                        f"{FLAG}: '{found}' is a link to a directory that holds it (expected: no loop)"
                    )
                pending.append((found, f"{prefix}{found.name}/", (*ancestors, identity)))


def _is_unwanted(directory: Path) -> bool:
    return directory.name in _UNWANTED or (directory.name.startswith(".") and directory.name != "..")


def _is_output(path: Path, output: Path) -> bool:
    return path.name == output.name and os.path.realpath(path) == os.path.realpath(output)


def _identity(directory: Path) -> _Identity:
    found = directory.stat()
    return found.st_dev, found.st_ino
