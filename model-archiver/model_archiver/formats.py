"""The archive formats: how a plan becomes bytes. Equal plans give equal bytes, whoever writes them."""

from __future__ import annotations

import gzip
import os
import shutil
import stat
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from model_archiver.instant import zip_date
from model_archiver.plan import Entry, Plan
from model_archiver.steady_reader import reading

Advance = Callable[[int], None]
_CHUNK_BYTES = 1024 * 1024
_COMPRESSION_LEVEL = 6
_MADE_ON_UNIX = 3


@dataclass(frozen=True, slots=True)
class ArchiveFormat:
    """A value of ``--archive-format``: what its output is called, what it is, and what writes it.

    ``write(plan, path, advance)`` creates ``path``, which must not exist; ``advance`` is told of bytes done.
    """

    suffix: str
    is_directory: bool
    write: Callable[[Plan, Path, Advance], None]


def _write_deflated(plan: Plan, path: Path, advance: Advance) -> None:
    _write_zip(plan, path, advance, zipfile.ZIP_DEFLATED)


def _write_stored(plan: Plan, path: Path, advance: Advance) -> None:
    _write_zip(plan, path, advance, zipfile.ZIP_STORED)


def _write_zip(plan: Plan, path: Path, advance: Advance, compression: int) -> None:
    with path.open("xb") as output:
        with zipfile.ZipFile(output, "w", compression) as archive:
            for entry in plan.entries:
                info = zipfile.ZipInfo(entry.name, zip_date(plan.entry_s))
                info.compress_type = compression
                info.create_system = _MADE_ON_UNIX
                info.external_attr = (stat.S_IFREG | _mode(entry)) << 16
                # Known beforehand, so that zipfile takes the 64-bit form exactly where the size needs it.
                info.file_size = entry.size_bytes
                with archive.open(info, "w") as sink, reading(entry, advance) as source:
                    shutil.copyfileobj(source, sink, _CHUNK_BYTES)
        _flush_to_disk(output.fileno())


def _write_tar_gz(plan: Plan, path: Path, advance: Advance) -> None:
    top = path.name.removesuffix(".tar.gz")
    with path.open("xb") as output:
        # No file name and no time in gzip's header; PAX for names and sizes beyond the old tar limits.
        with (
            gzip.GzipFile("", "wb", _COMPRESSION_LEVEL, output, mtime=0) as packed,
            tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT, encoding="utf-8") as archive,
        ):
            for entry in plan.entries:
                info = tarfile.TarInfo(f"{top}/{entry.name}")
                info.size = entry.size_bytes
                info.mtime = plan.entry_s
                info.mode = _mode(entry)
                with reading(entry, advance) as source:
                    archive.addfile(info, source)
        _flush_to_disk(output.fileno())


def _write_directory(plan: Plan, path: Path, advance: Advance) -> None:
    path.mkdir()
    for entry in plan.entries:
        file = path / entry.name
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("xb") as sink, reading(entry, advance) as source:
            shutil.copyfileobj(source, sink, _CHUNK_BYTES)
        if entry.executable:
            permissions = stat.S_IMODE(file.stat().st_mode)
            # Whoever may read it under the user's umask may execute it.
            file.chmod(permissions | (permissions & 0o444) >> 2)
        os.utime(file, (plan.entry_s, plan.entry_s))


def _mode(entry: Entry) -> int:
    return 0o755 if entry.executable else 0o644


def _flush_to_disk(file_descriptor: int) -> None:
    """So that the rename that follows can't outlive the content in a crash of the machine."""
    os.fsync(file_descriptor)


FORMATS: Mapping[str, ArchiveFormat] = MappingProxyType(
    {
        "default": ArchiveFormat(".mar", False, _write_deflated),
        "zip-store": ArchiveFormat(".mar", False, _write_stored),
        "tgz": ArchiveFormat(".tar.gz", False, _write_tar_gz),
        "no-archive": ArchiveFormat("", True, _write_directory),
    }
)
