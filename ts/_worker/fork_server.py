"""A process that has imported what many workers need, and forks them: each then has it at once, and the pages
that nobody writes to are there only once.

The frontend starts it as `python -m ts._worker --fork-server MODULE…` and speaks lines with it, on its
standard input and output; `proto/wire/README.md` is their definition. Everything that a worker does about its
own life, it does here too: a fork calls the same `main` as a process that was started.
"""

from __future__ import annotations

import gc
import importlib
import os
import select
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote, unquote

from ts._worker.outcome import short_message
from ts._worker.parent import die_with_parent, lead_own_group


class Unsafe(Exception):
    """What was imported has done something that a fork would not survive; the message names it."""


def serve(modules: Sequence[str]) -> bool:
    """Imports modules, then forks whenever a line asks for it.

    Returns:
        True in each fork, whose directory, environment and standard files are those that were asked for;
        False in this process, when the frontend wants no more.
    """
    die_with_parent()
    lead_own_group()
    signal.signal(signal.SIGINT, lambda *_: None)
    # What modules print while they are imported must not get between the lines.
    requests, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    server = ForkServer(requests, answers)
    try:
        preload(modules)
    except Exception as fault:
        server.answer("refused", short_message(fault))
        return False
    # Collections of a fork leave alone what they would only copy.
    gc.collect()
    gc.freeze()
    server.answer("ready")
    return server.serve()


def preload(modules: Sequence[str]) -> None:
    """Imports modules.

    Raises:
        Unsafe: a module started threads or took a GPU, neither of which a fork would have; or the
            system is not Linux, whose forks end with the process that made them.
        Exception: whatever a module raises.
    """
    if sys.platform != "linux":
        raise Unsafe(f"platform: {sys.platform} (expected: linux)")
    for module in modules:
        importlib.import_module(module)
    others = [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
    if others:
        raise Unsafe(f"threads: {', '.join(others)} (expected: none is started by an import)")
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        raise Unsafe("CUDA: initialised (expected: not by an import)")


class ForkServer:
    """Lines in, forks out. For the process's first thread, whose death its forks would not survive."""

    def __init__(self, requests: int, answers: int) -> None:
        self._requests = requests
        self._answers = answers
        self._woken, self._waker = os.pipe()
        self._names: dict[int, str] = {}
        # Outputs that the frontend has not opened yet, by the fork's name.
        self._held: dict[str, list[int]] = {}

    def answer(self, *words: str) -> None:
        """Writes a line."""
        line = " ".join(quote(word, safe="/") for word in words) + "\n"
        os.write(self._answers, line.encode("ascii"))

    def serve(self) -> bool:
        """Returns True in a fork, and False when the requests end."""
        for descriptor in (self._woken, self._waker):
            os.set_blocking(descriptor, False)
        signal.set_wakeup_fd(self._waker, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        rest = b""
        while True:
            ready, _, _ = select.select((self._requests, self._woken), (), ())
            if self._woken in ready:
                os.read(self._woken, 4096)
            self._reap()
            if self._requests not in ready:
                continue
            data = os.read(self._requests, 65536)
            if not data:
                return False
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                if self._obey([unquote(word) for word in line.decode("ascii").split(" ")]):
                    return True

    def _obey(self, words: list[str]) -> bool:
        if words[0] == "fork":
            name, directory, stdout, stderr, *variables = words[1:]
            return self._fork(name, directory, (stdout, stderr), variables)
        if words[0] == "opened":
            _close(*self._held.pop(words[1], ()))
            return False
        raise ValueError(f"request: {words[0]!r} (expected: fork or opened)")

    def _fork(self, name: str, directory: str, outputs: Sequence[str], variables: Sequence[str]) -> bool:
        held: list[int] = []
        writers: list[int] = []
        try:
            if not Path(directory).is_dir():
                raise NotADirectoryError(f"{directory}: no folder")
            for path in outputs:
                os.mkfifo(path, 0o600)
                # Open for both directions it waits for no other side, and what is written lasts.
                held.append(os.open(path, os.O_RDWR))
                writers.append(os.open(path, os.O_WRONLY))
            process = os.fork()
        except OSError as fault:
            _close(*held, *writers)
            self.answer("failed", name, short_message(fault))
            return False
        self._held[name] = held
        if process == 0:
            self._become_worker(directory, writers, variables)
            return True
        _close(*writers)
        self._names[process] = name
        self.answer("forked", name, str(process))
        return False

    def _become_worker(self, directory: str, writers: Sequence[int], variables: Sequence[str]) -> None:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for descriptor, writer in enumerate(writers, start=1):
            os.dup2(writer, descriptor)
        _close(*writers, self._requests, self._answers, self._woken, self._waker)
        for held in self._held.values():
            _close(*held)
        os.chdir(directory)
        for variable in variables:
            key, _, value = variable.partition("=")
            os.environ[key] = value
        del sys.argv[1:]
        # Python seeds its own generator anew after a fork.
        numpy = sys.modules.get("numpy")
        if numpy is not None:
            numpy.random.seed()

    def _reap(self) -> None:
        while True:
            try:
                process, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if process == 0:
                return
            code = os.waitstatus_to_exitcode(status)
            name = self._names.pop(process, None)
            if name is not None:
                self.answer("ended", name, str(code if code >= 0 else 128 - code))


def _close(*descriptors: int) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
