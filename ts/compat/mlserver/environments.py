"""Python environments of models: one that is there, or one that is packed (conda-pack, venv-pack)."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from ts.compat.mlserver.settings import ModelSettings
from ts.compat.mlserver.utils import to_absolute_path

_PYTHON = Path("bin", "python")
_AFTERWARDS = Path("bin", "conda-unpack")
"""Packed environments of conda bring a script that is to run where they were unpacked."""


def python_of(model: ModelSettings, environments: Path) -> Path | None:
    """Returns the interpreter of a model's environment; None: the server's.

    Args:
        model: whose settings say `environment_path` or `environment_tarball`.
        environments: folder in which packed ones are unpacked, once for each content.

    Raises:
        ValueError: both are said, or there is no interpreter in it.
        OSError: it can't be read or written.
    """
    said = model.parameters
    path, packed = (said.environment_path, said.environment_tarball) if said else (None, None)
    if path and packed:
        raise ValueError(
            f"model {model.name}: environment_path and environment_tarball (expected: one of them)"
        )
    if path:
        return _interpreter(model, "environment_path", Path(to_absolute_path(model, path)))
    if packed:
        tarball = Path(to_absolute_path(model, packed))
        if not tarball.is_file():
            raise ValueError(f"model {model.name}: environment_tarball: {tarball} (expected: a file)")
        return _interpreter(model, "environment_tarball", _unpacked(model, tarball, environments))
    return None


def _interpreter(model: ModelSettings, key: str, folder: Path) -> Path:
    found = folder.absolute() / _PYTHON
    if not os.access(found, os.X_OK):
        raise ValueError(f"model {model.name}: {key}: {folder} (expected: an environment with {_PYTHON})")
    return found


def _unpacked(model: ModelSettings, tarball: Path, environments: Path) -> Path:
    target = environments / _digest(tarball)
    if target.is_dir():
        return target
    environments.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(dir=environments, prefix="unpacking-"))
    try:
        with tarfile.open(tarball) as packed:
            # Early releases of Python 3.10 know no filters.
            options = {"filter": "tar"} if hasattr(tarfile, "tar_filter") else {}
            packed.extractall(partial, **options)  # type: ignore[arg-type]
        partial.rename(target)
    except (tarfile.TarError, EOFError) as fault:
        why = str(fault).partition("\n")[0].rstrip(":")
        raise ValueError(
            f"model {model.name}: environment_tarball: {tarball}: {why} (expected: a packed environment)"
        ) from fault
    except OSError:
        # Another server was faster.
        if not target.is_dir():
            raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    if (target / _AFTERWARDS).is_file():
        _finish(model, tarball, target)
    return target


def _finish(model: ModelSettings, tarball: Path, target: Path) -> None:
    try:
        subprocess.run([str(target / _PYTHON), str(target / _AFTERWARDS)], check=True, timeout=600)
    except (OSError, subprocess.SubprocessError) as fault:
        # The next start is to begin anew, not to take it for whole.
        shutil.rmtree(target, ignore_errors=True)
        raise ValueError(
            f"model {model.name}: environment_tarball: {tarball}: {fault} "
            f"(expected: {_AFTERWARDS} ends with 0)"
        ) from fault


def _digest(file: Path) -> str:
    found = hashlib.sha256()
    with file.open("rb") as stream:
        while piece := stream.read(1 << 20):
            found.update(piece)
    return found.hexdigest()
