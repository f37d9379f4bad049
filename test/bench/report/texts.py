"""What the page says about each row before its table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Text:
    """Heading and explanation of a row."""

    title: str
    explanation: str


TEXTS: Mapping[str, Text] = {
    "echo": Text(
        "Echo, 1 KB",
        "One worker, HTTP, wrk on one thread of the same machine. Mariner as it comes: metrics on, access log\n"
        "on, no token. TorchServe with its lines per request switched off. Batch 32: TorchServe and Mosec wait\n"
        "1 ms for a batch to fill, Mariner is greedy. `limit` is no server but a yardstick: bare Netty, of the\n"
        "same version, in front of one bare Python loop, with no features at all.",
    ),
}
