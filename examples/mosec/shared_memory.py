"""Large arrays between stages. They go in buffers of their own without a mixin; Mosec's mixins for shared
memory may stay where they are.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ts.compat.mosec import Server, Worker
from ts.compat.mosec.mixin import PlasmaShmIPCMixin


class Produce(PlasmaShmIPCMixin, Worker):
    """Makes a megabyte or more."""

    def forward(self, data: dict[str, int]) -> np.ndarray[Any, Any]:
        return np.arange(data["size"], dtype=np.int64)


class Consume(PlasmaShmIPCMixin, Worker):
    """Sums it up."""

    def forward(self, data: np.ndarray[Any, Any]) -> int:
        return int(data.sum())


def make_server() -> Server:
    server = Server()
    server.append_worker(Produce)
    server.append_worker(Consume)
    return server


if __name__ == "__main__":
    make_server().run()
