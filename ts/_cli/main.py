"""The command `mariner`: its flags, and which module does what they ask."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from ts._cli.errors import CommandError
from ts.version import __version__

WORKFLOW_FLAGS = ("--workflow-store", "--workflows", "--workflow")
LATER_FLAGS = ("--plugins-path", "--ppath", "--cpp-log-config", *WORKFLOW_FLAGS)


class LaterFlag(argparse.Action):
    """A flag that is known and refused: exit code 2 and `... is not supported yet`."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> NoReturn:
        parser.exit(2, f"{parser.prog}: {option_string} is not supported yet\n")


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} (expected: seconds, >= 0)")
    return value


def _add_start(commands: Any) -> None:
    parser = commands.add_parser("start", allow_abbrev=False, help="start a server")
    parser.add_argument("--model-store", metavar="DIR", help="folder that holds the model archives")
    parser.add_argument(
        "--models", nargs="+", metavar="[NAME=]MAR", help="models to load: archives in the store, or `all`"
    )
    parser.add_argument("--ts-config", metavar="FILE", help="configuration file (config.properties)")
    parser.add_argument("--name", help="name of the server (default: made from the current folder)")
    parser.add_argument(
        "--foreground", action="store_true", help="stay in the foreground until the server ends"
    )
    parser.add_argument(
        "--wait",
        type=_seconds,
        metavar="SECONDS",
        help="how long to wait for the models (default: until they are ready or failed)",
    )
    parser.add_argument(
        "--no-config-snapshots",
        "--ncs",
        action="store_true",
        help="neither write nor read configuration snapshots",
    )
    parser.add_argument("--disable-token-auth", action="store_true", help="ask no client for a token")
    parser.add_argument(
        "--enable-model-api", action="store_true", help="let clients register and unregister models"
    )
    parser.add_argument(
        "--allow-insecure", action="store_true", help="listen beyond this machine without token or TLS"
    )
    parser.add_argument("--log-config", metavar="FILE", help="Log4j 2 configuration")
    for flag in LATER_FLAGS:
        parser.add_argument(flag, action=LaterFlag, nargs="?", help=argparse.SUPPRESS)


def _add_stop(commands: Any) -> None:
    parser = commands.add_parser(
        "stop", allow_abbrev=False, help="stop a server, after it has answered what it took on"
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--name", help="name of the server (default: made from the current folder)")
    which.add_argument("--all", action="store_true", help="stop all your servers")
    parser.add_argument(
        "--timeout", type=_seconds, default=60.0, metavar="SECONDS", help="how long to wait (default: 60)"
    )
    parser.add_argument("--force", action="store_true", help="kill the server when the time is up")


def _add_drill(commands: Any) -> None:
    parser = commands.add_parser(
        "drill", allow_abbrev=False, help="try harmless faults on a model, on a private server"
    )
    parser.add_argument("model", metavar="MODEL", help="path of an archive, or its name in --model-store")
    parser.add_argument("--model-store", metavar="DIR", help="folder that holds the model archives")
    parser.add_argument(
        "--input", metavar="FILE", help="a request that the model answers (default: `warmup` of the archive)"
    )
    parser.add_argument("--content-type", metavar="TYPE", help="content type of the request")
    parser.add_argument("--quick", action="store_true", help="leave out the scenarios that take long")
    parser.add_argument(
        "--load-timeout",
        type=_seconds,
        default=120.0,
        metavar="SECONDS",
        help="how long the model may take to load (default: 120)",
    )
    parser.add_argument("--json", action="store_true", help="print the scorecard as JSON")


def _add_swap(commands: Any) -> None:
    parser = commands.add_parser(
        "swap", allow_abbrev=False, help="replace the default version of a model without losing a request"
    )
    parser.add_argument("model", metavar="MODEL", help="registered name")
    parser.add_argument(
        "archive",
        metavar="ARCHIVE",
        help="the new archive: a name in the server's model store, or an address",
    )
    parser.add_argument(
        "--registered", action="store_true", help="ARCHIVE is a version that is registered already"
    )
    parser.add_argument("--keep-old", action="store_true", help="leave the old version registered")
    parser.add_argument("--name", help="name of the server (default: made from the current folder)")
    parser.add_argument(
        "--management-address", metavar="URL", help="where the server listens (default: what it says)"
    )
    parser.add_argument("--token-file", metavar="FILE", help="key_file.json, or a file with the token")
    parser.add_argument(
        "--timeout", type=_seconds, metavar="SECONDS", help="how long to wait (default: until it is done)"
    )


def command_parser() -> argparse.ArgumentParser:
    """Returns the parser of all commands but `archive`, which has its own."""
    parser = argparse.ArgumentParser(prog="mariner", description="Serves PyTorch models.", allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"mariner {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_start(commands)
    _add_stop(commands)
    _add_swap(commands)
    status = commands.add_parser(
        "status", allow_abbrev=False, help="show the running servers and their models"
    )
    status.add_argument("--name", help="show only this server")
    status.add_argument("--json", action="store_true", help="print JSON")
    _add_drill(commands)
    commands.add_parser("archive", add_help=False, help="pack a model into an archive (.mar)")
    commands.add_parser("version", help="print the version")
    return parser


def _archive(arguments: Sequence[str]) -> int:
    import model_archiver

    return int(model_archiver.main(list(arguments), prog="mariner archive") or 0)


def _run(options: argparse.Namespace) -> int:
    # Each command imports what it needs when it runs: `mariner version` is there at once.
    if options.command == "start":
        from ts._cli.start import start

        return start(options, os.environ)
    if options.command == "stop":
        from ts._cli.stop import stop

        return stop(options, os.environ)
    if options.command == "swap":
        from ts._cli.swap import swap

        return swap(options, os.environ)
    if options.command == "status":
        from ts._cli.status import status

        return status(options, os.environ)
    if options.command == "drill":
        from ts._cli.drill.command import drill

        return drill(options, os.environ)
    print(f"mariner {__version__}")
    return 0


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


def workflow_archiver() -> int:
    """The command `torch-workflow-archiver`: refuses openly."""
    print("torch-workflow-archiver: workflows are not supported yet", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
