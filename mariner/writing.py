"""Answers to bodies, in a form that the client takes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from mariner import hints
from mariner.arrays import NPY, NPY_TYPES, is_array, is_image, npy, packed, picture, plain
from mariner.errors import HTTPError
from mariner.messages import File, Response
from mariner.reading import MSGPACK_TYPES

JSON = "application/json"
TEXT = "text/plain; charset=utf-8"
BINARY = "application/octet-stream"
EVENTS = "text/event-stream"
LINES = "application/x-ndjson"
_ANY = "*/*"


@dataclass(frozen=True)
class Reply:
    """An answer as it is sent.

    Attributes:
        body: its bytes.
        type: its content type.
        status: HTTP status.
        headers: beside the content type.
    """

    body: bytes | bytearray | memoryview
    type: str = JSON
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def reply_of(value: Any, accept: str | None = None) -> Reply:
    """Returns a method's answer as it is sent.

    Args:
        value: what the method returned.
        accept: the client's `Accept`; None: anything.

    Raises:
        HTTPError: 406, the value has no form that the client takes.
        TypeError: it has no form at all.
    """
    if isinstance(value, Response):
        if value.type is not None and isinstance(value.value, (str, bytes, bytearray, memoryview)):
            body = value.value.encode() if isinstance(value.value, str) else value.value
            return Reply(body, value.type, value.status, value.headers)
        if value.value is None:
            return Reply(b"", "", value.status, value.headers)
        wanted = value.type or accept
        inner = reply_of(value.value, wanted)
        return Reply(inner.body, inner.type, value.status, value.headers)
    if accept is None or accept in (_ANY, JSON):
        # The way of nearly all requests.
        return _plain_reply(value, accept)
    offers = _offers(value)
    for media in accepted(accept):
        for offer in offers:
            if _matches(media, offer):
                return Reply(_body(value, offer), _typed(offer))
    raise HTTPError(406, f"Accept: {accept} (expected: one of {', '.join(offers)})")


def failure_reply(fault: HTTPError) -> Reply:
    """Returns a failure as it is sent."""
    return Reply(msgspec.json.encode(fault.document()), JSON, fault.status, fault.headers)


def piece_of(value: Any, events: bool) -> bytes | str:
    """Returns one piece of a stream: bytes and texts as they are, everything else as JSON, on a line of its
    own unless the pieces are events.
    """
    if isinstance(value, (bytes, str)):
        return value
    if isinstance(value, (bytearray, memoryview)):
        return bytes(value)
    text: bytes = msgspec.json.encode(value, enc_hook=plain)
    return text if events else text + b"\n"


def piece_type(value: Any) -> str:
    """Returns the content type of a stream that begins with this piece."""
    if isinstance(value, str):
        return TEXT
    return BINARY if isinstance(value, (bytes, bytearray, memoryview)) else LINES


def stream_type(kind: str) -> str:
    """Returns the content type of a stream whose pieces are of this kind (`mariner.hints`)."""
    return {hints.TEXT: TEXT, hints.BYTES: BINARY}.get(kind, LINES)


def accepted(accept: str) -> list[str]:
    """Returns the media types of an `Accept`, the liked best first; those with `q=0` are left out."""
    found: list[tuple[float, str]] = []
    for entry in accept.split(","):
        media, *parameters = (text.strip().lower() for text in entry.split(";"))
        weight = next((re.sub(r"^q\s*=\s*", "", text) for text in parameters if text.startswith("q")), "1")
        try:
            liked = float(weight)
        except ValueError:
            liked = 0.0
        if media and liked > 0:
            found.append((-liked, media))
    return [media for _, media in sorted(found, key=lambda one: one[0])]


def _plain_reply(value: Any, accept: str | None) -> Reply:
    if accept != JSON or not isinstance(value, (str, dict, list)):
        offer = _offers(value)[0]
        if accept == JSON and offer != JSON and JSON not in _offers(value):
            raise HTTPError(406, f"Accept: {accept} (expected: one of {', '.join(_offers(value))})")
        return Reply(
            _body(value, JSON if accept == JSON else offer), JSON if accept == JSON else _typed(offer)
        )
    return Reply(_body(value, JSON), JSON)


def _offers(value: Any) -> Sequence[str]:
    if isinstance(value, str):
        return ("text/plain", JSON, MSGPACK_TYPES[0])
    if isinstance(value, (bytes, bytearray, memoryview)):
        return (BINARY, MSGPACK_TYPES[0])
    if isinstance(value, File):
        return (value.type or BINARY,)
    if is_image(value):
        return ("image/png", "image/jpeg", "image/webp", "image/gif", "image/bmp")
    if is_array(value):
        return (JSON, MSGPACK_TYPES[0], NPY)
    return (JSON, *MSGPACK_TYPES[:1])


def _matches(media: str, offer: str) -> bool:
    if media in (_ANY, offer) or (media in MSGPACK_TYPES and offer in MSGPACK_TYPES):
        return True
    if media in NPY_TYPES and offer == NPY:
        return True
    return media.endswith("/*") and offer.startswith(media[:-1])


def _typed(offer: str) -> str:
    return TEXT if offer == "text/plain" else offer


def _body(value: Any, offer: str) -> bytes | bytearray | memoryview:
    if offer == JSON:
        return msgspec.json.encode(value, enc_hook=plain)
    if offer in MSGPACK_TYPES:
        return msgspec.msgpack.encode(npy(value) if is_array(value) else value, enc_hook=packed)
    if offer == NPY:
        return npy(value)
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, File):
        return value.content
    return picture(value, offer) if is_image(value) else value
