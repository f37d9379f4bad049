"""Which file goes where in the archive: one source for each name, whatever flag it came from."""

from __future__ import annotations

import filecmp
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from model_archiver.model_archiver_error import MissingFileError, ModelArchiverError


@dataclass(frozen=True, slots=True)
class Source:
    """A regular file of the input, as it was when it was found."""

    path: Path
    flag: str
    size_bytes: int
    modified_s: int
    executable: bool

    def __str__(self) -> str:
        return f"'{self.path}' ({self.flag})"


@dataclass(slots=True)
class Contents:
    """The archive's names and the file behind each. Filled flag by flag, then checked by :meth:`sources`."""

    _by_name: dict[str, Source] = field(default_factory=dict)

    def add(self, name: str, source: Source) -> None:
        """Puts ``source`` at ``name``; a second one with the same bytes is the same file and is dropped.

        Raises :class:`ModelArchiverError` when the name is taken by other content or can't be stored.
        """
        try:
            name.encode()
        except UnicodeEncodeError:
            raise ModelArchiverError(
                f"{source.flag}: {str(source.path)!r} (expected: a file name in UTF-8)"
            ) from None
        there = self._by_name.setdefault(name, source)
        if there is not source and not _same_bytes(there, source):
            raise ModelArchiverError(
                f"'{name}' would come from {there} and from {source}, which differ "
                "(expected: one content for each name in the archive)"
            )

    def sources(self) -> dict[str, Source]:
        """The files by name in the archive, in the order of names.

        Raises :class:`ModelArchiverError` when one name is both a file and a folder of another.
        """
        for name, source in self._by_name.items():
            for folder in _folders_of(name):
                if blocker := self._by_name.get(folder):
                    raise ModelArchiverError(
                        f"'{folder}' would be a file from {blocker} and a folder that holds {source} "
                        "(expected: one of them)"
                    )
        return dict(sorted(self._by_name.items()))


def find_file(path: Path, flag: str) -> Source:
    """The file at ``path``, links followed.

    Raises :class:`MissingFileError` when there is none, :class:`ModelArchiverError` when it is another thing.
    """
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        target = f", a link to '{path.readlink()}'" if path.is_symlink() else ""
        raise MissingFileError(f"{flag}: '{path}'{target} (expected: an existing file)") from None
    except OSError as error:
        raise ModelArchiverError(f"{flag}: '{path}': {error.strerror} (expected: a readable file)") from error
    if stat.S_ISDIR(found.st_mode):
        raise ModelArchiverError(
            f"{flag}: '{path}' is a directory (expected: a file; directories are packed with --extra-files)"
        )
    if not stat.S_ISREG(found.st_mode):
        raise ModelArchiverError(f"{flag}: '{path}' is neither a file nor a directory (expected: a file)")
    return Source(
        path=path,
        flag=flag,
        size_bytes=found.st_size,
        modified_s=found.st_mtime_ns // 1_000_000_000,
        executable=bool(found.st_mode & stat.S_IXUSR),
    )


def _same_bytes(one: Source, other: Source) -> bool:
    if one.path.samefile(other.path):
        return True
    return one.size_bytes == other.size_bytes and filecmp.cmp(one.path, other.path, shallow=False)


def _folders_of(name: str) -> Iterator[str]:
    while (cut := name.rfind("/")) >= 0:
        name = name[:cut]
        yield name
