"""A script for Mosec with the routes that the row `mosec` loads; both servers run it as it is."""

from __future__ import annotations

from typing import Any

import numpy as np
from mosec import Runtime, Server, SSEWorker, Worker
from mosec.mixin import MsgpackMixin

SIDE = 1 << 20
EVENTS = 100


class Echo(Worker):  # type: ignore[misc]  # mosec is in its own environment
    """Bytes in, bytes out; between stages as the server has it."""

    def deserialize(self, data: Any) -> bytes:
        return bytes(data)

    def serialize(self, data: Any) -> Any:
        return data

    def forward(self, data: list[Any]) -> list[Any]:
        return data


class Array(MsgpackMixin, Worker):  # type: ignore[misc]
    """An array as bytes in MessagePack, and back."""

    def forward(self, data: Any) -> Any:
        return {"array": np.frombuffer(data["array"], dtype=np.float32).tobytes()}


class Produce(Worker):  # type: ignore[misc]
    """Hands 10 MB to the next stage."""

    def __init__(self) -> None:
        super().__init__()
        self.array = np.ones(10 * SIDE, dtype=np.uint8)

    def deserialize(self, data: Any) -> Any:
        return data

    def forward(self, data: Any) -> Any:
        return self.array


class Measure(Worker):  # type: ignore[misc]
    """Says how large an array is."""

    def forward(self, data: Any) -> Any:
        return int(data.nbytes)


class Events(SSEWorker):  # type: ignore[misc]
    """Sends some events."""

    def deserialize(self, data: Any) -> Any:
        return data

    def forward(self, data: Any) -> Any:
        for _ in range(EVENTS):
            self.send_stream_event("event")


if __name__ == "__main__":
    stages = [Runtime(Echo, max_batch_size=32, max_wait_time=1) for _ in range(3)]
    server = Server()
    server.register_runtime(
        {
            "/through/1": stages[:1],
            "/through/2": stages[:2],
            "/through/3": stages,
            "/array": [Runtime(Array)],
            "/between": [Runtime(Produce), Runtime(Measure)],
            "/events": [Runtime(Events)],
        }
    )
    server.run()
