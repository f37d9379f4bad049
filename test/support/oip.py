"""Requests of the Open Inference Protocol over REST, with the bytes of tensors behind the JSON if wanted."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from support import rest

HEADER = "Inference-Header-Content-Length"


@dataclass(frozen=True)
class Answer:
    """An answer of tensors.

    Attributes:
        reply: as it came.
        head: its JSON.
        tail: what came behind that.
    """

    reply: rest.Reply
    head: Any
    tail: bytes


def infer(
    address: str,
    model: str,
    head: Mapping[str, Any] | bytes,
    tail: Sequence[bytes] = (),
    *,
    version: str | None = None,
    headers: Mapping[str, str] | None = None,
    head_length: int | str | None = None,
    path: str = "infer",
) -> Answer:
    """Asks a model.

    Args:
        head: the JSON; bytes: as they are.
        tail: what comes behind it; with any, or with `head_length`, the header is sent.
        head_length: what the header says instead of the truth.
    """
    text = head if isinstance(head, bytes) else json.dumps(head).encode()
    sent = dict(headers or {})
    if tail or head_length is not None:
        sent[HEADER] = str(len(text) if head_length is None else head_length)
    versions = f"/versions/{version}" if version else ""
    reply = rest.call(
        address, "POST", f"/v2/models/{model}{versions}/{path}", text + b"".join(tail), headers=sent
    )
    length = int(reply.headers.get(HEADER.lower(), len(reply.body)))
    return Answer(reply, json.loads(reply.body[:length]), reply.body[length:])
