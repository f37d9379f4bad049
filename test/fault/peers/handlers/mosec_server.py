"""The faulty handler as a Mosec server: `mosec_server.py BATCH WORKERS TIMEOUT_SECONDS [OPTIONS]`."""

import sys
from typing import Any

from mosec import Server, Worker
from orders import Orders, load

BATCH, WORKERS, TIMEOUT = (int(sys.argv[n]) for n in (1, 2, 3))


class Faulty(Worker):  # type: ignore[misc]  # mosec is in its own environment
    """Bytes in, bytes out; every body is an order."""

    def __init__(self) -> None:
        load()
        self.orders = Orders()

    def deserialize(self, data: bytes) -> str:
        """Returns the order."""
        return data.decode()

    def serialize(self, data: str) -> bytes:
        """Returns the answer's bytes."""
        return data.encode()

    def forward(self, data: Any) -> Any:
        """Answers one order, or a batch of them."""
        if isinstance(data, str):
            return self.orders.carry_out(data, 1)
        return [self.orders.carry_out(order, len(data)) for order in data]


if __name__ == "__main__":
    server = Server()
    window = {"max_batch_size": BATCH, "max_wait_time": 500} if BATCH > 1 else {}
    server.append_worker(Faulty, num=WORKERS, timeout=TIMEOUT, **window)
    server.run()
