"""`App.serve`: the script becomes the command `mariner serve` for its own application."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from mariner.targets import Target, Wish, of_plan

if TYPE_CHECKING:
    from mariner.app import App


def serve_app(
    app: App,
    host: str = "127.0.0.1",
    port: int = 8080,
    workers: int | None = None,
    name: str | None = None,
) -> int:
    """Serves an application until it is interrupted.

    Args:
        app: at the top level of a script.
        host: address to listen at; every other than loopback is open to whoever reaches it.
        port: 0: a free one.
        workers: of each model; None: as they say themselves.
        name: of the server, for `mariner status` and `mariner stop`.

    Returns:
        The exit code of `mariner serve`.

    Raises:
        DefinitionError: workers would not find it.
    """
    from ts._cli.errors import CommandError
    from ts._cli.serve import run

    app.importable()

    def prepare(wish: Wish) -> Target:
        return of_plan(app.plan(), wish)

    options = argparse.Namespace(host=host, port=port, workers=workers, name=name, wait=None, log_config=None)
    try:
        return run(options, os.environ, app.name, prepare)
    except CommandError as error:
        print(f"{app.name}: {error}", file=sys.stderr)
        return error.exit_code
