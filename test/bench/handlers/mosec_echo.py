"""The same echo as a Mosec server: `mosec_echo.py BATCH_SIZE --port N`."""

import sys
from typing import Any

from mosec import Server, Worker


class Echo(Worker):  # type: ignore[misc]  # mosec is in its own environment
    """Bytes in, bytes out, without a codec."""

    def deserialize(self, data: Any) -> Any:
        return data

    def serialize(self, data: Any) -> Any:
        return data

    def forward(self, data: Any) -> Any:
        return data


if __name__ == "__main__":
    batch = int(sys.argv.pop(1))
    server = Server()
    if batch > 1:
        server.append_worker(Echo, num=1, max_batch_size=batch, max_wait_time=1)
    else:
        server.append_worker(Echo, num=1)
    server.run()
