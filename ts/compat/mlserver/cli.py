"""The command `mlserver`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from ts._cli.errors import CommandError, fault_text
from ts.version import __version__


def parser() -> argparse.ArgumentParser:
    """Returns the parser of the command."""
    found = argparse.ArgumentParser(prog="mlserver", description="Serves models of MLServer.")
    found.add_argument("--version", action="version", version=f"mlserver (mariner) {__version__}")
    commands = found.add_subparsers(dest="command", required=True, metavar="COMMAND")
    start = commands.add_parser("start", help="serve the models of a folder")
    start.add_argument("folder", help="folder with settings.json and model-settings.json files")
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns 0, 1 (failed) or 2 (wrong arguments)."""
    options = parser().parse_args(argv)
    try:
        return _start(options)
    except CommandError as error:
        print(f"mlserver {options.command}: {error}", file=sys.stderr)
        return error.exit_code
    except (OSError, UnicodeError) as fault:
        print(f"mlserver {options.command}: {fault_text(fault)}", file=sys.stderr)
        return 1


def _start(options: argparse.Namespace) -> int:
    from ts.compat.mlserver import hosting

    folder = Path(options.folder)
    settings, models = hosting.load(folder)
    return hosting.run(settings, models, os.environ, f"{folder.resolve().name} (MLServer)")


if __name__ == "__main__":
    sys.exit(main())
