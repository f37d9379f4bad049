"""`Server`: gathers workers, and serves them until it is told to stop."""

from __future__ import annotations

import multiprocessing.process as processes
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from ts.compat.mosec.arguments import Settings, parse_arguments, require_free
from ts.compat.mosec.log import DEBUG_VARIABLE, LEVEL_VARIABLE, follow_environment
from ts.compat.mosec.runtime import Runtime
from ts.compat.mosec.stage import is_worker
from ts.compat.mosec.worker import Worker

_RESERVED = (
    "/",
    "/metrics",
    "/openapi",
    "/openapi/swagger",
    "/openapi/swagger/",
    "/openapi/metadata.json",
)


class Server:
    """A server of the workers of a script. It reads the command's flags and `MOSEC_*` when it is made.

    Raises:
        SystemExit: a flag or variable is malformed.
        RuntimeError: somebody listens at the address.
    """

    def __init__(self) -> None:
        self._settings: Settings = parse_arguments(sys.argv[1:], os.environ)
        self._routes: dict[str, list[Runtime]] = {}
        self._daemons: dict[str, Any] = {}
        # A worker imports the script, too, when the server listens already.
        if not _is_worker():
            os.environ[LEVEL_VARIABLE] = self._settings.log_level
            os.environ[DEBUG_VARIABLE] = "true" if self._settings.debug else ""
            # The script may have asked for its logger before.
            follow_environment()
            if not self._settings.dry_run:
                require_free(self._settings.address, self._settings.port)

    def append_worker(
        self,
        worker: type[Worker],
        num: int = 1,
        max_batch_size: int = 1,
        max_wait_time: int = 0,
        start_method: str = "spawn",
        env: list[dict[str, str]] | None = None,
        timeout: float = 0,
        route: str | list[str] = "/inference",
    ) -> None:
        """Appends a stage to one route or several, which then share its workers; see `Runtime`.

        Raises:
            AssertionError: an argument is out of bounds.
            ValueError: a route is the server's own, or no path.
        """
        pool = Runtime(worker, num, max_batch_size, max_wait_time, timeout, start_method, env)
        paths = [route] if isinstance(route, str) else list(route)
        for path in paths:
            _check_route(path)
        for path in paths:
            self._routes.setdefault(path, []).append(pool)

    def register_runtime(self, routes: Mapping[str, Sequence[Runtime]]) -> None:
        """Sets all routes of a server that has none. A runtime may stand on several of them.

        Raises:
            RuntimeError: the server has workers already.
            TypeError: a stage is no runtime.
            ValueError: a route is the server's own, or no path.
        """
        if self._routes:
            raise RuntimeError("`register_runtime` can only be registered to an empty mosec server")
        for path, way in routes.items():
            _check_route(path)
            for pool in way:
                if not isinstance(pool, Runtime):
                    raise TypeError(f"{path}: {pool!r} (expected: a Runtime)")
        self._routes = {path: list(way) for path, way in routes.items() if way}

    def register_daemon(self, name: str, proc: subprocess.Popen[Any] | processes.BaseProcess) -> None:
        """Has the server end when a process does.

        Args:
            name: for the log.
            proc: a `subprocess.Popen` or a process of `multiprocessing` that was started.

        Raises:
            AssertionError: it is neither.
        """
        if not isinstance(name, str):
            raise AssertionError("daemon name should be a string")
        if not isinstance(proc, (subprocess.Popen, processes.BaseProcess)):
            raise AssertionError(f"{type(proc)} is not a process or subprocess")
        self._daemons[name] = proc

    def run(self) -> None:
        """Serves until SIGTERM or SIGINT, finishes what was accepted, and returns.

        Raises:
            AssertionError: there is no worker.
            RuntimeError: a worker imports the script, which is not guarded by `if __name__ == "__main__"`.
            SystemExit: the server could not start, or ended by itself.
        """
        if not self._routes:
            raise AssertionError(
                "no worker registered\nhelp: use `.append_worker(...)` to register at least one worker"
            )
        if _is_worker():
            raise RuntimeError(
                "Server.run() while a worker imports the script "
                '(expected: below `if __name__ == "__main__":`)'
            )
        if self._settings.dry_run:
            from ts.compat.mosec.dry_run import dry_run

            code = dry_run(self._routes, self._settings)
        else:
            from ts.compat.mosec.process import serve

            code = serve(self._routes, self._settings, self._daemons)
        if code:
            raise SystemExit(code)


def _is_worker() -> bool:
    # Of a server, or of `multiprocessing`, as in a dry run.
    return is_worker() or getattr(processes.current_process(), "_inheriting", False)


def _check_route(path: Any) -> None:
    if path in _RESERVED:
        raise ValueError(f"{path!r} is reserved, try another one")
    if not isinstance(path, str) or not path.startswith("/"):
        raise ValueError(f"route: {path!r} (expected: a path that begins with /)")
