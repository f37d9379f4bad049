"""An application with a route for each thing that the Python API does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

import mariner


@dataclass
class Item:
    x: int


@dataclass
class Total:
    total: float
    mark: str | None = None


def add(a: int, items: list[Item], request: mariner.Request, scale: float = 1.0) -> Total:
    return Total((a + sum(item.x for item in items)) * scale, request.headers.get("x-mark"))


def double(array: Annotated[NDArray[np.float32], mariner.Shape(-1, 2)]) -> NDArray[np.float32]:
    return array * 2


def size(file: mariner.File) -> dict[str, Any]:
    return {"size": len(file.content), "type": file.type}


@mariner.model(batch=3, wait=2.0)
def halve(numbers: list[int]) -> list[Any]:
    return [mariner.HTTPError(409, f"{n} is odd") if n % 2 else [n // 2, len(numbers)] for n in numbers]


def count(number: int) -> Iterator[dict[str, int]]:
    if number > 3:
        raise mariner.HTTPError(409, "too many")
    for step in range(number):
        yield {"step": step}


def breaks(number: int) -> Iterator[Item]:
    for step in range(min(number, 3)):  # whoever asks may ask for any number
        yield Item(step)
    raise mariner.HTTPError(409, "enough")


def chunks(data: bytes) -> Iterator[bytes]:
    for place in range(0, len(data), 4):
        yield data[place : place + 4]


def created(name: str, request: mariner.Request) -> mariner.Response:
    return mariner.Response({"name": name} if name else None, 201 if name else 204, {"X-Id": request.id})


async def tokens(text: str) -> AsyncIterator[str]:
    for word in text.split():
        yield word + " "


@mariner.model
def split(text: str) -> list[str]:
    if text == "nothing":
        raise mariner.HTTPError(402, "nothing to split")
    return text.split()


@mariner.model
def array_of(words: list[str]) -> NDArray[np.float64]:
    return np.arange(200_000.0) + len(words)


@mariner.model
def total(array: NDArray[np.float64]) -> float:
    array += 1.0  # what comes from another stage is this one's own
    return float(array.sum())


@mariner.model
def first(words: list[str]) -> str:
    return words[0] if words else ""


@mariner.model
def join(words: list[str], head: str, length: float) -> dict[str, Any]:
    return {"count": len(words), "head": head, "total": length}


split_alone: Any = split
app = mariner.App(
    {
        "/add": add,
        "/double": double,
        "/size": size,
        "/halve": halve,
        "/count": count,
        "/breaks": breaks,
        "/chunks": chunks,
        "/created": created,
        "/tokens": tokens,
        "/split": split,
        "/total": split_alone >> array_of >> total,
        "/join": split_alone >> (mariner.through, first, array_of >> total) >> join,
    },
    name="everything",
)
