"""A worker for the frontend's tests that does what its script says, byte by byte.

It shares no code with the real worker, so both ends of the wire are written twice.
"""

import os
import signal
import socket
import struct
import sys
import threading

HELLO, LOAD, LOADED, UNLOADED = 0x01, 0x10, 0x11, 0x13
PREDICT, RESULT, PIECE, CREDIT, CANCEL, HEARTBEAT, STOP = 0x20, 0x23, 0x24, 0x25, 0x26, 0x30, 0x31


def frame(kind, model=0, run=0, count=0, payload=b"", flags=0):
    return struct.pack(">IBBHIQI", 20 + len(payload), 1, kind, flags, model, run, count) + payload


def fields(**values):
    out = b""
    for name, value in values.items():
        data = str(value).encode()
        out += struct.pack(">HI", len(name), len(data)) + name.encode() + data
    return out


def item(number, body, flags=0, error=0):
    return struct.pack(">QHBBHHII", number, 0, flags, error, 0, 0, 0, len(body)) + body


def hello(**changes):
    values = {
        "protocol": 1,
        "worker": os.environ["MARINER_WORKER"],
        "generation": os.environ["MARINER_GENERATION"],
        "nonce": os.environ["MARINER_NONCE"],
        "rank": 0,
        "world_size": 1,
        "pid": os.getpid(),
        "python": "3",
    }
    return frame(HELLO, payload=fields(**{**values, **changes}))


def stranger():
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(20)
    connection.connect(os.environ["MARINER_SOCKET"])
    return connection


def connect():
    connection = stranger()
    connection.sendall(hello())
    return connection


def receive(connection):
    """Returns (type, model, run, count, payload) of the next frame, or None at the end."""
    head = exactly(connection, 24)
    if head is None:
        return None
    length, _, kind, _, model, run, count = struct.unpack(">IBBHIQI", head)
    return kind, model, run, count, exactly(connection, length - 20)


def exactly(connection, count):
    data = b""
    while len(data) < count:
        try:
            piece = connection.recv(count - len(data))
        except ConnectionError:
            return None
        if not piece:
            return None
        data += piece
    return data


def refused(connection):
    """Whether the frontend ends the connection without having said anything."""
    return exactly(connection, 1) is None


def forever():
    threading.Event().wait()
