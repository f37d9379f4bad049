"""JSON with what codecs make in it."""

from __future__ import annotations

import json
from typing import Any


class JSONEncoderWithArray(json.JSONEncoder):
    """Writes arrays and numbers of numpy as lists and numbers."""

    def default(self, o: Any) -> Any:
        """See `json.JSONEncoder`."""
        return o.tolist() if hasattr(o, "tolist") else super().default(o)


def encode_to_json(value: Any, use_bytes: bool = True) -> bytes | str:
    """Returns a value as JSON, in UTF-8 or as text."""
    text = json.dumps(value, ensure_ascii=False, cls=JSONEncoderWithArray)
    return text.encode("utf-8") if use_bytes else text


def decode_from_bytelike_json_to_dict(value: bytes | str) -> Any:
    """Returns what JSON says."""
    return json.loads(value)
