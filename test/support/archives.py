"""Archives that nobody should unpack, made by hand."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from pathlib import Path

HANDLER = b"def handle(data, context):\n    return data and [b'x'] * len(data)\n"


def manifest(name: str) -> bytes:
    """Returns a manifest that is in order."""
    model = {"modelName": name, "handler": "h.py", "modelVersion": "1.0"}
    return json.dumps({"runtime": "python", "model": model}).encode()


def _zip(path: Path, name: str, extra: dict[str, bytes], kind: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", kind) as archive:
        archive.writestr("MAR-INF/MANIFEST.json", manifest(name))
        archive.writestr("h.py", HANDLER)
        for entry, data in extra.items():
            archive.writestr(entry, data)
    return path


def zip_with(path: Path, name: str, entry: str, data: bytes = b"owned") -> Path:
    """A zip with one more entry of that name."""
    return _zip(path, name, {entry: data})


def zip_bomb(path: Path, name: str) -> Path:
    """A small zip that would unpack to 200 MB of zeros."""
    return _zip(path, name, {f"zeros{number}.bin": bytes(50_000_000) for number in range(4)})


def zip_with_link(path: Path, name: str, target: str) -> Path:
    """A zip whose entry `link` is a symbolic link."""
    link = zipfile.ZipInfo("link")
    link.create_system = 3
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("MAR-INF/MANIFEST.json", manifest(name))
        archive.writestr("h.py", HANDLER)
        archive.writestr(link, target)
    return path


def _tar(path: Path, name: str, extra: list[tuple[tarfile.TarInfo, bytes]]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for entry, data in ((f"{name}/MAR-INF/MANIFEST.json", manifest(name)), (f"{name}/h.py", HANDLER)):
            info = tarfile.TarInfo(entry)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        for info, data in extra:
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data) if data else None)
    return path


def tar_with(path: Path, name: str, entry: str) -> Path:
    """A tar with one more file of that name."""
    return _tar(path, name, [(tarfile.TarInfo(entry), b"owned")])


def tar_with_link(path: Path, name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> Path:
    """A tar with a link, and a file that would be written through it."""
    link = tarfile.TarInfo(f"{name}/link")
    link.type, link.linkname = kind, target
    return _tar(path, name, [(link, b""), (tarfile.TarInfo(f"{name}/link/owned"), b"owned")])


def truncated(path: Path, whole: Path) -> Path:
    """The first half of another archive."""
    data = whole.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    return path
