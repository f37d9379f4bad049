"""One model on two routes: bytes to it directly, or JSON by way of a stage in front. Its batches have
requests of both.
"""

from __future__ import annotations

import base64
from typing import Any

from ts.compat.mosec import Runtime, Server, ValidationError, Worker


class Unpack(Worker):
    """`{"data": base64}` to bytes."""

    def forward(self, data: dict[str, str]) -> bytes:
        try:
            return base64.b64decode(data["data"], validate=True)
        except (KeyError, ValueError) as fault:
            raise ValidationError(f"data: {fault} (expected: base64)") from fault


class Count(Worker):
    """Counts bytes."""

    def deserialize(self, data: Any) -> bytes:
        return bytes(data)

    def forward(self, data: list[bytes]) -> list[int]:
        return [len(one) for one in data]


def make_server() -> Server:
    server = Server()
    count = Runtime(Count, max_batch_size=16, max_wait_time=5)
    server.register_runtime({"/raw": [count], "/packed": [Runtime(Unpack), count]})
    return server


if __name__ == "__main__":
    make_server().run()
