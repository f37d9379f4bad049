"""Frames over a connected socket: many frames a system call, in both directions."""

from __future__ import annotations

import socket
import time

from ts._wire.codec import DEFAULT_MAX_FRAME, JOIN_BELOW, LENGTH_SIZE, Chunk, encode, frame_size, take_over
from ts._wire.fast import decode_frames, new_buffer
from ts._wire.messages import Frame, ProtocolError
from ts._wire.outbox import Outbox

_INITIAL_CAPACITY = 256 * 1024
_SHRINK_ABOVE = 4 * 1024 * 1024
_GROWTH_STEP = 64 * 1024 * 1024
_MAX_VECTORS = 512
_TAKEN_OVER = 512 * 1024
"""From this size on a frame that has the buffer for itself keeps it."""


class Disconnected(Exception):
    """The peer closed the connection between two frames."""


class Channel:
    """A socket that speaks frames.

    Reading is for one thread. `send` and `flush` must not run in two threads at once. Attributes:
        received_at: `time.monotonic()` of the last bytes that arrived.
        unsent: bytes that `send` holds back until `flush`.
        outbox: where `keep` puts them; absent: nowhere.
    """

    def __init__(self, connection: socket.socket, max_frame: int = DEFAULT_MAX_FRAME) -> None:
        connection.setblocking(True)
        self._socket = connection
        self._max_frame = max_frame
        self._buffer = bytearray(_INITIAL_CAPACITY)
        self._start = 0
        self._end = 0
        self._out: list[Chunk] = []
        self._fault: ProtocolError | None = None
        self.unsent = 0
        self.outbox: Outbox | None = None
        self.received_at = time.monotonic()

    @property
    def broken(self) -> bool:
        """Whether the next `receive` raises, whatever arrives."""
        return self._fault is not None

    def fileno(self) -> int:
        """Returns the socket's descriptor, to wait for it."""
        return self._socket.fileno()

    def receive(self, wait: bool = True) -> list[Frame]:
        """Makes one receive call and returns the frames that are complete by now, in order.

        Without `wait`, and nothing to read, the list is empty at once. With it the list is empty only when
        the bytes that arrived complete no frame.

        Raises:
            Disconnected: the peer closed the connection between frames.
            ProtocolError: the bytes are no frames, or the connection ended inside one.
        """
        if self._fault is not None:
            raise self._fault
        self._make_room()
        flags = 0 if wait else socket.MSG_DONTWAIT
        try:
            if self._end == 0:
                size = self._socket.recv_into(self._buffer, 0, flags)
            else:
                with memoryview(self._buffer) as view:
                    size = self._socket.recv_into(view[self._end :], 0, flags)
        except BlockingIOError:
            return []
        except ConnectionError as failure:
            raise Disconnected(str(failure)) from failure
        if size == 0:
            self._ended()
        self._end += size
        self.received_at = time.monotonic()
        return self._frames()

    def _frames(self) -> list[Frame]:
        if self._start == 0 and _TAKEN_OVER <= self._end <= self._max_frame:
            frame = take_over(self._buffer, self._end)
            if frame is not None:
                self._buffer = new_buffer(_INITIAL_CAPACITY)
                self._end = 0
                return [frame]
        frames: list[Frame] = []
        try:
            at = decode_frames(self._buffer, self._start, self._end, self._max_frame, frames)
        except ProtocolError as fault:
            # What came before the fault is whole and counts; the next call raises.
            if not frames:
                raise
            self._fault = fault
            return frames
        if at == self._end:
            at = self._end = 0
        self._start = at
        return frames

    def _make_room(self) -> None:
        pending = self._end - self._start
        capacity = len(self._buffer)
        if pending == 0:
            self._start = self._end = 0
            if capacity > _SHRINK_ABOVE:
                self._buffer = new_buffer(_INITIAL_CAPACITY)
            return
        needed = pending + 1
        if pending >= LENGTH_SIZE:
            needed = max(needed, frame_size(self._buffer, self._start, self._max_frame))
        if self._start + needed <= capacity and self._end < capacity:
            return
        if needed > capacity:
            # A hostile length must not cost more memory than bytes that really came.
            capacity = min(needed, max(2 * capacity, pending + _GROWTH_STEP))
            grown = new_buffer(capacity)
            grown[:pending] = memoryview(self._buffer)[self._start : self._end]
            self._buffer = grown
        else:
            self._buffer[:pending] = self._buffer[self._start : self._end]
        self._start, self._end = 0, pending

    def _ended(self) -> None:
        pending = self._end - self._start
        if pending:
            raise ProtocolError(f"connection: ended inside a frame, after {pending} of its bytes")
        raise Disconnected("connection: closed by the peer")

    def send(self, chunks: list[Chunk], size: int) -> None:
        """Holds chunks back until `flush`; they must not change before it.

        Args:
            size: bytes in all chunks.
        """
        self._out += chunks
        self.unsent += size

    def hold(self, frame: bytes) -> None:
        """Holds a whole frame back until `flush`."""
        self._out.append(frame)
        self.unsent += len(frame)

    def send_frame(self, frame: Frame) -> None:
        """Sends a frame, after what is held back."""
        data = encode(frame)
        self.send([data], len(data))
        self.flush()

    def keep(self) -> bool:
        """Puts all that is held back where the frontend finds it if this process ends before the flush.

        Returns whether there is such a place with room for it.
        """
        outbox, out = self.outbox, self._out
        if outbox is None or not outbox.add(b"".join(out)):
            return False
        out.clear()
        return True

    def flush(self) -> None:
        """Writes all that is held back.

        Raises:
            Disconnected: the peer is gone.
        """
        size, outbox = self.unsent, self.outbox
        if not size:
            return
        try:
            if outbox is not None and outbox.size:
                # What is kept is older than the rest, which joins it if it can.
                size -= outbox.size
                if size and self.keep():
                    size = 0
                outbox.send(self._socket)
            out, self._out, self.unsent = self._out, [], 0
            if size < JOIN_BELOW:
                if size:
                    self._socket.sendall(b"".join(out))
            else:
                self._write_vectors(out)
        except (ConnectionError, BrokenPipeError) as failure:
            raise Disconnected(str(failure)) from failure

    def _write_vectors(self, chunks: list[Chunk]) -> None:
        """Writes large bodies from where they lie."""
        views = [memoryview(chunk).cast("B") for chunk in chunks if len(chunk)]
        at = 0
        while at < len(views):
            sent = self._socket.sendmsg(views[at : at + _MAX_VECTORS])
            while at < len(views) and sent >= len(views[at]):
                sent -= len(views[at])
                at += 1
            if sent:
                views[at] = views[at][sent:]

    def close(self) -> None:
        """Closes the socket."""
        self._socket.close()
