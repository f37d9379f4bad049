"""What every server's handler does when a body orders it: `WORD ARGUMENTS`."""

import ctypes
import os
import pathlib
import signal
import time


def load() -> None:
    """Notes an attempt to load, and fails as often as the environment says (-1: always).

    Raises:
        OSError: the weights are not there, this time.
    """
    attempts = pathlib.Path(os.environ["FAULT_PEERS_ATTEMPTS"])
    with attempts.open("a", encoding="utf-8") as notes:
        notes.write(f"{os.getpid()}\n")
    to_fail = int(os.environ["FAULT_PEERS_LOADS_TO_FAIL"])
    if to_fail < 0 or len(attempts.read_text(encoding="utf-8").splitlines()) <= to_fail:
        raise OSError("no weights yet")


class Orders:
    """Carries orders out; a device that has failed stays so for the life of the process."""

    def __init__(self) -> None:
        self._device_failed = False

    def carry_out(self, order: str, size: int) -> str:
        """Returns the answer to an order that leaves one; `size` is that of the batch.

        Raises:
            RuntimeError: it was ordered, or the device has failed.
            ValueError: no such order.
        """
        if self._device_failed:
            raise RuntimeError("CUDA error: device-side assert triggered")
        word, _, rest = order.partition(" ")
        if word == "echo":
            return rest
        if word == "size":
            return str(size)
        if word == "sleep":
            time.sleep(float(rest))
            return "slept"
        if word == "note":
            pathlib.Path(rest).touch()
            return "noted"
        if word == "raise":
            raise RuntimeError("ordered")
        if word == "device":
            self._device_failed = True
            raise RuntimeError("CUDA error: device-side assert triggered")
        self._end(word)
        raise ValueError(f"order: {word} (expected: one of echo, size, sleep, note, raise, device, kill ...)")

    def _end(self, word: str) -> None:
        if word == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if word == "segfault":
            ctypes.string_at(0)
        if word == "exit":
            os._exit(3)
        if word == "hang":
            time.sleep(1e9)
