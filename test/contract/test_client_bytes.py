"""Requests byte by byte as clients write them: Triton's over HTTP (no content type, compact JSON, bytes),
and `mlserver infer` of MLServer 1.7.1, which has headers of its own."""

from __future__ import annotations

import json
import struct

import pytest
from support.rest import RawConnection
from support.server import RunningServer

AGENT = b"User-Agent: python-geventhttpclient-2\r\n"
X = b'{"name":"x","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":8}}'
X_JSON = b'{"name":"x","shape":[1,2],"datatype":"FP32","data":[1.0,2.5]}'
RAW = struct.pack("<2f", 1, 2.5)
DOUBLED = struct.pack("<2f", 2, 5)
ALL_AS_BYTES = b'"parameters":{"binary_data_output":true}'
Y_AS_BYTES = b'"outputs":[{"name":"y","parameters":{"binary_data":true}}]'
Y_AS_JSON = b'"outputs":[{"name":"y","parameters":{"binary_data":false}}]'
OPTIONS = b'"parameters":{"priority":2,"timeout":60000000,"own":"text","binary_data_output":true}'


def sent(head: bytes, tail: bytes, path: bytes = b"/v2/models/tensors/infer") -> bytes:
    lines = b"POST " + path + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n" + AGENT
    if tail:
        lines += b"Inference-Header-Content-Length: %d\r\n" % len(head)
    return lines + b"Content-Length: %d\r\n\r\n" % (len(head) + len(tail)) + head + tail


MLSERVER = (
    b"content-type: application/json\r\nseldon-puid: 7\r\nx-request-id: 7\r\n%sAccept: */*\r\n"
    b"Accept-Encoding: gzip, deflate, br\r\nUser-Agent: Python/3.11 aiohttp/3.14.5\r\n"
)


def sent_by_mlserver(head: bytes, tail: bytes) -> bytes:
    """Returns what `mlserver infer` sends; with `-b` there is a tail."""
    lines = b"POST /v2/models/tensors/infer HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n"
    lines += MLSERVER % (b"Inference-Header-Content-Length: %d\r\n" % len(head) if tail else b"")
    return lines + b"Content-Length: %d\r\n\r\n" % (len(head) + len(tail)) + head + tail


@pytest.mark.parametrize(
    ("request_bytes", "behind"),
    [
        (sent(b'{"inputs":[' + X + b"]," + ALL_AS_BYTES + b"}", RAW), True),
        (sent(b'{"id":"7","inputs":[' + X + b"]," + Y_AS_BYTES + b"}", RAW), True),
        (sent(b'{"inputs":[' + X + b"]," + Y_AS_JSON + b"}", RAW), False),
        (sent(b'{"inputs":[' + X_JSON + b"]," + Y_AS_BYTES + b"}", b""), True),
        (sent(b'{"inputs":[' + X + b"]," + OPTIONS + b"}", RAW), True),
        (
            sent(
                b'{"inputs":[' + X + b"]," + ALL_AS_BYTES + b"}",
                RAW,
                b"/v2/models/tensors/versions/1.0/infer",
            ),
            True,
        ),
        (sent_by_mlserver(b'{"id":"7","inputs":[' + X_JSON + b"]," + Y_AS_JSON + b"}", b""), False),
        (sent_by_mlserver(b'{"id":"7","inputs":[' + X + b"]," + Y_AS_BYTES + b"}", RAW), True),
    ],
    ids=[
        *("plain", "wanted-bytes", "wanted-json", "json-there", "options", "version"),
        *("mlserver-infer", "mlserver-infer-b"),
    ],
)
def test_clients_are_understood(shared_server: RunningServer, request_bytes: bytes, behind: bool) -> None:
    with RawConnection(shared_server.inference) as connection:
        connection.send(request_bytes)
        reply = connection.read_head()
        body = connection.read_exactly(int(reply.headers["content-length"]))
    assert reply.status == 200, body
    length = int(reply.headers.get("inference-header-content-length", len(body)))
    output = json.loads(body[:length])["outputs"][0]
    assert (output["name"], output["shape"]) == ("y", [1, 2])
    if behind:
        assert (output["parameters"]["binary_data_size"], body[length:]) == (8, DOUBLED)
    else:
        assert (output["data"], body[length:]) == ([2.0, 5.0], b"")
