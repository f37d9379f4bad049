"""Starts the ranks of a worker with torchrun: `python -m ts._worker.ranks OPTIONS… -m ts._worker`, where the
options are torchrun's own.

It ends when all ranks have ended well, or one has not: then it has the others ended, and tells the frontend
which one was the first.
"""

from __future__ import annotations

import os
import shutil
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from ts._wire.channel import Channel, Disconnected
from ts._wire.messages import VERSION, Frame, FrameType, ProtocolError
from ts._worker.environment import Environment
from ts._worker.parent import die_with_parent, lead_own_group
from ts._worker.rank_outputs import VARIABLE, RankOutputs

AGENT = "agent"
_SIGNALLED = 128
_TOLD_SECONDS = 2.0


def main(arguments: Sequence[str]) -> int:
    """Runs torchrun with these arguments. Returns the exit status."""
    die_with_parent()
    lead_own_group()
    environment = Environment.of(os.environ)
    try:
        from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
        from torch.distributed.run import parse_args, run
    except ImportError as fault:
        print(
            f"worker: parallelType: torchrun can't be imported: {fault} (expected: torch with"
            " torch.distributed, installed for the worker's Python)",
            file=sys.stderr,
        )
        return 1
    wanted = parse_args(list(arguments))
    lost: tuple[int, int] | None = None
    outputs = _outputs(wanted.redirects, wanted.tee, int(wanted.nproc_per_node))
    try:
        run(wanted)
    except ChildFailedError as fault:
        rank, failure = fault.get_first_failure()
        lost = rank, _SIGNALLED - failure.exitcode if failure.exitcode < 0 else failure.exitcode
    finally:
        if outputs is not None:
            outputs.close()
        if Path(wanted.log_dir).parent == Path(environment.socket_path).parent:
            shutil.rmtree(wanted.log_dir, ignore_errors=True)
    if lost is None:
        return 0
    _tell(environment, *lost)
    return 1


def _outputs(redirects: str, tee: str, ranks: int) -> RankOutputs | None:
    """Marks the ranks' lines, unless torchrun does something else with them."""
    if redirects != "0" or tee != "0" or sys.platform != "linux":
        return None
    outputs = RankOutputs(ranks)
    os.environ[VARIABLE] = outputs.where()
    return outputs


def _tell(environment: Environment, rank: int, status: int) -> None:
    """Tells the frontend how a rank ended, and waits until it has heard."""
    fields = {
        "protocol": str(VERSION),
        "worker": environment.worker,
        "generation": environment.generation,
        "nonce": environment.nonce,
        "rank": AGENT,
        "pid": str(os.getpid()),
        "lost_rank": str(rank),
        "lost_status": str(status),
    }
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(environment.socket_path)
        channel = Channel(connection)
        channel.send_frame(Frame(FrameType.HELLO, payload=fields))
        connection.settimeout(_TOLD_SECONDS)
        channel.receive()
    except Disconnected:
        return
    except (OSError, ProtocolError) as fault:
        told = f"worker: rank {rank} ended with status {status}, which the frontend can't be told: {fault}"
        print(told, file=sys.stderr)
    finally:
        connection.close()


if __name__ == "__main__":
    # As in `__main__`: files of the model's folder must not stand in for torch.
    if not getattr(sys.flags, "safe_path", False):
        del sys.path[0]
    result = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    # What torch would tidy up takes seconds, and nobody needs it any more.
    os._exit(result)
