"""The bare Python loop of the yardstick: `loop.py SOCKET`. It echoes the items of frames, and that is all.

A frame is a u32 (bytes that follow) and then items; an item is a u64 id, a u32 length and as many bytes. All
numbers are big-endian. The answer to a frame is a frame with the same ids. Every read may bring many frames;
their answers leave with one write. The loop ends when the other end closes the socket.
"""

from __future__ import annotations

import socket
import struct
import sys

LENGTH = struct.Struct(">I")
ITEM = struct.Struct(">QI")
READ_BYTES = 1 << 20
# Bodies up to this size are cheaper to join than to hand to the kernel one by one.
JOIN_BYTES = 1 << 16
# The kernel takes at most this many pieces in one call.
MAX_PIECES = 1024

Piece = bytes | memoryview


def echo(bodies: list[memoryview]) -> list[memoryview]:
    """Stands where a model would: takes a batch, returns as many answers."""
    return bodies


def answer(frame: memoryview, out: list[Piece]) -> None:
    """Runs one batch and appends the frame of its answers to `out`.

    Args:
        frame: the items, without the length of the frame.
        out: pieces that are to be sent, in order.
    """
    ids: list[int] = []
    bodies: list[memoryview] = []
    at, end = 0, len(frame)
    while at < end:
        number, length = ITEM.unpack_from(frame, at)
        at += ITEM.size
        ids.append(number)
        bodies.append(frame[at : at + length])
        at += length
    answers = echo(bodies)
    out.append(LENGTH.pack(sum(map(len, answers)) + ITEM.size * len(answers)))
    for number, body in zip(ids, answers, strict=True):
        out.append(ITEM.pack(number, len(body)))
        out.append(body)


def send(link: socket.socket, out: list[Piece], size: int) -> None:
    """Sends all pieces; large ones are not copied."""
    if size <= JOIN_BYTES or size < JOIN_BYTES * len(out) // 4:
        link.sendall(b"".join(out))
        return
    pieces = [memoryview(piece) for piece in out]
    first = 0
    while first < len(pieces):
        sent = link.sendmsg(pieces[first : first + MAX_PIECES])
        while first < len(pieces) and sent >= len(pieces[first]):
            sent -= len(pieces[first])
            first += 1
        if sent:
            pieces[first] = pieces[first][sent:]


def serve(link: socket.socket) -> None:
    """Reads frames and answers them until the other end closes the connection."""
    buffer = bytearray(READ_BYTES)
    view = memoryview(buffer)
    filled = 0
    while True:
        count = link.recv_into(view[filled:])
        if count == 0:
            return
        filled += count
        at = size = 0
        needed = LENGTH.size
        out: list[Piece] = []
        while filled - at >= LENGTH.size:
            needed = LENGTH.size + LENGTH.unpack_from(view, at)[0]
            if filled - at < needed:
                break
            answer(view[at + LENGTH.size : at + needed], out)
            at += needed
            size += needed
        if out:
            send(link, out, size)
            out.clear()
        if needed > len(buffer):
            buffer = bytearray(needed + READ_BYTES)
            buffer[: filled - at] = view[at:filled]
            view = memoryview(buffer)
        elif at and at < filled:
            buffer[: filled - at] = buffer[at:filled]
        filled -= at


def main() -> None:
    """Connects to the socket that the command line names, and serves it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
        link.connect(sys.argv[1])
        serve(link)


if __name__ == "__main__":
    main()
