"""Elements of tensors as lists."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ts.compat.mlserver.types import TensorData


def plain_data(data: TensorData | Any) -> Any:
    """Returns elements without numpy, as they are nested."""
    return data.plain() if isinstance(data, TensorData) else data


def as_list(data: TensorData | Any) -> list[Any]:
    """Returns the elements of a tensor in one list."""
    return list(flat(plain_data(data)))


def flat(value: Any) -> Iterator[Any]:
    """Yields the elements of nested lists; a single value is a list of one."""
    if isinstance(value, (list, tuple)):
        for each in value:
            yield from flat(each)
    else:
        yield value


def is_list_of(payload: Any, instance_type: type | tuple[type, ...]) -> bool:
    """Tells whether a payload is a list of one kind."""
    return isinstance(payload, list) and all(isinstance(each, instance_type) for each in payload)


def column(values: list[Any]) -> list[int]:
    """Returns the shape of a list: as many rows of one."""
    return [len(values), 1]


def each(change: Callable[[Any], Any], data: TensorData | Any) -> list[Any]:
    """Returns what a function makes of each element."""
    return [change(value) for value in as_list(data)]
