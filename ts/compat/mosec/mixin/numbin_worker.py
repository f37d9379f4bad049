"""Arrays of numpy between stages."""

from __future__ import annotations

from typing import Any

from ts.compat.mosec.errors import DecodingError, EncodingError


class NumBinIPCMixin:
    """Sends one array of numpy to the next stage in the format of the package `numbin`."""

    def serialize_ipc(self, data: Any) -> bytes:
        """Returns the bytes of an array; raises EncodingError."""
        import numbin

        try:
            packed: bytes = numbin.dumps(data)
        except Exception as fault:
            raise EncodingError from fault
        return packed

    def deserialize_ipc(self, data: Any) -> Any:
        """Returns the array of some bytes; raises DecodingError."""
        import numbin

        try:
            return numbin.loads(data)
        except Exception as fault:
            raise DecodingError from fault
