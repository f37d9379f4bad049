"""What the frontend asks of the interpreter that a model's environment is made from."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from ts._installer.environments import identity, make_environment, packages_of
from ts._installer.programs import NoInstallerError, command, program
from ts._worker.parent import die_with_parent, lead_own_group

# What would make installers write elsewhere than into the environment.
_REDIRECTIONS = (
    "PIP_TARGET",
    "PIP_PREFIX",
    "PIP_ROOT",
    "PIP_USER",
    "UV_TARGET",
    "UV_PREFIX",
    "UV_SYSTEM_PYTHON",
)


def main(arguments: Sequence[str]) -> int:
    """Does what the arguments say; returns the exit status unless the process becomes the installer."""
    die_with_parent()
    lead_own_group()
    wanted = _parser().parse_args(arguments)
    try:
        if wanted.action == "identity":
            print(f"{identity()}|{program(wanted.installer) if wanted.installs else 'nothing'}")
            return 0
        _make(wanted)
    except (NoInstallerError, OSError) as fault:
        print(fault, file=sys.stderr)
        return 1
    return 0


def _make(wanted: argparse.Namespace) -> None:
    """Makes the environment; what installs into it takes the place of this process: one signal ends all."""
    interpreter = make_environment(wanted.folder / "venv")
    (wanted.folder / "packages").symlink_to(packages_of(wanted.folder / "venv"))
    if wanted.requirements is None:
        return
    words = command(program(wanted.installer), interpreter, wanted.requirements, wanted.wheels)
    environment = {name: value for name, value in os.environ.items() if name not in _REDIRECTIONS}
    sys.stdout.flush()
    # Requirements may name files by their place in the archive.
    os.chdir(wanted.directory)
    os.execvpe(words[0], words, environment)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ts._installer")
    actions = parser.add_subparsers(dest="action", required=True)
    asked = actions.add_parser("identity")
    asked.add_argument("--installs", action="store_true")
    asked.add_argument("--installer", default="auto")
    make = actions.add_parser("make")
    make.add_argument("folder", type=Path)
    make.add_argument("--directory", type=Path, required=True)
    make.add_argument("--installer", default="auto")
    make.add_argument("--requirements")
    make.add_argument("--wheels", action="append", default=[])
    return parser
