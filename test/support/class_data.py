"""A class-data archive for the servers of tests: each start costs a second of a core less with it.

`script/test` makes it before the first server (`python -m support.class_data`); without one, servers just
start slower. It belongs to one JVM and one set of jars, by its name; the JVM itself refuses one that does not
fit.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from support.places import JARS, ROOT
from ts._cli.cds import archive_key
from ts._cli.java import find_java, frontend_jars

FOLDER = ROOT / "build" / "class-data"


@functools.cache
def class_path() -> str:
    """Returns all jars in one order: the archive holds for that order only."""
    return os.pathsep.join(map(str, frontend_jars(JARS)))


@functools.cache
def archive() -> Path:
    """Returns where the archive is, or would be."""
    return FOLDER / f"{archive_key(find_java(os.environ), frontend_jars(JARS))}.jsa"


def flags() -> Sequence[str]:
    """Returns the JVM's flags that use the archive, none while there is none."""
    file = archive()
    if not file.is_file():
        return ()
    return ("-Xshare:auto", f"-XX:SharedArchiveFile={file}", *quiet())


def quiet() -> list[str]:
    """Returns the flags without which the JVM tells of archives where tests look for a server's words."""
    tags = ["cds*"] + (["aot*"] if find_java(os.environ).version >= 24 else [])
    return [f"-Xlog:{tag}=off" for tag in tags]


def main() -> int:
    """Makes the archive unless it is there; says so when it can't be made, which costs time and no test."""
    from support.training import train

    file = archive()
    if file.is_file():
        return 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for outdated in FOLDER.iterdir():
        outdated.unlink()
    # Half an archive would crash the next JVM: it gets its name when it is whole.
    part = file.with_suffix(".part")
    train([f"-XX:ArchiveClassesAtExit={part}", *quiet()])
    if part.is_file():
        part.rename(file)
    else:
        print("class data: the JVM has made no archive; servers start slower", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
