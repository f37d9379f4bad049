"""Failures of codecs."""

from ts.compat.mlserver.errors import CodecError

__all__ = ["CodecError"]
