"""Several servers that are up at the same time, and end together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from bench.context import Context
from bench.servers.process import Running

Starter = Callable[[], Running]


@contextmanager
def fleet(
    context: Context, starters: Mapping[str, Starter], warm_up: Callable[[Running], None]
) -> Iterator[list[Running]]:
    """Starts each system that is wanted and can be had, warms it up, and stops all of them at the end."""
    running: list[Running] = []
    try:
        for system, starter in starters.items():
            server = context.attempt(system, starter)
            if server is not None:
                running.append(server)
                warm_up(server)
        yield running
    finally:
        for server in running:
            server.stop()
