"""msgpack for Schemathesis, which knows no binary format."""

from __future__ import annotations

from typing import Any

import msgpack
import schemathesis

MEDIA = "application/msgpack"
LARGEST = 1 << 53


def representable(value: Any) -> Any:
    """Returns a value with its integers, and sums of them, in msgpack's range."""
    if isinstance(value, dict):
        return {key: representable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [representable(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return max(-LARGEST, min(LARGEST, value))
    return value


@schemathesis.serializer(MEDIA)
def packed(context: Any, value: Any) -> bytes:
    """Packs a body."""
    return bytes(msgpack.packb(representable(value), unicode_errors="surrogatepass"))


@schemathesis.deserializer(MEDIA)
def unpacked(context: Any, response: Any) -> Any:
    """Unpacks an answer."""
    return msgpack.unpackb(response.content, strict_map_key=False)
