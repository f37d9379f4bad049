"""The command `mariner`: which module does what its flags ask."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Mapping, Sequence

from ts._cli.errors import CommandError, check_current_folder, fault_text
from ts._cli.parsers import command_parser
from ts.version import __version__

COMMANDS: Mapping[str, tuple[str, str]] = {
    "start": ("start", "start"),
    "serve": ("serve", "serve"),
    "stop": ("stop", "stop"),
    "status": ("status", "status"),
    "swap": ("swap", "swap"),
    "config": ("config", "config"),
    "models": ("models", "models"),
    "describe": ("models", "describe"),
    "register": ("registration", "register"),
    "scale": ("registration", "scale"),
    "unregister": ("registration", "unregister"),
    "set-default": ("registration", "set_default"),
    "predict": ("predict", "predict"),
    "logs": ("logs", "logs"),
    "token": ("keys", "token"),
    "drill": ("drill.command", "drill"),
    "completion": ("completion", "completion"),
}
"""The module and function of each subcommand; it takes the options and the environment."""


def _archive(arguments: Sequence[str]) -> int:
    if arguments and not arguments[0].startswith("-"):
        from ts._cli.packing import pack_script

        return pack_script(arguments)
    import model_archiver

    from ts._cli.plain_models import archiver_flags

    try:
        flags = archiver_flags(arguments)
    except CommandError as error:
        print(f"mariner archive: {error}", file=sys.stderr)
        return error.exit_code
    return int(model_archiver.main(flags, prog="mariner archive") or 0)


def _run(options: argparse.Namespace) -> int:
    if options.command == "version":
        print(f"mariner {__version__}")
        return 0
    check_current_folder()
    # Each command imports what it needs when it runs: `mariner version` is there at once.
    module, name = COMMANDS[options.command]
    command: Callable[[argparse.Namespace, Mapping[str, str]], int]
    command = getattr(importlib.import_module(f"ts._cli.{module}"), name)
    return command(options, os.environ)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code: 0, 1 (failed), 2 (wrong flags), 3 (status: not running)."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] == ["archive"]:
        return _archive(arguments[1:])
    options = command_parser().parse_args(arguments)
    try:
        return _run(options)
    except CommandError as error:
        print(f"mariner {options.command}: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader has gone (`mariner status | head -1`): no news, and nothing more to say at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (OSError, UnicodeError) as fault:
        print(f"mariner {options.command}: {fault_text(fault)}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
