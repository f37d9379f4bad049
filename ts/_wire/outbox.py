"""Memory that outlives the process: frames that were written but not sent yet.

A worker of short runs holds its answers back for a moment, so that one system call sends several. Were they
in the process's own memory, a run that kills the process would take the answers of the runs before it along.
The frontend reads this memory through `/proc` when the process has ended, or when a run takes long.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import socket

CAPACITY = 256 * 1024
_HEAD = 8
_SIZE, _ROUND = 0, 1


class Outbox:
    """Frames on their way to the frontend. For one thread.

    The layout is that of `proto/wire`: the number of bytes, the round, then the bytes. The number is written
    with one store, after the bytes that it counts, so whoever reads it finds whole frames, at whatever moment
    the process ends.

    Attributes:
        descriptor: of the memory, for the frontend to find it.
        size: bytes of frames.
    """

    def __init__(self) -> None:
        """Makes the memory.

        Raises:
            OSError: the system has none to give, or does not know this kind (Linux does).
        """
        if not hasattr(os, "memfd_create"):
            raise OSError("memfd_create: not known to this system")
        self.descriptor = os.memfd_create("mariner-outbox")
        try:
            os.ftruncate(self.descriptor, _HEAD + CAPACITY)
            self._memory = mmap.mmap(self.descriptor, _HEAD + CAPACITY)
        except BaseException:
            os.close(self.descriptor)
            raise
        self._frames = memoryview(self._memory)[_HEAD:]
        self._head = memoryview(self._memory)[:_HEAD].cast("I")
        self.size = 0

    @classmethod
    def made(cls) -> Outbox | None:
        """Returns an outbox, or nothing where there can't be one."""
        with contextlib.suppress(OSError, ValueError):
            return cls()
        return None

    def add(self, frames: bytes) -> bool:
        """Puts whole frames behind those that are there. Returns whether there was room."""
        start = self.size
        end = start + len(frames)
        if end > CAPACITY:
            return False
        self._memory[_HEAD + start : _HEAD + end] = frames
        self._head[_SIZE] = self.size = end
        return True

    def send(self, connection: socket.socket) -> None:
        """Sends all frames, then forgets them.

        Raises:
            ConnectionError: the frontend is gone.
        """
        connection.sendall(self._frames[: self.size])
        # The round comes first: whoever has read frames must see it before others take their place.
        self._head[_ROUND] = (self._head[_ROUND] + 1) % (1 << 32)
        self._head[_SIZE] = self.size = 0

    def close(self) -> None:
        """Gives the descriptor back; the memory goes with the process."""
        os.close(self.descriptor)
