"""The job from start to end: check the configuration, plan the archive, write it, put it in its place."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from model_archiver.formats import FORMATS, ArchiveFormat
from model_archiver.model_archiver_config import ModelArchiverConfig
from model_archiver.model_archiver_error import ModelArchiverError
from model_archiver.output import OutputPlace
from model_archiver.plan import Plan, plan_archive
from model_archiver.progress import ProgressLine

RUNTIMES = ("python", "python3", "LSP")
_MODEL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_\-.]*")


@dataclass(frozen=True, slots=True)
class PackedArchive:
    """What was written: where, how many files with the manifest, and the size (packed, if packed)."""

    path: Path
    file_count: int
    size_bytes: int


def pack(
    config: ModelArchiverConfig,
    warn: Callable[[str], None],
    progress: ProgressLine | None = None,
    manifest: bytes | None = None,
) -> PackedArchive:
    """Writes the archive of ``config``; ``warn`` gets what is odd but no error, ``progress`` the bytes done.

    The manifest is made of ``config`` unless ``manifest`` brings its bytes.

    Raises :class:`ModelArchiverError` when an input or the output place is not usable, also when the system
    refuses (disk full, no permission); nothing is left behind then, and an older archive stays as it was.
    """
    _check(config)
    archive_format = FORMATS[config.archive_format]
    path = Path(config.export_path, config.model_name + archive_format.suffix)
    try:
        shown = progress or ProgressLine(config.model_name)
        place = OutputPlace(path, archive_format.is_directory, config.force)
        place.check()
        plan = plan_archive(config, path, warn)
        return write_plan(
            plan if manifest is None else plan.with_manifest(manifest), place, archive_format, shown
        )
    except ModelArchiverError:
        raise
    except OSError as error:
        what = error.strerror or str(error) or type(error).__name__
        where = "" if error.filename is None else f" ('{error.filename}')"
        raise ModelArchiverError(f"'{path}' can't be made: {what}{where}") from error


def write_plan(
    plan: Plan, place: OutputPlace, archive_format: ArchiveFormat, progress: ProgressLine
) -> PackedArchive:
    """Writes what was planned to its place, where it appears whole or not at all."""
    path = place.path
    progress.start(plan.total_bytes)
    try:
        with place.staging() as staged:
            archive_format.write(plan, staged, progress.advance)
            # The last moment to turn back: what is written is put in its place next.
            progress.advance(0)
    finally:
        progress.finish()
    size_bytes = plan.total_bytes if archive_format.is_directory else path.stat().st_size
    return PackedArchive(path, len(plan.entries), size_bytes)


def _check(config: ModelArchiverConfig) -> None:
    """Checks the plain values, also those that the flags' parser knows: callers of the interface skip it."""
    check_model_name(config.model_name)
    if not config.version:
        raise ModelArchiverError("--version: '' (expected: a version, such as 1.0)")
    if not config.handler:
        raise ModelArchiverError("--handler: '' (expected: a file or the name of a built-in handler)")
    if not config.export_path:
        raise ModelArchiverError("--export-path: '' (expected: an existing directory)")
    for flag, value, known in (
        ("--runtime", config.runtime, RUNTIMES),
        ("--archive-format", config.archive_format, tuple(FORMATS)),
    ):
        if value not in known:
            raise ModelArchiverError(f"{flag}: '{value}' (expected: one of {', '.join(known)})")


def check_model_name(model_name: str) -> None:
    """Raises :class:`ModelArchiverError` for a name that no model can have."""
    if not _MODEL_NAME.fullmatch(model_name):
        raise ModelArchiverError(
            f"--model-name: '{model_name}' "
            "(expected: a letter or digit, then letters, digits, '_', '-' and '.')"
        )
