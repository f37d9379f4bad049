"""The worker process: what it sets up, how it connects, and how it ends."""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import io
import os
import signal
import socket
import sys
import threading

from ts._wire.channel import Channel
from ts._wire.messages import ProtocolError
from ts._worker.environment import Environment
from ts._worker.logs import show_records
from ts._worker.parent import die_with_parent, lead_own_group
from ts._worker.rank_outputs import join_outputs
from ts._worker.session import Session
from ts._worker.traces import print_traceback

_LAST_WORDS_SECONDS = 5.0


def main() -> int:
    """Connects and serves. Returns the exit status: 0 after STOP or the end of the connection."""
    die_with_parent()
    lead_own_group()
    join_outputs(os.environ)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(line_buffering=True, errors="backslashreplace")
    show_records(sys.stdout)
    faulthandler.enable(all_threads=True)
    faulthandler.register(signal.SIGUSR1, all_threads=True, chain=False)
    # A terminal's Ctrl-C reaches the whole process group; the frontend ends its workers when it has drained.
    signal.signal(signal.SIGINT, lambda *_: None)
    try:
        environment = Environment.of(os.environ)
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.connect(environment.socket_path)
    except (ValueError, OSError) as fault:
        print(f"worker: cannot start: {fault}", file=sys.stderr)
        return 1
    channel = Channel(connection)
    try:
        Session(channel, environment).serve()
    except ProtocolError as fault:
        print(f"worker: the frontend does not speak the protocol: {fault}", file=sys.stderr)
        return 1
    except (SystemExit, KeyboardInterrupt) as wish:
        print_traceback(wish, f"worker: the handler ended the process with {type(wish).__name__}")
        return exit_status(wish)
    finally:
        channel.close()
    return 0


def exit_status(wish: BaseException) -> int:
    """Returns the status with which Python itself would end on SystemExit or KeyboardInterrupt."""
    if isinstance(wish, SystemExit):
        if wish.code is None:
            return 0
        return wish.code if isinstance(wish.code, int) else 1
    return 128 + signal.SIGINT


def leave(status: int) -> None:
    """Ends the process as Python does, but waits only so long for threads and exit handlers of the model."""

    def end() -> None:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
        os._exit(status)

    gc.unfreeze()  # native libraries count what is left of them, and complain
    timer = threading.Timer(_LAST_WORDS_SECONDS, end)
    timer.daemon = True
    timer.start()
    sys.exit(status)
