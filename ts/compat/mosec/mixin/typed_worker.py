"""MessagePack that is checked against the annotation of `forward`."""

from __future__ import annotations

from typing import Any

import msgspec

from ts.compat.mosec.errors import DecodingError, EncodingError, ValidationError
from ts.compat.mosec.openapi import input_type
from ts.compat.mosec.worker import Worker


class TypedMsgPackMixin(Worker):
    """Reads MessagePack as the type of the first parameter of `forward` (of an entry of the list, where
    there are batches).
    """

    resp_mime_type = "application/msgpack"
    req_mime_type = "application/msgpack"
    _decoder: msgspec.msgpack.Decoder[Any] | None = None

    def deserialize(self, data: Any) -> Any:
        """Returns a body as the type says.

        Raises:
            DecodingError: it is no MessagePack.
            ValidationError: it is not of the type.
        """
        if self._decoder is None:
            self._decoder = msgspec.msgpack.Decoder(input_type(type(self), self.max_batch_size))
        try:
            return self._decoder.decode(data)
        except msgspec.ValidationError as fault:
            raise ValidationError(fault) from fault
        except msgspec.DecodeError as fault:
            raise DecodingError(fault) from fault

    def serialize(self, data: Any) -> bytes:
        """Returns an answer as MessagePack.

        Raises:
            EncodingError: it has no such form.
        """
        try:
            return msgspec.msgpack.encode(data)
        except Exception as fault:
            raise EncodingError(fault) from fault
