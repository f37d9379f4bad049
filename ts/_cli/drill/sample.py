"""Which archive is drilled, and the request that a healthy model answers."""

from __future__ import annotations

import json
import tarfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ts._cli.errors import CommandError

_SUFFIXES = (".mar", ".tar.gz", ".tgz", "")
_TYPES = {".json": "application/json", ".txt": "text/plain"}
_BYTES = "application/octet-stream"
_MANIFEST = "MAR-INF/MANIFEST.json"
_YAML = "model-config.yaml"


@dataclass(frozen=True)
class Sample:
    """A request's body. `content_type` None sends none: the handler gets the bytes as they are."""

    body: bytes
    content_type: str | None
    origin: str

    @property
    def headers(self) -> dict[str, str]:
        """The headers that go with it."""
        return {} if self.content_type is None else {"Content-Type": self.content_type}


def find_archive(model: str, store: str | None) -> Path:
    """Returns the archive: MODEL is its path, or its name in the store. Raises CommandError for others."""
    if store is not None and not Path(store).is_dir():
        raise CommandError(f"--model-store directory not found: {store}")
    folders = [Path.cwd()] if store is None else [Path(store)]
    for folder in folders:
        for suffix in _SUFFIXES:
            found = folder / f"{model}{suffix}"
            if found.is_file() or (found / _MANIFEST).is_file():
                return found.resolve()
    where = "an archive's path, or --model-store and a name in it" if store is None else f"a model in {store}"
    raise CommandError(f"MODEL: {model!r} (expected: {where})", 2)


class Archive:
    """Reads single files of an archive or of a model's folder."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, name: str) -> bytes | None:
        """Returns a file's bytes, None when it is not there. Raises CommandError for a broken archive."""
        try:
            if self._path.is_dir():
                file = self._path / name
                return file.read_bytes() if file.is_file() else None
            if zipfile.is_zipfile(self._path):
                with zipfile.ZipFile(self._path) as archive:
                    return archive.read(name) if name in archive.namelist() else None
            return self._of_tar(name)
        except (OSError, tarfile.TarError, zipfile.BadZipFile) as error:
            raise CommandError(f"{self._path} can't be read: {error}") from error

    def _of_tar(self, name: str) -> bytes | None:
        with tarfile.open(self._path) as archive:
            for entry in archive:
                # Everything lies below one folder, or beside the manifest.
                inner = entry.name.removeprefix("./")
                if entry.isfile() and (inner == name or inner.partition("/")[2] == name):
                    content = archive.extractfile(entry)
                    return None if content is None else content.read()
        return None


def _warmup(archive: Archive) -> Any:
    try:
        manifest = json.loads(archive.read(_MANIFEST) or b"{}")
        name = manifest["model"].get("configFile") or _YAML
    except (ValueError, KeyError, AttributeError, TypeError):
        name = _YAML
    text = archive.read(str(name))
    if text is None:
        return None
    # Only this command reads YAML; workers need the same package, so that it is there.
    import yaml

    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError:
        # The server has the better words for it.
        return None
    return content.get("warmup") if isinstance(content, dict) else None


def _declared(entry: Mapping[str, Any], archive: Archive) -> Sample:
    kind = entry.get("contentType")
    given = None if kind is None else str(kind)
    if "file" in entry:
        name = str(entry["file"])
        body = archive.read(name)
        if body is None:
            raise CommandError(f"{_YAML}: warmup: file: {name} (expected: a file in the archive)")
        return Sample(body, given or _BYTES, f"warmup file {name}")
    if "json" in entry:
        return Sample(json.dumps(entry["json"]).encode(), given or "application/json", "warmup json")
    if "text" in entry:
        return Sample(str(entry["text"]).encode(), given or "text/plain", "warmup text")
    raise CommandError(f"{_YAML}: warmup: {dict(entry)} (expected: file, json or text)")


def sample_for(path: Path, input_file: str | None, content_type: str | None) -> Sample:
    """Returns the sample: the input file, else the first `warmup` entry of the archive.

    Raises CommandError when there is neither, or when one can't be read.
    """
    if input_file is not None:
        file = Path(input_file)
        try:
            return Sample(file.read_bytes(), content_type or _TYPES.get(file.suffix), f"file {input_file}")
        except OSError as error:
            raise CommandError(f"--input can't be read: {input_file} ({error.strerror})", 2) from error
    archive = Archive(path)
    entries = _warmup(archive)
    if not entries:
        raise CommandError(
            "no sample request: give one with --input FILE (and --content-type TYPE), "
            f"or declare `warmup` in the archive's {_YAML}",
            2,
        )
    if not isinstance(entries, list) or not isinstance(entries[0], dict):
        raise CommandError(f"{_YAML}: warmup: {entries!r} (expected: a list of file, json or text)")
    found = _declared(entries[0], archive)
    return found if content_type is None else Sample(found.body, content_type, found.origin)
