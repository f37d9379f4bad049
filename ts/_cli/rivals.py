"""Detects an installed TorchServe: two distributions that own the package `ts` overwrite each other's
files."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import metadata

from ts._cli.errors import CommandError

_NAMES = ("torchserve", "torchserve-nightly")


def _owns_ts(distribution: metadata.Distribution) -> bool:
    files = distribution.files
    # Without a list of files the name has to do.
    return files is None or any(file.parts[:1] == ("ts",) for file in files)


def refuse_torchserve(search_path: Sequence[str] | None = None) -> None:
    """Raises CommandError that names the mend when TorchServe is installed in this Python.

    `search_path` are the folders to look at (default: sys.path).
    """
    for name in _NAMES:
        places = list(sys.path if search_path is None else search_path)
        for distribution in metadata.Distribution.discover(name=name, path=places):
            if _owns_ts(distribution):
                raise CommandError(
                    f"the package {name} {distribution.version} is installed beside mariner-serve, "
                    "and both own `ts`.\n"
                    f"Mend it with: pip uninstall --yes {name} && "
                    "pip install --force-reinstall --no-deps mariner-serve"
                )
