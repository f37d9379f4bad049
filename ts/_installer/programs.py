"""The programs that install packages into an environment."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

# Run in the archive's folder, whose `logging.py` must not stand in for the standard library's.
_PIP = (
    "import runpy, sys; sys.path[:] = [p for p in sys.path if p]; "
    "runpy.run_module('pip', run_name='__main__', alter_sys=True)"
)


class NoInstallerError(Exception):
    """There is no program that could install."""


def program(wanted: str) -> str:
    """Which program installs.

    Args:
        wanted: `uv`, `pip`, or `auto`: uv where it is on the path, else pip.

    Returns:
        `uv` or `pip`.

    Raises:
        NoInstallerError: it is not there, with what was expected.
    """
    if wanted != "pip" and shutil.which("uv") is not None:
        return "uv"
    if wanted == "uv":
        raise NoInstallerError("uv is not on the path (expected: uv, or dependency_installer=pip)")
    if importlib.util.find_spec("pip") is not None:
        return "pip"
    also = "" if wanted == "pip" else "uv on the path, or "
    raise NoInstallerError(f"no pip in {sys.executable} (expected: {also}pip in the workers' Python)")


def command(name: str, interpreter: Path, requirements: str, wheels: Sequence[str]) -> list[str]:
    """The command that installs requirements into the environment of an interpreter.

    Args:
        name: as `program` returns it.
        interpreter: of the environment.
        requirements: file, relative to the working directory or absolute.
        wheels: folders in which packages are looked for besides the index.
    """
    links = [word for folder in wheels for word in ("--find-links", folder)]
    if name == "uv":
        # Nothing is downloaded to serve as the interpreter, and no settings of the archive are read.
        options = ["--no-config", "--no-python-downloads", "--no-progress", "--color", "never"]
        words = ["uv", *options, "pip", "install", "--python", str(interpreter)]
        return [*words, *links, "-r", requirements]
    options = ["--no-input", "--no-color", "--disable-pip-version-check", "--no-user"]
    words = [str(interpreter), "-c", _PIP, *options[:3], "install", options[3]]
    return [*words, "--progress-bar", "off", *links, "-r", requirements]
