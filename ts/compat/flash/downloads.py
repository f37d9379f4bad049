"""Files of URLs: loaded once by the script that serves, and taken as they are by its workers."""

from __future__ import annotations

import shutil
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote, urlsplit

_SECONDS = 60
_NAME = "model.pt"

_again: ContextVar[bool] = ContextVar("flash_again", default=False)
_urls: dict[Path, str] = {}


@contextmanager
def kept() -> Iterator[None]:
    """Has files that are there already stand for their URLs: the script that serves has just loaded them."""
    token = _again.set(True)
    _urls.clear()
    try:
        yield
    finally:
        _again.reset(token)


def load(url: str, place: Path | None) -> Path:
    """Returns where the file of a URL is, after it was loaded.

    Args:
        url: of HTTP.
        place: the file, or a folder for it; None: the working folder. Where another URL's file is there
            already, this one gets a name beside it.

    Raises:
        OSError: it can't be loaded or written.
    """
    target = _target(url, place)
    if _again.get() and target.is_file():
        return target
    try:
        with (
            urllib.request.urlopen(url, timeout=_SECONDS) as content,
            tempfile.TemporaryDirectory(dir=target.parent, prefix=f"{target.name}.") as folder,
        ):
            file = Path(folder) / _NAME
            with file.open("wb") as written:
                shutil.copyfileobj(content, written)
            size, told = file.stat().st_size, content.headers.get("Content-Length")
            if told is not None and size != int(told):
                raise OSError(f"{size} of {told} bytes came")
            file.replace(target)
    except OSError as fault:
        raise OSError(
            f"Servable: {url}: {fault} (expected: a file that can be loaded to {target})"
        ) from fault
    return target


def _target(url: str, place: Path | None) -> Path:
    name = Path(unquote(urlsplit(url).path)).name or _NAME
    target = Path(name) if place is None else place / name if place.is_dir() else place
    target = target.absolute()
    if _urls.setdefault(target, url) != url:
        target = target.with_name(f"{target.stem}-{sha256(url.encode()).hexdigest()[:8]}{target.suffix}")
    return target
