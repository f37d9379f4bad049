"""MessagePack for the client."""

from __future__ import annotations

from typing import Any

from ts.compat.mosec.errors import DecodingError, EncodingError


class MsgpackMixin:
    """Reads and writes MessagePack with the package `msgpack`; lists come as tuples."""

    resp_mime_type = "application/msgpack"
    req_mime_type = "application/msgpack"

    def serialize(self, data: Any) -> bytes:
        """Returns an answer as MessagePack.

        Raises:
            EncodingError: it has no such form.
        """
        import msgpack

        try:
            packed: bytes = msgpack.packb(data)
        except Exception as fault:
            raise EncodingError from fault
        return packed

    def deserialize(self, data: Any) -> Any:
        """Returns what a body of MessagePack says.

        Raises:
            DecodingError: it is none.
        """
        import msgpack

        try:
            return msgpack.unpackb(data, use_list=False)
        except Exception as fault:
            raise DecodingError from fault
