"""Models that come from files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from ts.compat.flash import downloads


class Servable:
    """A model from a file or URL.

    Args:
        args: where a TorchScript file is; or a class with `load_from_checkpoint`, and where its checkpoint
            is; or a module of torch as it is. A place is a path or a URL (`http`, `https`, `file`).
        download_path: where a file from a URL is kept, or in which folder; None: under its own name in the
            working folder.
        script_loader_cls: makes a model of a path, in place of TorchScript.

    Attributes:
        instance: the model.

    Raises:
        TypeError: the arguments are others.
        OSError: the file is not there, or can't be loaded from there.
        RuntimeError: the file is no TorchScript.
    """

    def __init__(
        self,
        *args: Any,
        download_path: str | Path | None = None,
        script_loader_cls: Callable[[str], Any] | None = None,
    ) -> None:
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
            self.instance = (script_loader_cls or _script)(str(_local(args[0], kept)))
        elif callable(args[0]) and not isinstance(args[0], type):
            self.instance = args[0]
        else:
            raise TypeError(f"Servable: {args[0]!r} (expected: a path, a URL or a module)")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Calls the model."""
        return self.instance(*args, **kwargs)

    def __repr__(self) -> str:
        return repr(self.instance)


def _script(file: str) -> Any:
    import torch

    try:
        return torch.jit.load(file)
    except RuntimeError as fault:
        raise RuntimeError(f"Servable: {file}: {fault} (expected: TorchScript)") from fault


def _local(place: str | Path, kept: Path | None) -> Path:
    """Returns where a file is, loaded from its URL if it has one."""
    if not isinstance(place, (str, Path)):
        raise TypeError(f"Servable: {place!r} (expected: a path or a URL)")
    address = urlsplit(str(place))
    if address.scheme in ("http", "https"):
        return downloads.load(str(place), kept)
    file = Path(url2pathname(address.path) if address.scheme == "file" else place)
    if not file.exists():
        raise FileNotFoundError(f"Servable: {place}: no such file (expected: a path or a URL of one)")
    return file
