"""Streams by a generator: each piece that it yields goes out at once."""

import json


def handle(data, context):
    if data is None:
        return None
    return _pieces(data)


def _pieces(data):
    order = json.loads(bytes(data[0]["body"]) if isinstance(data[0]["body"], (bytes, bytearray)) else "{}")
    for number in range(order.get("pieces", 3)):
        yield [f"piece {number}\n"] * len(data)
    return ["end\n"] * len(data)
