"""The loop without a server: the handler's own code called with whole batches, in a process of its own.

`python -m bench.load.in_process MODEL BODY` reads lines `BATCH SECONDS` and answers each with a rate. In the
loop is all that the worker of a server does for the model: decoding, preprocessing, the forward pass,
postprocessing, and the answers as JSON. Not in it: sockets, queues, and anything about requests.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

from bench.load.pace import rate
from bench.places import HANDLERS, HERE

# As Mariner's workers have it (`PythonCommand.keepFreedMemory`). Without it a process of torch gives memory
# back after each batch or keeps it, as its heap happens to lie: up to 9 % that say nothing of a server.
_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(32 << 20), "MALLOC_TRIM_THRESHOLD_": str(64 << 20)}


class InProcess:
    """The process of one model; use as a context."""

    def __init__(self, model: str, body: Path, device: str) -> None:
        env = dict(os.environ, PYTHONPATH=str(HERE.parent), MARINER_BENCH_DEVICE=device, **_MEMORY)
        command = [sys.executable, "-m", "bench.load.in_process", model, str(body)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env
        )

    def __enter__(self) -> InProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait(30)

    def rate(self, batch: int, seconds: float) -> float:
        """Returns how many requests a second the loop does with batches of this size.

        Raises:
            RuntimeError: the process has ended.
        """
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the loop has no pipes (expected: two)")
        self._process.stdin.write(f"{batch} {seconds}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the loop ended with {self._process.wait()} (expected: a rate)")
        return float(line)


class _Context:
    """What the handlers ask of a context: nothing."""


def main() -> int:
    """Answers the questions on standard input until it ends."""
    name, body = sys.argv[1], Path(sys.argv[2]).read_bytes()
    sys.path.insert(0, str(HANDLERS))
    module = importlib.import_module(name)
    handler = next(
        made() for made in vars(module).values() if isinstance(made, type) and made.__module__ == name
    )
    handler.initialize(_Context())
    for line in sys.stdin:
        batch, seconds = line.split()
        rows = [{"body": body}] * int(batch)
        ends: list[float] = []
        stop = time.perf_counter() + float(seconds)
        while time.perf_counter() < stop or len(ends) < 2 * len(rows) + 1:
            for answer in handler.handle(rows, _Context()):
                json.dumps(answer)
            ends += [time.perf_counter()] * len(rows)
        print(rate(ends), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
