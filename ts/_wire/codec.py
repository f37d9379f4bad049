"""Bytes to messages and back; no sockets.

Decoding reads straight from the receive buffer and copies each body once. Every length is checked against
the end of its frame before it is used. Text that is not UTF-8 is read with replacement characters: it comes
from clients, and no client may end the connection of a worker. `fast` has the paths of
every request compiled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence, Set
from struct import Struct
from typing import Any, cast

from ts._wire.messages import (
    VERSION,
    Cancel,
    Credit,
    Fields,
    Frame,
    FrameType,
    Part,
    Payload,
    ProtocolError,
    ReplyItem,
    RequestItem,
)

LENGTH = Struct(">I")
HEADER = Struct(">IBBHIQI")
REQUEST = Struct(">QIHHIHHHHI")
PART = Struct(">HHI")
REPLY = Struct(">QHBBHHII")
PAIR = Struct(">HI")
CREDIT = Struct(">QI")
CANCEL = Struct(">QB")

LENGTH_SIZE = LENGTH.size
HEADER_SIZE = HEADER.size
MIN_LENGTH = HEADER_SIZE - LENGTH_SIZE
DEFAULT_MAX_FRAME = 2**31 - 1
MAX_LENGTH = 2**32 - 1

JOIN_BELOW = 256 * 1024
"""Frames below this size leave as one piece; the bodies of larger ones are not copied."""
COPY_BELOW = 64 * 1024
"""A `bytearray` below this size is copied, so that its owner may go on with it at once."""

Buffer = bytearray | bytes
Chunk = bytes | bytearray | memoryview
_LABEL_BITS = (1 << 62) - 1
_LABEL_NODE = (1 << 48) - 1
_LABEL_VARIANT = 0x8000
_RESULT = int(FrameType.RESULT)
# A named tuple's own constructor is Python code; for the values made for each request that shows.
_new = tuple.__new__


def decode_pairs(block: Buffer, start: int = 0, end: int | None = None) -> list[tuple[str, str]]:
    """Reads a header block or the pairs of a fields payload.

    Raises:
        ProtocolError: a pair does not fit into the block.
    """
    stop = len(block) if end is None else end
    pairs = []
    while start < stop:
        if start + 6 > stop:
            raise ProtocolError(f"pair: {stop - start} bytes left (expected: >= 6)")
        name_size, value_size = PAIR.unpack_from(block, start)
        value_at = start + 6 + name_size
        after = value_at + value_size
        if after > stop:
            raise ProtocolError(f"pair: {after - start} bytes (expected: <= {stop - start})")
        pairs.append(
            (
                block[start + 6 : value_at].decode("utf-8", "replace"),
                block[value_at:after].decode("utf-8", "replace"),
            )
        )
        start = after
    return pairs


def encode_pairs(pairs: Iterable[tuple[str, str]]) -> bytes:
    """Writes a header block.

    Raises:
        ProtocolError: a name is longer than 65535 bytes.
    """
    chunks: list[bytes] = []
    for name, value in pairs:
        name_bytes, value_bytes = _text(name), value.encode("utf-8", "replace")
        chunks += (PAIR.pack(len(name_bytes), len(value_bytes)), name_bytes, value_bytes)
    return b"".join(chunks)


def decode_request_items(buffer: Buffer, at: int, end: int, count: int) -> list[RequestItem]:
    """Reads `count` request items that fill `buffer[at:end]`.

    Raises:
        ProtocolError: an item or a part does not fit, or bytes are left.
    """
    items: list[RequestItem] = []
    for _ in range(count):
        if at + 32 > end:
            raise ProtocolError(f"request item: {end - at} bytes left (expected: >= 32)")
        (
            item_id, deadline, flags, part_count, headers,
            label_size, sequence_size, route, _, credits,
        ) = REQUEST.unpack_from(buffer, at)  # fmt: skip
        at += 32
        if label_size | sequence_size:
            label_at = at + label_size
            texts_end = label_at + sequence_size
            if texts_end > end:
                raise ProtocolError(f"request item: texts end {texts_end - end} bytes after the frame")
            label = buffer[at:label_at].decode("utf-8", "replace")
            sequence = buffer[label_at:texts_end].decode("utf-8", "replace")
            at = texts_end
        else:
            label = sequence = ""
        block_at, at = at, at + headers
        if at > end:
            raise ProtocolError(
                f"request item: header block of {headers} bytes (expected: <= {end - block_at})"
            )
        block = buffer[block_at:at]
        parts: list[Part] = []
        for _ in range(part_count):
            if at + 8 > end:
                raise ProtocolError(f"part: {end - at} bytes left (expected: >= 8)")
            name_size, type_size, body_size = PART.unpack_from(buffer, at)
            name_end = at + 8 + name_size
            body_at = name_end + type_size
            after = body_at + body_size
            if after > end:
                raise ProtocolError(f"part: {after - at} bytes (expected: <= {end - at})")
            content_type = buffer[name_end:body_at].decode("utf-8", "replace") if type_size else ""
            name = buffer[at + 8 : name_end].decode("utf-8", "replace")
            parts.append(_new(Part, (name, content_type, buffer[body_at:after])))
            at = after
        fields = (item_id, deadline, flags, credits, label, sequence, route, block, parts)
        items.append(_new(RequestItem, fields))
    if at != end:
        raise ProtocolError(f"request items: {end - at} bytes after the last of {count}")
    return items


def plain_rows(items: Sequence[RequestItem], plain: Set[str] | None, /) -> list[dict[str, Any]] | None:
    """Returns the bodies of each request by their parts' names; the last of one name wins.

    Args:
        plain: content types whose bodies stay as they are; None: all of them.

    Returns:
        One dict for each request. None: a part is of another content type.
    """
    rows = []
    for item in items:
        row = {}
        for name, content_type, body in item.parts:
            if plain is not None and content_type not in plain:
                return None
            row[name] = body
        rows.append(row)
    return rows


def decode_reply_items(buffer: Buffer, at: int, end: int, count: int) -> list[ReplyItem]:
    """Reads `count` reply items that fill `buffer[at:end]`.

    Raises:
        ProtocolError: an item does not fit, or bytes are left.
    """
    items: list[ReplyItem] = []
    for _ in range(count):
        if at + 24 > end:
            raise ProtocolError(f"reply item: {end - at} bytes left (expected: >= 24)")
        item_id, status, flags, error, reason, kind, headers, body = REPLY.unpack_from(buffer, at)
        type_at = at + 24 + reason
        block_at = type_at + kind
        body_at = block_at + headers
        after = body_at + body
        if after > end:
            raise ProtocolError(f"reply item: {after - at} bytes (expected: <= {end - at})")
        reason_text = buffer[at + 24 : type_at].decode("utf-8", "replace")
        type_text = buffer[type_at:block_at].decode("utf-8", "replace")
        block = buffer[block_at:body_at]
        items.append(
            ReplyItem(item_id, buffer[body_at:after], status, flags, error, reason_text, type_text, block)
        )
        at = after
    if at != end:
        raise ProtocolError(f"reply items: {end - at} bytes after the last of {count}")
    return items


def _entries(layout: Struct, buffer: Buffer, at: int, end: int, count: int) -> list[tuple[int, int]]:
    if end - at != count * layout.size:
        raise ProtocolError(f"entries: {end - at} bytes (expected: {count} x {layout.size})")
    return [cast("tuple[int, int]", layout.unpack_from(buffer, i)) for i in range(at, end, layout.size)]


def _decode_fields(buffer: Buffer, at: int, end: int, count: int) -> Fields:
    return dict(decode_pairs(buffer, at, end))


def _decode_credits(buffer: Buffer, at: int, end: int, count: int) -> list[Credit]:
    return [Credit(*entry) for entry in _entries(CREDIT, buffer, at, end, count)]


def _decode_cancels(buffer: Buffer, at: int, end: int, count: int) -> list[Cancel]:
    return [Cancel(*entry) for entry in _entries(CANCEL, buffer, at, end, count)]


def _decode_nothing(buffer: Buffer, at: int, end: int, count: int) -> None:
    if at != end:
        raise ProtocolError(f"payload: {end - at} bytes (expected: 0)")


_DECODERS: dict[int, Callable[[Buffer, int, int, int], Payload]] = {
    FrameType.HELLO: _decode_fields,
    FrameType.LOAD: _decode_fields,
    FrameType.LOADED: _decode_fields,
    FrameType.UNLOAD: _decode_nothing,
    FrameType.UNLOADED: _decode_nothing,
    FrameType.PREDICT: decode_request_items,
    FrameType.EXPLAIN: decode_request_items,
    FrameType.DESCRIBE: decode_request_items,
    FrameType.RESULT: decode_reply_items,
    FrameType.PIECE: decode_reply_items,
    FrameType.CREDIT: _decode_credits,
    FrameType.CANCEL: _decode_cancels,
    FrameType.HEARTBEAT: _decode_nothing,
    FrameType.STOP: _decode_nothing,
}


def frame_size(buffer: Buffer, at: int, max_frame: int = DEFAULT_MAX_FRAME) -> int:
    """Returns the size in bytes of the frame whose length field stands at `at`.

    Raises:
        ProtocolError: the length is below the smallest or above the largest frame.
    """
    length: int = LENGTH.unpack_from(buffer, at)[0]
    if length < MIN_LENGTH or length > max_frame:
        raise ProtocolError(f"frame length: {length} (expected: {MIN_LENGTH} to {max_frame})")
    return LENGTH_SIZE + length


def check_head(buffer: Buffer, at: int, end: int) -> None:
    """Looks at what is there of a frame whose end has not come, so that a stranger is not waited for.

    Raises:
        ProtocolError: unknown version or type.
    """
    if end - at > 4 and buffer[at + 4] != VERSION:
        raise ProtocolError(f"version: {buffer[at + 4]} (expected: {VERSION})")
    if end - at > 5 and buffer[at + 5] not in _DECODERS:
        raise ProtocolError(f"frame type: 0x{buffer[at + 5]:02x} (expected: a type of version {VERSION})")


def decode_frames(buffer: Buffer, at: int, end: int, max_frame: int, frames: list[Frame]) -> int:
    """Reads the frames that are complete in `buffer[at:end]`, and looks at the head of one that is not.

    Args:
        frames: the frames are appended to it, also those before one that is faulty.

    Returns:
        Where the first frame begins that is not complete.

    Raises:
        ProtocolError: unknown version or type, or lengths that do not fit.
    """
    while end - at >= HEADER_SIZE:
        length, version, kind, flags, model, run, count = HEADER.unpack_from(buffer, at)
        after = at + LENGTH_SIZE + length
        if after > end or length < MIN_LENGTH or length > max_frame:
            break
        decoder = _DECODERS.get(kind)
        if decoder is None or version != VERSION:
            break
        payload = decoder(buffer, at + HEADER_SIZE, after, count)
        frames.append(_new(Frame, (kind, flags, model, run, payload)))
        at = after
    if end - at >= LENGTH_SIZE:
        frame_size(buffer, at, max_frame)
        check_head(buffer, at, end)
    return at


def take_over(buffer: bytearray, end: int) -> Frame | None:
    """Reads a run of one request whose last body is most of the buffer, which becomes that body: no copy.

    Args:
        buffer: belongs to the frame afterwards, if there is one.
        end: where the bytes in it end.

    Returns:
        The frame. None: it is another one, or not complete, or not as it should be; `decode_frames` tells.
    """
    if end < HEADER_SIZE + REQUEST.size:
        return None
    length, _, kind, _, _, _, count = HEADER.unpack_from(buffer)
    if LENGTH_SIZE + length != end or count != 1 or _DECODERS.get(kind) is not decode_request_items:
        return None
    _, _, _, parts, headers, label, sequence, _, _, _ = REQUEST.unpack_from(buffer, HEADER_SIZE)
    part_at = after = HEADER_SIZE + REQUEST.size + label + sequence + headers
    name_size = type_size = body_size = 0
    for _ in range(parts):
        part_at = after
        if part_at + PART.size > end:
            return None
        name_size, type_size, body_size = PART.unpack_from(buffer, part_at)
        after = part_at + PART.size + name_size + type_size + body_size
    # What is cut off must be little: a bytearray moves what is left of it when that is less than half.
    if not parts or after != end or 4 * body_size < 3 * len(buffer):
        return None
    body_at = end - body_size
    head = buffer[:body_at]
    LENGTH.pack_into(head, 0, body_at - LENGTH_SIZE)
    PART.pack_into(head, part_at, name_size, type_size, 0)
    frame = decode(head)
    item: RequestItem = frame.payload[0]  # type: ignore[index, assignment]
    del buffer[end:]
    del buffer[:body_at]
    whole = [*item.parts[:-1], item.parts[-1]._replace(body=buffer)]
    return frame._replace(payload=[item._replace(parts=whole)])


def new_buffer(size: int, /) -> bytearray:
    """Returns a buffer of so many bytes, whatever they are."""
    return bytearray(size)


def decode(buffer: Buffer, at: int = 0) -> Frame:
    """Reads the one frame that begins at `at`, all of whose bytes are in the buffer.

    Raises:
        ProtocolError: unknown version or type, or lengths that do not fit.
    """
    frames: list[Frame] = []
    decode_frames(buffer, at, at + frame_size(buffer, at), DEFAULT_MAX_FRAME, frames)
    return frames[0]


def _text(value: str) -> bytes:
    data = value.encode("utf-8", "replace")
    if len(data) > 0xFFFF:
        raise ProtocolError(f"text: {len(data)} bytes (expected: <= 65535)")
    return data


def _encode_request_items(items: Sequence[RequestItem]) -> list[Chunk]:
    chunks: list[Chunk] = []
    for item in items:
        label, sequence = _text(item.label), _text(item.sequence)
        head = REQUEST.pack(
            item.id, item.deadline_ms, item.flags, len(item.parts), len(item.header_block),
            len(label), len(sequence), item.route, 0, item.credits,
        )  # fmt: skip
        chunks += (head, label, sequence, item.header_block)
        for name, content_type, body in item.parts:
            name_bytes, type_bytes = _text(name), _text(content_type)
            chunks += (PART.pack(len(name_bytes), len(type_bytes), len(body)), name_bytes, type_bytes, body)
    return chunks


def encode_answers(
    model: int, run: int, items: Sequence[RequestItem], answers: list[Any], limit: int, /
) -> bytes | None:
    """Writes a RESULT without flags as one piece, if all answers are nothing but bytes.

    The frame is a copy, so a `bytearray` may be changed afterwards.

    Args:
        model: handle of the model.
        run: id of the run.
        items: the requests of the run.
        answers: what the handler answered, in their order.
        limit: bytes of one body.

    Returns:
        The frame. None: an answer is neither `bytes` nor a small `bytearray`, or over the limit, or all of
        them are too large for one piece, or their number is not that of the requests. `encode_reply` writes
        what can be written of those.
    """
    if len(items) != len(answers):
        return None
    chunks: list[bytes | bytearray] = [b""]
    size = HEADER_SIZE
    for item, body in zip(items, answers, strict=True):
        kind = type(body)
        if kind is not bytes and (kind is not bytearray or len(body) >= COPY_BELOW):
            return None
        size += REPLY.size + len(body)
        if len(body) > limit or size >= JOIN_BELOW:
            return None
        chunks.append(REPLY.pack(item.id, 0, 0, 0, 0, 0, 0, len(body)))
        chunks.append(body)
    chunks[0] = HEADER.pack(size - LENGTH_SIZE, VERSION, _RESULT, 0, model, run, len(items))
    return b"".join(chunks)


def encode_reply(
    kind: int, flags: int, model: int, run: int, items: Sequence[ReplyItem]
) -> tuple[list[Chunk], int]:
    """Writes a RESULT or PIECE as chunks to be sent in order, and tells their bytes; bodies are not copied.

    Raises:
        ProtocolError: a text or the frame is too long to be told.
    """
    chunks: list[Chunk] = [b""]
    length = MIN_LENGTH
    for item_id, body, status, item_flags, error, reason, content_type, block in items:
        size = len(body)
        if reason or content_type or block:
            reason_bytes, type_bytes = _text(reason), _text(content_type)
            head = REPLY.pack(
                item_id, status, item_flags, error, len(reason_bytes), len(type_bytes), len(block), size
            )
            middle = b"".join((head, reason_bytes, type_bytes, block))
        else:
            middle = REPLY.pack(item_id, status, item_flags, error, 0, 0, 0, size)
        chunks.append(middle)
        chunks.append(body)
        length += len(middle) + size
    if length > MAX_LENGTH:
        raise ProtocolError(f"frame length: {length} (expected: <= {MAX_LENGTH})")
    chunks[0] = HEADER.pack(length, VERSION, kind, flags, model, run, len(items))
    return chunks, LENGTH_SIZE + length


def encode(frame: Frame) -> bytes:
    """Writes any frame.

    Raises:
        ProtocolError: a text or the frame is too long to be told.
    """
    kind, flags, model, run, payload = frame
    chunks: list[Chunk]
    if payload is None:
        chunks, count = [], 0
    elif isinstance(payload, dict):
        chunks, count = [encode_pairs(payload.items())], 0
    else:
        count = len(payload)
        if kind in (FrameType.RESULT, FrameType.PIECE):
            return b"".join(encode_reply(kind, flags, model, run, cast("Sequence[ReplyItem]", payload))[0])
        if kind == FrameType.CREDIT:
            chunks = [CREDIT.pack(*entry) for entry in cast("Sequence[Credit]", payload)]
        elif kind == FrameType.CANCEL:
            chunks = [CANCEL.pack(*entry) for entry in cast("Sequence[Cancel]", payload)]
        else:
            chunks = _encode_request_items(cast("Sequence[RequestItem]", payload))
    length = MIN_LENGTH + sum(map(len, chunks))
    if length > MAX_LENGTH:
        raise ProtocolError(f"frame length: {length} (expected: <= {MAX_LENGTH})")
    return b"".join((HEADER.pack(length, VERSION, kind, flags, model, run, count), *chunks))


def label_head(prefix: str) -> str:
    """Returns the beginning that all derived labels of a server share.

    Args:
        prefix: the 16 hex digits of LOAD's `label_prefix`.
    """
    return f"{prefix[:8]}-{prefix[8:12]}-{prefix[12:16]}-"


def derived_label(head: str, item_id: int) -> str:
    """Returns the label of a request whose client sent none.

    Args:
        head: what `label_head` returns.
        item_id: the request's id.
    """
    lower = item_id & _LABEL_BITS
    return f"{head}{lower >> 48 | _LABEL_VARIANT:04x}-{lower & _LABEL_NODE:012x}"
