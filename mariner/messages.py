"""What methods may ask for beside their values, and answer instead of one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


class Headers(Mapping[str, str]):
    """Headers by name, in any case; in the client's own spelling when they are listed."""

    __slots__ = ("_exact", "_lower")

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._exact = dict(headers)
        self._lower = {name.lower(): value for name, value in headers.items()}

    def __getitem__(self, name: str) -> str:
        return self._lower[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._exact)

    def __len__(self) -> int:
        return len(self._exact)


@dataclass(frozen=True)
class Request:
    """The request that a value came with; a parameter with this type gets it.

    Attributes:
        headers: the client's.
        id: what the client sees as `x-request-id`.
    """

    headers: Headers
    id: str = ""


@dataclass(frozen=True)
class Worker:
    """Where a model runs; a parameter of `__init__` with this type gets it.

    Attributes:
        device: `cpu` or `cuda:N`.
        number: counts the workers of a model from 1.
        folder: of the model's files.
    """

    device: str = "cpu"
    number: int = 1
    folder: str = "."


@dataclass(frozen=True)
class Response:
    """An answer with a status, headers or a content type of its own.

    Attributes:
        value: what a method would have returned.
        status: HTTP status.
        headers: of the answer.
        type: content type; with it, bytes and texts are sent as they are. None: by the value.
    """

    value: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    type: str | None = None


@dataclass(frozen=True)
class File:
    """A body or a part of a form, as it was sent.

    Attributes:
        content: its bytes.
        type: its content type, empty if it has none.
        name: of the part.
    """

    content: bytes
    type: str = ""
    name: str = "body"


@dataclass(frozen=True, init=False)
class Shape:
    """Dimensions of an array: `Annotated[NDArray[np.float32], Shape(-1, 3)]`, -1 for any."""

    sizes: tuple[int, ...]

    def __init__(self, *sizes: int) -> None:
        if not all(type(size) is int and size >= -1 for size in sizes):
            raise ValueError(f"Shape{sizes} (expected: whole numbers from 0 on, -1 for any)")
        object.__setattr__(self, "sizes", sizes)
