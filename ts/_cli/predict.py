"""`mariner predict`: one request to a model, and its answer on the terminal, in a pipe or in a file."""

from __future__ import annotations

import argparse
import base64
import http.client
import itertools
import json
import mimetypes
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from ts._cli.client import Answer, Endpoint, endpoint
from ts._cli.errors import CommandError

_BINARY_TYPE = "application/octet-stream"
_TEXT_TYPE = "text/plain; charset=utf-8"
_PIECE_BYTES = 65_536
_TEXT_CONTROLS = b"\t\n\r\f\x1b"


def predict(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Sends the request and prints the answer as it comes; raises CommandError for an error of the server."""
    body, content_type = _request(options)
    headers = {"Content-Type": content_type, **_headers(options.header)}
    server = endpoint(options, environment, "inference")
    kind = "explanations" if options.explain else "predictions"
    parts = [kind, options.model, *([options.version] if options.version else [])]
    path = "/" + "/".join(quote(part, safe="") for part in parts)
    begun = time.monotonic()
    connection = server.connection(options.timeout)
    try:
        answer, pieces = _ask(server, connection, path, (body, headers), options.timeout)
        if options.json:
            whole = Answer(answer.status, answer.headers, b"".join(pieces))
            _print_json(whole, time.monotonic() - begun)
        else:
            _deliver(options, answer.headers.get("content-type", ""), pieces)
    finally:
        connection.close()
    return 0


def _request(options: argparse.Namespace) -> tuple[bytes, str]:
    """Returns the body and its content type."""
    if options.data is not None:
        if options.file is not None:
            raise CommandError(f"--data: FILE is given as well ({options.file}) (expected: one of them)", 2)
        return options.data.encode(), options.content_type or _TEXT_TYPE
    if options.file in (None, "-"):
        if options.file is None and sys.stdin.isatty():
            raise CommandError("no request (expected: FILE, `-` for standard input, or --data TEXT)", 2)
        return sys.stdin.buffer.read(), options.content_type or _BINARY_TYPE
    path = Path(options.file)
    try:
        body = path.read_bytes()
    except OSError as error:
        raise CommandError(f"FILE can't be read: {path} ({error.strerror})") from error
    return body, options.content_type or mimetypes.guess_type(path.name)[0] or _BINARY_TYPE


def _headers(given: Sequence[str]) -> dict[str, str]:
    headers = {}
    for text in given:
        name, colon, value = text.partition(":")
        if not colon or not name.strip():
            raise CommandError(f"--header: {text!r} (expected: NAME:VALUE)", 2)
        headers[name.strip()] = value.strip()
    return headers


def _ask(
    server: Endpoint,
    connection: http.client.HTTPConnection,
    path: str,
    request: tuple[bytes, Mapping[str, str]],
    timeout: float | None,
) -> tuple[Answer, Iterator[bytes]]:
    """Sends the request; returns the head of the answer, and its body in pieces as they arrive."""
    body, headers = request
    try:
        connection.request("POST", path, body, server.headers(headers))
        response = connection.getresponse()
        named = {name.lower(): value for name, value in response.getheaders()}
        if not 200 <= response.status < 300:
            raise server.refusal(Answer(response.status, named, response.read()))
    except (OSError, http.client.HTTPException) as fault:
        raise server.unreachable(fault, timeout) from fault
    return Answer(response.status, named, b""), _pieces(server, response, timeout)


def _pieces(server: Endpoint, response: http.client.HTTPResponse, timeout: float | None) -> Iterator[bytes]:
    while True:
        try:
            piece = response.read1(_PIECE_BYTES)
        except (OSError, http.client.HTTPException) as fault:
            raise server.unreachable(fault, timeout) from fault
        if not piece:
            return
        yield piece


def is_text(content_type: str, content: bytes) -> bool:
    """Returns whether a terminal can show an answer, of which this is the beginning."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind.startswith(("image/", "audio/", "video/")):
        return False
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as fault:
        # A character may be cut in two where the piece ends.
        if fault.end < len(content) or len(content) - fault.start > 3:
            return False
    return not any(byte < 0x20 and byte not in _TEXT_CONTROLS for byte in content)


def _deliver(options: argparse.Namespace, content_type: str, pieces: Iterator[bytes]) -> None:
    """Writes the answer where it belongs; what a terminal can't show goes into a file."""
    if options.output:
        _save(Path(options.output), pieces)
        return
    first = next(pieces, b"")
    out = sys.stdout
    if out.isatty() and not is_text(content_type, first):
        path = _free_name(options.model, content_type)
        size = _save(path, itertools.chain([first], pieces))
        print(f"answer saved to {path} ({size} B, {content_type or 'no content type'})")
        return
    last = b""
    for piece in itertools.chain([first], pieces):
        out.buffer.write(piece)
        out.buffer.flush()
        last = piece or last
    if out.isatty() and not last.endswith(b"\n"):
        out.buffer.write(b"\n")
    out.flush()


def _free_name(model: str, content_type: str) -> Path:
    """Returns a name for the answer that no file has yet."""
    ending = mimetypes.guess_extension(content_type.partition(";")[0].strip()) or ".bin"
    stem = f"{Path(model).name}-answer"
    numbered = (Path(f"{stem}{f'-{number}' if number else ''}{ending}") for number in itertools.count())
    return next(path for path in numbered if not path.exists())


def _save(path: Path, pieces: Iterator[bytes]) -> int:
    size = 0
    with path.open("wb") as file:
        for piece in pieces:
            size += file.write(piece)
    return size


def _print_json(answer: Answer, seconds: float) -> None:
    """Prints the whole answer as one document; a body that is no text is in base64."""
    shown: dict[str, object] = {
        "status": answer.status,
        "seconds": round(seconds, 6),
        "headers": dict(answer.headers),
    }
    if answer.document is not None:
        shown["document"] = answer.document
    elif is_text(answer.headers.get("content-type", ""), answer.body):
        shown["text"] = answer.body.decode("utf-8", "replace")
    else:
        shown["base64"] = base64.b64encode(answer.body).decode("ascii")
    print(json.dumps(shown, indent=2))
