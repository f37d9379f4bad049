"""Request items to what handlers see: a dict of bodies, and headers that are read only when they are looked
at.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Sequence
from typing import Any

from ts._wire.codec import decode_pairs
from ts._wire.fast import plain_rows
from ts._wire.messages import FrameType, RequestFlag, RequestItem
from ts._worker.document_reader import read_json
from ts.sequences import SEQUENCE_END, SEQUENCE_ID, SEQUENCE_START

Row = dict[str, Any]
_TENSORS = "application/vnd.oip+binary"
"""The type of tensors as the frontend sends them; handlers without tensors get them as JSON has them."""
_MOST_TYPES = 256
"""Content types that are remembered: clients choose them, so their number must have a bound."""
_plain_types: set[str] = set()
"""Content types whose bodies stay as they are, as far as some have been seen."""


def decode_rows(items: Sequence[RequestItem]) -> list[Row]:
    """Returns for each request its parts by name (the last of one name wins), each decoded by its content
    type.
    """
    rows = plain_rows(items, _plain_types)
    return [_decode_row(item) for item in items] if rows is None else rows


def raw_rows(items: Sequence[RequestItem]) -> list[Row]:
    """Returns for each request its parts by name as bytes, whatever their content types."""
    rows = plain_rows(items, None) or []
    for row, item in zip(rows, items, strict=False):
        for name, content_type, body in item.parts:
            if content_type == _TENSORS:
                row[name] = json.dumps(_tensors_as_json(body)).encode("utf-8")
    return rows


def _decode_row(item: RequestItem) -> Row:
    row: Row = {}
    for name, content_type, body in item.parts:
        decoder = _decoder_of(content_type)
        row[name] = body if decoder is None else _decoded(decoder, body)
    return row


def _decoded(decoder: Callable[[bytearray | bytes], Any], body: bytearray | bytes) -> Any:
    """Decodes JSON and text; what is not what it claims to be stays bytes."""
    try:
        return decoder(body)
    except (ValueError, RecursionError):
        return body


@functools.lru_cache(maxsize=_MOST_TYPES)
def _decoder_of(content_type: str) -> Callable[[bytearray | bytes], Any] | None:
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/json":
        return read_json
    if kind.startswith("text"):
        return _text
    if kind == _TENSORS:
        return _tensors_as_json
    if len(_plain_types) < _MOST_TYPES:
        _plain_types.add(content_type)
    return None


def _text(body: bytearray | bytes) -> str:
    return body.decode("utf-8")


def _tensors_as_json(body: bytearray | bytes) -> dict[str, Any]:
    """Returns a request of the Open Inference Protocol as TorchServe gives it to handlers, with BYTES in
    base64.
    """
    # Few models get such requests.
    from ts._worker.tensor_reader import read_form
    from ts._worker.tensors import plain

    return plain(read_form(body), "request", base64=True)


def headers_of(kind: int, item: RequestItem) -> dict[str, Any]:
    """Returns the headers of a request as handlers see them.

    Beside the client's headers there are `explain` ("True", "False"), `url_path`, the sequence's headers,
    and for each part a dict that holds its content type. A real header wins over a part of the same name.
    """
    found: dict[str, Any] = {part.name: {"content-type": part.content_type or None} for part in item.parts}
    found.setdefault("url_path", "")
    if item.sequence:
        found[SEQUENCE_ID] = item.sequence
        if item.flags & RequestFlag.SEQUENCE_START:
            found[SEQUENCE_START] = "true"
        if item.flags & RequestFlag.SEQUENCE_END:
            found[SEQUENCE_END] = "true"
    found.update(decode_pairs(item.header_block))
    found["explain"] = "True" if kind == FrameType.EXPLAIN else "False"
    if kind == FrameType.DESCRIBE:
        found["describe"] = "True"
    return found
