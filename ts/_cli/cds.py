"""A class-data archive of the frontend in the user's cache folder, which shortens the JVM's start.

The first start lets the JVM note which classes it loads; once the server is up, a process of its own at
the lowest
priority makes the archive from that list (`python -m ts._cli.cds`), and later starts map it. The JVM could
write one
itself while it exits (-XX:ArchiveClassesAtExit), but then a full disk or a kill would touch the server's
exit code, or
leave half an archive, which crashes the next JVM. Nothing in here ever fails a start.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ts._cli.java import Java

_FOREIGN = (
    "-Xshare",
    "-XX:SharedArchiveFile",
    "-XX:ArchiveClassesAtExit",
    "-XX:AOT",
    "-XX:+AutoCreateSharedArchive",
    "-XX:DumpLoadedClassList",
    "-XX:SharedClassListFile",
)
_DUMP_TIMEOUT_SECONDS = 120
# A lock older than this was left by a process that was killed.
_STALE_LOCK_SECONDS = 2 * _DUMP_TIMEOUT_SECONDS


@dataclass(frozen=True)
class ClassArchive:
    """What a start does about the archive: the flags for the JVM, and where to note classes if it is not
    there yet."""

    flags: tuple[str, ...] = ()
    class_list: Path | None = None
    archive: Path | None = None


def cache_folder(environment: Mapping[str, str]) -> Path | None:
    """Returns the folder for archives; None when the user has no home to keep one in."""
    base = environment.get("XDG_CACHE_HOME") or ""
    if base.startswith("/"):
        return Path(base, "mariner", "cds")
    home = environment.get("HOME") or ""
    return Path(home, ".cache", "mariner", "cds") if home.startswith("/") else None


def archive_key(java: Java, jars: Sequence[Path]) -> str:
    """Returns a name that changes with the JVM and with any jar, as the JVM would refuse the archive then."""
    described = [java.executable, java.build]
    for jar in jars:
        facts = jar.stat()
        described.append(f"{jar} {facts.st_size} {facts.st_mtime_ns}")
    return hashlib.sha256("\n".join(described).encode()).hexdigest()[:24]


def _quiet_flags(java: Java) -> list[str]:
    # A stale archive is no news for the user; without this the JVM warns on stdout.
    return ["-Xlog:cds*=off"] + (["-Xlog:aot*=off"] if java.version >= 24 else [])


def _private(folder: Path) -> bool:
    # Who can write here decides which code the JVM maps.
    facts = folder.stat()
    return facts.st_uid == os.getuid() and not facts.st_mode & 0o022


def choose(java: Java, jars: Sequence[Path], vmargs: Sequence[str], folder: Path | None) -> ClassArchive:
    """Returns the archive's flags if there is one, else those that note classes for it, else (no folder)
    nothing."""
    if folder is None or any(arg.startswith(_FOREIGN) for arg in vmargs):
        return ClassArchive()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not _private(folder):
            return ClassArchive()
        archive = folder / f"{archive_key(java, jars)}.jsa"
        if archive.is_file():
            os.utime(archive)
            return ClassArchive(("-Xshare:auto", f"-XX:SharedArchiveFile={archive}", *_quiet_flags(java)))
        handle, name = tempfile.mkstemp(prefix=archive.stem + ".", suffix=".classlist", dir=folder)
        os.close(handle)
    except OSError:
        return ClassArchive()
    return ClassArchive((f"-XX:DumpLoadedClassList={name}",), Path(name), archive)


def begin_dump(java: Java, jars: Sequence[Path], choice: ClassArchive) -> None:
    """Makes the archive in a process of its own, which goes on when this one ends; does nothing if none is
    due."""
    if choice.class_list is None or choice.archive is None:
        return
    paths = [str(choice.class_list), str(choice.archive), ":".join(str(jar) for jar in jars)]
    try:
        subprocess.Popen(
            [sys.executable, "-m", "ts._cli.cds", java.executable, *paths],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
            start_new_session=True,
        )
    except OSError:
        discard(choice)


def discard(choice: ClassArchive) -> None:
    """Removes the class list of a start that came to nothing."""
    if choice.class_list is not None:
        choice.class_list.unlink(missing_ok=True)


def _take_lock(lock: Path) -> bool:
    try:
        if time.time() - lock.stat().st_mtime > _STALE_LOCK_SECONDS:
            lock.unlink(missing_ok=True)
    except FileNotFoundError:
        pass
    try:
        lock.touch(mode=0o600, exist_ok=False)
    except FileExistsError:
        return False
    return True


def dump(executable: str, class_list: Path, archive: Path, class_path: str) -> bool:
    """Makes the archive from what the list holds by now; it gets its name only when it is whole.

    Returns whether this call made it: False if another process is at it, or if the JVM could not.
    """
    lock = archive.with_suffix(".lock")
    part = class_list.with_suffix(".part")
    frozen = class_list.with_suffix(".frozen")
    try:
        if archive.exists() or not _take_lock(lock):
            return False
        try:
            # The server may still be writing: its last line may be half a name.
            frozen.write_bytes(class_list.read_bytes().rpartition(b"\n")[0] + b"\n")
            flags = ["-Xshare:dump", "-Xlog:disable", f"-XX:SharedClassListFile={frozen}"]
            command = [executable, *flags, f"-XX:SharedArchiveFile={part}", "-cp", class_path]
            made = subprocess.run(command, timeout=_DUMP_TIMEOUT_SECONDS, check=False).returncode == 0
            if made and part.is_file():
                part.rename(archive)
                return True
            return False
        finally:
            lock.unlink(missing_ok=True)
    finally:
        for left in (class_list, part, frozen):
            left.unlink(missing_ok=True)


def _main(arguments: Sequence[str]) -> int:
    executable, class_list, archive, class_path = arguments
    os.nice(19)
    try:
        return 0 if dump(executable, Path(class_list), Path(archive), class_path) else 1
    except (OSError, subprocess.TimeoutExpired):
        return 1


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
