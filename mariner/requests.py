"""Requests without a frontend: bodies that are made, and taken apart as the frontend takes them."""

from __future__ import annotations

import json as json_module
import secrets
from collections.abc import Mapping, Sequence
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl, urlencode

from mariner.messages import Headers
from ts._wire.messages import Part

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"


def body_of(
    json: Any = None,
    content: bytes | str | None = None,
    data: Mapping[str, str] | None = None,
    files: Mapping[str, tuple[str, bytes]] | None = None,
) -> tuple[str, bytes]:
    """Returns content type and bytes of a body; raises ValueError when it is given in two ways."""
    given = [json is not None, content is not None, data is not None or files is not None]
    if sum(given) > 1:
        raise ValueError("body: given twice (expected: one of json, content, or data and files)")
    if json is not None:
        return "application/json", json_module.dumps(json).encode()
    if content is not None:
        return "", content.encode() if isinstance(content, str) else content
    if files is not None:
        return _multipart(data or {}, files)
    return (FORM, urlencode(data).encode()) if data is not None else ("", b"")


def _multipart(data: Mapping[str, str], files: Mapping[str, tuple[str, bytes]]) -> tuple[str, bytes]:
    boundary = secrets.token_hex(16)
    parts = [(name, "", text.encode()) for name, text in data.items()]
    parts += [(name, kind, body) for name, (kind, body) in files.items()]
    chunks = []
    for name, kind, body in parts:
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'
        head += f'; filename="{name}"\r\nContent-Type: {kind}\r\n\r\n' if kind else "\r\n\r\n"
        chunks += [head.encode(), body, b"\r\n"]
    chunks.append(f"--{boundary}--\r\n".encode())
    return f"{MULTIPART}; boundary={boundary}", b"".join(chunks)


def parts_of(body: bytes, headers: Headers, query: str, raw: bool) -> Sequence[Part]:
    """Returns the parts of a request: one `body`, or the fields of a form; and the query's parameters."""
    kind = headers.get("content-type", "")
    media = kind.partition(";")[0].strip().lower()
    if raw:
        return [Part("body", kind, bytearray(body))]
    found: list[tuple[str, str, bytes]] = []
    if media == FORM and b"=" in body:
        found += [(name, "", value.encode()) for name, value in parse_qsl(body.decode(), True)]
    elif media == MULTIPART:
        found += _parts(kind, body)
    elif body:
        found.append(("body", kind, body))
    found += [(name, "", value.encode()) for name, value in parse_qsl(query, True)]
    return [Part(name, kind, bytearray(value)) for name, kind, value in _numbered(found)]


def _parts(kind: str, body: bytes) -> list[tuple[str, str, bytes]]:
    message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    found = []
    for part in message.iter_parts():
        name = part.get_param("name", "", header="content-disposition")
        given = part.get("content-type")
        content: Any = part.get_payload(decode=True)
        found.append((str(name), str(given or ""), bytes(content or b"")))
    return found


def _numbered(parts: Sequence[tuple[str, str, bytes]]) -> list[tuple[str, str, bytes]]:
    """Names those before the last of one name `name[0]`, `name[1]` …, as the frontend does."""
    seen: dict[str, int] = {}
    totals: dict[str, int] = {}
    for name, _, _ in parts:
        totals[name] = totals.get(name, 0) + 1
    found = []
    for name, kind, value in parts:
        number = seen.get(name, 0)
        seen[name] = number + 1
        found.append((name if number == totals[name] - 1 else f"{name}[{number}]", kind, value))
    return found
