"""What the frontend tells a worker process through its environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Environment(NamedTuple):
    """The identity of a worker process and the socket it belongs to.

    Attributes:
        socket_path: the Unix socket on which the frontend listens.
        worker: the worker's id.
        generation: how often that worker was started before.
        nonce: proof that the frontend started this process.
        rank: place in a group of processes, from 0.
        world_size: number of processes in the group.
    """

    socket_path: str
    worker: str
    generation: str
    nonce: str
    rank: int = 0
    world_size: int = 1

    @classmethod
    def of(cls, variables: Mapping[str, str]) -> Environment:
        """Reads the variables.

        Raises:
            ValueError: one is absent or no number; the message names it.
        """
        rank, world_size = _number(variables, "RANK", 0), _number(variables, "WORLD_SIZE", 1)
        if not 0 <= rank < world_size:
            raise ValueError(f"RANK: {rank} (expected: 0 to WORLD_SIZE - 1 = {world_size - 1})")
        return cls(
            _required(variables, "MARINER_SOCKET"),
            _required(variables, "MARINER_WORKER"),
            _required(variables, "MARINER_GENERATION"),
            _required(variables, "MARINER_NONCE"),
            rank,
            world_size,
        )


def _required(variables: Mapping[str, str], name: str) -> str:
    value = variables.get(name)
    if not value:
        raise ValueError(f"{name}: not set (expected: set by the frontend that starts the worker)")
    return value


def _number(variables: Mapping[str, str], name: str, default: int) -> int:
    value = variables.get(name)
    if not value:
        return default
    if not value.isdecimal():
        raise ValueError(f"{name}: {value!r} (expected: a number)")
    return int(value)
