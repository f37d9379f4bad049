"""Where the archive will stand: it appears there whole, or not at all.

It is written in a private dot-directory beside its place and renamed from there: both are on one file system.
"""

from __future__ import annotations

import ctypes
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from model_archiver.manifest import MANIFEST_NAME
from model_archiver.model_archiver_error import ModelArchiverError

_STAGING_PREFIX = ".model-archiver-"
# Linux: <fcntl.h>, <stdio.h>.
_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


@dataclass(frozen=True, slots=True)
class OutputPlace:
    """The archive's final ``path``; ``replaces`` allows something of the same kind to stand there already."""

    path: Path
    is_directory: bool
    replaces: bool

    def check(self) -> None:
        """Raises :class:`ModelArchiverError` when an archive can't be put here."""
        folder = self.path.parent
        if not folder.is_dir():
            raise ModelArchiverError(f"--export-path: '{folder}' (expected: an existing directory)")
        if not os.path.lexists(self.path):
            return
        if not self.replaces:
            raise self._taken()
        if self.is_directory and not _is_archive_directory(self.path):
            raise ModelArchiverError(
                f"'{self.path}' is not an unpacked model archive, so --force does not replace it "
                f"(expected: a directory with {MANIFEST_NAME})"
            )
        if not self.is_directory and self.path.is_dir():
            raise ModelArchiverError(
                f"'{self.path}' is a directory (expected: a file that --force can replace)"
            )

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """A path to write to; what stands there when the block ends well is published, all else is removed.

        Raises :class:`ModelArchiverError` when the place was taken meanwhile.
        """
        folder = self.path.parent
        with tempfile.TemporaryDirectory(
            prefix=_STAGING_PREFIX, dir=folder, ignore_cleanup_errors=True
        ) as private:
            staged = Path(private, self.path.name)
            yield staged
            if self.is_directory:
                self._publish_directory(staged)
            else:
                self._publish_file(staged)

    def _publish_file(self, staged: Path) -> None:
        if self.replaces:
            staged.replace(self.path)
            return
        try:
            # Unlike a rename, a link never replaces what another run has put there meanwhile.
            os.link(staged, self.path)
        except FileExistsError:
            raise self._taken() from None
        except OSError:
            if os.path.lexists(self.path):
                raise self._taken() from None
            staged.rename(self.path)

    def _publish_directory(self, staged: Path) -> None:
        if not os.path.lexists(self.path):
            staged.rename(self.path)
        elif not self.replaces:
            raise self._taken()
        elif not _exchange(staged, self.path):
            former = staged.with_name(f"{staged.name}.former")
            self.path.rename(former)
            try:
                staged.rename(self.path)
            except BaseException:
                former.rename(self.path)
                raise

    def _taken(self) -> ModelArchiverError:
        return ModelArchiverError(f"'{self.path}' already exists (use --force to replace it)")


def _is_archive_directory(path: Path) -> bool:
    if not path.is_dir():
        return False
    return (path / MANIFEST_NAME).is_file() or not any(path.iterdir())


def _exchange(one: Path, other: Path) -> bool:
    """Swaps two paths in one step, where the system can; ``False`` leaves both as they were."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):
        return False
    return bool(
        rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), ctypes.c_uint(_RENAME_EXCHANGE))
        == 0
    )
