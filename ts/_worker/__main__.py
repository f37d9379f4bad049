"""Starts a worker: `python -m ts._worker`, with its environment set by the frontend; or with `--fork-server
MODULE…` a process that forks workers.
"""

import os
import sys

if __name__ == "__main__":
    # The working directory is the model's folder; its modules must not stand in for those that the worker
    # needs. Loading the model puts the folder where handlers expect it.
    if not getattr(sys.flags, "safe_path", False):
        del sys.path[0]
    # Meant for this process; Python programs that a handler starts find their own modules as usual.
    os.environ.pop("PYTHONSAFEPATH", None)
    early_end = None
    if sys.argv[1:2] == ["--fork-server"]:
        from ts._worker.early_end import EarlyEnd

        early_end = EarlyEnd()
        from ts._worker.fork_server import serve

        if not serve(sys.argv[2:]):
            sys.exit(0)
    from ts._worker.process import leave, main

    status = main()
    if early_end is not None:
        early_end.arm(status)
    leave(status)
