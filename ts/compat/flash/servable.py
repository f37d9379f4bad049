"""Models that come from files."""

from __future__ import annotations

import shutil
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


class Servable:
    """A model from a file or URL.

    Args:
        args: where a TorchScript file is; or a class with `load_from_checkpoint`, and where its checkpoint
            is; or a module of torch as it is.
        download_path: where a file from a URL is kept; None: under its own name in the working folder.

    Attributes:
        instance: the model.

    Raises:
        TypeError: the arguments are others.
        OSError: the file can't be read or loaded from there.
    """

    def __init__(self, *args: Any, download_path: str | Path | None = None) -> None:
        if not 1 <= len(args) <= 2:
            raise TypeError(f"Servable: {len(args)} arguments (expected: a place, or a class and a place)")
        kept = None if download_path is None else Path(download_path)
        if len(args) == 2:
            kind, place = args
            load = getattr(kind, "load_from_checkpoint", None)
            if not callable(load):
                raise TypeError(f"Servable: {kind!r} (expected: a class with load_from_checkpoint)")
            self.instance = load(str(_local(place, kept)))
        elif isinstance(args[0], (str, Path)):
            import torch

            self.instance = torch.jit.load(str(_local(args[0], kept)))
        elif callable(args[0]) and not isinstance(args[0], type):
            self.instance = args[0]
        else:
            raise TypeError(f"Servable: {args[0]!r} (expected: a path, a URL or a module)")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Calls the model."""
        return self.instance(*args, **kwargs)

    def __repr__(self) -> str:
        return repr(self.instance)


def _local(place: str | Path, kept: Path | None) -> Path:
    """Returns where a file is, loaded from its URL if it has one."""
    if not isinstance(place, (str, Path)):
        raise TypeError(f"Servable: {place!r} (expected: a path or a URL)")
    address = urlsplit(str(place))
    if address.scheme not in ("http", "https"):
        return Path(place)
    target = kept or Path(Path(address.path).name or "model.pt")
    if not target.exists():
        partial = target.with_name(target.name + ".part")
        with urllib.request.urlopen(str(place)) as content, partial.open("wb") as file:
            shutil.copyfileobj(content, file)
        partial.replace(target)
    return target
