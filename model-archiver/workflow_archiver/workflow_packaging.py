"""Entry point of the ``torch-workflow-archiver`` command: flags in, a ``.war`` out."""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from model_archiver.instant import creation_instant, entry_instant, zip_date
from model_archiver.manifest import created_on
from model_archiver.model_archiver_error import ModelArchiverError

from workflow_archiver.version import __version__
from workflow_archiver.workflow_archiver_error import WorkflowArchiverError

MANIFEST_NAME = "WAR-INF/MANIFEST.json"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_\-.]*")
_MODE = 0o100644


def parser() -> argparse.ArgumentParser:
    """Returns the command's flags, those of TorchServe's archiver."""
    flags = argparse.ArgumentParser(
        prog="torch-workflow-archiver", description="Packs a workflow into a workflow archive (.war)."
    )
    flags.add_argument(
        "--workflow-name", required=True, help="name of the workflow; the archive is called <name>.war"
    )
    flags.add_argument("--spec-file", required=True, metavar="FILE", help="its models and their order, YAML")
    flags.add_argument("--handler", metavar="FILE", help="Python file with the functions that are its nodes")
    flags.add_argument(
        "--export-path", metavar="DIR", help="where the archive is put (default: the current folder)"
    )
    flags.add_argument("--extra-files", metavar="FILES", help="further files, with commas between them")
    flags.add_argument(
        "-f", "--force", action="store_true", help="replace an archive that stands there already"
    )
    flags.add_argument("-v", "--version", action="version", version=__version__)
    return flags


def package_workflow(options: argparse.Namespace) -> Path:
    """Makes the archive that the flags describe; returns its path.

    Raises :class:`WorkflowArchiverError` when an input or the output place is not usable; nothing is left
    then.
    """
    name = options.workflow_name
    if not _NAME.fullmatch(name):
        raise WorkflowArchiverError(
            f"--workflow-name: '{name}' (expected: letters, digits, '_', '-', '.'; first a letter or digit)"
        )
    files = _files(options)
    target = Path(options.export_path or ".") / f"{name}.war"
    if not target.parent.is_dir():
        raise WorkflowArchiverError(f"--export-path: '{target.parent}' (expected: an existing directory)")
    if target.is_dir() or (target.exists() and not options.force):
        raise WorkflowArchiverError(
            f"{target} already exists. (expected: another --export-path, or --force for a file)"
        )
    try:
        created_s = creation_instant(int(path.stat().st_mtime) for path in files.values())
        manifest = _manifest(options, created_s)
        with tempfile.TemporaryDirectory(prefix=".workflow-archiver-", dir=target.parent) as staging:
            staged = Path(staging, target.name)
            _write(staged, files, manifest, created_s)
            staged.replace(target)
    except (OSError, ModelArchiverError) as error:
        raise WorkflowArchiverError(f"'{target}' can't be written: {error}") from error
    return target


def _files(options: argparse.Namespace) -> dict[str, Path]:
    """Returns the archive's files by their names in it."""
    given = [("--spec-file", options.spec_file)]
    if options.handler:
        given.append(("--handler", options.handler))
    given += [("--extra-files", text) for text in (options.extra_files or "").split(",") if text.strip()]
    files: dict[str, Path] = {}
    for flag, text in given:
        path = Path(text.strip())
        if not path.is_file():
            raise WorkflowArchiverError(f"{flag}: '{text}' (expected: an existing file)")
        other = files.setdefault(path.name, path)
        if other.resolve() != path.resolve():
            raise WorkflowArchiverError(f"{flag}: '{text}' has the name of '{other}' (expected: another one)")
    return files


def _manifest(options: argparse.Namespace, created_s: int) -> bytes:
    workflow = {"workflowName": options.workflow_name, "specFile": Path(options.spec_file).name}
    if options.handler:
        workflow["handler"] = Path(options.handler).name
    manifest = {"createdOn": created_on(created_s), "workflow": workflow, "archiverVersion": __version__}
    return json.dumps(manifest, indent=2).encode()


def _write(target: Path, files: Mapping[str, Path], manifest: bytes, created_s: int) -> None:
    date = zip_date(entry_instant(created_s))
    contents = {MANIFEST_NAME: manifest, **{name: path.read_bytes() for name, path in files.items()}}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(contents):
            entry = zipfile.ZipInfo(name, date)
            entry.external_attr = _MODE << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, contents[name])


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit status: 0, or 1 if an input or the output place is not usable."""
    try:
        package_workflow(parser().parse_args(argv))
    except WorkflowArchiverError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def generate_workflow_archive() -> None:
    """Acts as the command with the process's arguments; raises ``SystemExit`` with a status that is not 0."""
    if status := main():
        raise SystemExit(status)


if __name__ == "__main__":
    generate_workflow_archive()
