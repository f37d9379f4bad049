"""Archives of applications: `.mar` of one model on one route, `.war` of everything else."""

from __future__ import annotations

import json
import os
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mariner.app import App
from mariner.plan import Plan

_INSTANT = (1980, 1, 1, 0, 0, 0)
_MODE = 0o644 << 16


@dataclass(frozen=True)
class Packed:
    """An archive that was written.

    Attributes:
        path: of the archive.
        files: how many it has.
    """

    path: Path
    files: int


def pack(app: App, folder: Path, name: str | None = None, force: bool = False) -> Packed:
    """Writes an application's archive; the same content gives the same bytes.

    Args:
        app: at the top level of a script.
        folder: gets the archive.
        name: of the archive, and of a model; None: that of the application.
        force: whether an archive that is there may be replaced.

    Raises:
        DefinitionError: another process would not find the application, or its files.
        FileExistsError: there is an archive already.
        OSError: it can't be written.
    """
    app.importable()
    plan = app.plan(packed=True)
    single = len(plan.stages) == 1 and len(plan.routes) == 1
    target = folder / f"{name or app.name}{'.mar' if single else '.war'}"
    if target.exists() and not force:
        raise FileExistsError(f"{target} is there already (expected: --force to replace it)")
    with tempfile.TemporaryDirectory(prefix="mariner-pack-") as scratch:
        root = plan.write(Path(scratch) / "app")
        files = _model_files(plan, root, target.stem) if single else _files(root)
    _write(target, files)
    return Packed(target, len(files))


def _model_files(plan: Plan, root: Path, name: str) -> Mapping[str, bytes]:
    found = dict(_files(root / "stages" / plan.stages[0].name))
    manifest = json.loads(found["MAR-INF/MANIFEST.json"])
    manifest["model"]["modelName"] = name
    return {**found, "MAR-INF/MANIFEST.json": json.dumps(manifest, indent=2).encode()}


def _files(root: Path) -> Mapping[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


def _write(target: Path, files: Mapping[str, bytes]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in sorted(files):
                entry = zipfile.ZipInfo(name, _INSTANT)
                entry.external_attr = _MODE
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, files[name])
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
