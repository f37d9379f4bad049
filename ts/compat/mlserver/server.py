"""`MLServer`: a server that a program starts, inside a loop that runs."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ts.compat.mlserver.errors import MLServerError
from ts.compat.mlserver.hosted import copy_of
from ts.compat.mlserver.repository import completed
from ts.compat.mlserver.settings import ModelSettings, Settings

_STOP_SECONDS = 60.0


class MLServer:
    """The engine for some models, as a process below this one.

    Args:
        settings: of the server.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, models_settings: Sequence[ModelSettings] = ()) -> None:
        """Serves models until `stop` is called, or the task is cancelled.

        Raises:
            MLServerError: the server ended by itself; why is on stderr.
        """
        with tempfile.TemporaryDirectory(prefix="mlserver-") as scratch:
            order = Path(scratch) / "order.json"
            order.write_text(_order(self._settings, models_settings), encoding="utf-8")
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "ts.compat.mlserver.hosting",
                str(order),
                env={**os.environ, "PYTHONPATH": _search_path()},
                # Ctrl-C goes to whoever started the server; it stops it.
                start_new_session=True,
            )
            try:
                code = await self._process.wait()
            except asyncio.CancelledError:
                await self.stop()
                raise
        if code > 0:
            raise MLServerError(f"server: ended with exit code {code} (expected: 0)", 500)

    async def stop(self, sig: int | None = None) -> None:
        """Stops the server after it has answered what it took on.

        Args:
            sig: why; nothing depends on it.
        """
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), _STOP_SECONDS)
        except asyncio.TimeoutError:
            process.kill()
            await process.wait()


def _order(settings: Settings, models: Sequence[ModelSettings]) -> str:
    """Returns what the process below is to serve, JSON."""
    given = settings.model_dump(mode="json", exclude_unset=True, exclude={"model_repository_implementation"})
    return json.dumps({"settings": given, "models": [json.loads(copy_of(completed(one))) for one in models]})


def _search_path() -> str:
    """Where this process finds modules, the ones below find them."""
    found = [entry or str(Path.cwd()) for entry in sys.path]
    given = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    return os.pathsep.join(dict.fromkeys([*found, *(entry for entry in given if entry)]))
