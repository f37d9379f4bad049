"""Requests in MessagePack that are checked against the annotation of `forward`."""

from __future__ import annotations

import msgspec

from ts.compat.mosec import Server
from ts.compat.mosec.mixin import TypedMsgPackMixin


class Order(msgspec.Struct):
    """What a client asks for."""

    name: str
    amounts: list[float]


class Total(TypedMsgPackMixin):
    """Sums up."""

    def forward(self, data: list[Order]) -> list[float]:
        return [sum(one.amounts) for one in data]


def make_server() -> Server:
    server = Server()
    server.append_worker(Total, max_batch_size=4, max_wait_time=5)
    return server


if __name__ == "__main__":
    make_server().run()
