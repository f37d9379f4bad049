"""The parsers of the subcommands that work on the models of a running server."""

from __future__ import annotations

import argparse
from typing import Any

from ts._cli.arguments import add_server_flags, seconds, whole

LOG_FILES = ("model", "server", "access")


def _command(commands: Any, name: str, text: str, kind: str = "management") -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, allow_abbrev=False, help=text)
    add_server_flags(parser, kind)
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


def _add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", help="registered name")


def _add_version(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--version", metavar="VERSION", help="version (default: the default version)")


def _add_wait(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-wait", action="store_true", help="return before the workers are ready")
    parser.add_argument(
        "--timeout", type=seconds, metavar="SECONDS", help="how long to wait (default: until it is done)"
    )


def _add_register(commands: Any) -> None:
    parser = _command(commands, "register", "add a model to a running server")
    parser.add_argument(
        "archive", metavar="ARCHIVE", help="a name in the server's model store, or an address"
    )
    parser.add_argument(
        "--model-name", metavar="NAME", help="name to register under (default: the archive's)"
    )
    parser.add_argument(
        "--workers",
        type=whole,
        metavar="N",
        help="workers to start (default: what the archive or the configuration says)",
    )
    for flag, text in (("--batch-size", "largest batch"), ("--max-batch-delay", "milliseconds")):
        parser.add_argument(flag, type=whole, metavar="N", help=text)
    for flag in ("--response-timeout", "--startup-timeout"):
        parser.add_argument(flag, type=whole, metavar="SECONDS", help="in place of the archive's")
    parser.add_argument("--handler", metavar="NAME", help="in place of the archive's")
    _add_wait(parser)


def _add_predict(commands: Any) -> None:
    parser = _command(commands, "predict", "ask a model, and print its answer", "inference")
    _add_model(parser)
    parser.add_argument("file", metavar="FILE", nargs="?", help="the request (default: -, standard input)")
    _add_version(parser)
    parser.add_argument("--data", metavar="TEXT", help="the request itself, in place of FILE")
    parser.add_argument(
        "--content-type", metavar="TYPE", help="type of the request (default: by the file's name)"
    )
    parser.add_argument(
        "--header", action="append", metavar="NAME:VALUE", default=[], help="a header of the request"
    )
    parser.add_argument(
        "--output", metavar="FILE", help="where to write the answer (default: standard output)"
    )
    parser.add_argument("--explain", action="store_true", help="ask for an explanation instead")
    parser.add_argument(
        "--timeout",
        type=seconds,
        metavar="SECONDS",
        help="how long to wait for the answer (default: as long as the server does)",
    )


def _add_logs(commands: Any) -> None:
    parser = commands.add_parser("logs", allow_abbrev=False, help="show the logs of a server")
    parser.add_argument("model", metavar="MODEL", nargs="?", help="only what this model's workers print")
    add_server_flags(parser, "management")
    parser.add_argument("-f", "--follow", action="store_true", help="go on with what is written from now on")
    parser.add_argument(
        "-n", "--lines", type=whole, default=50, metavar="N", help="how many lines (default: 50)"
    )
    parser.add_argument(
        "--file", choices=LOG_FILES, help="only this log (default: those of the server and its models)"
    )


def add_model_commands(commands: Any) -> None:
    """Adds the subcommands from `models` to `token`."""
    _command(commands, "models", "list the models of a running server")
    describe = _command(commands, "describe", "show a model with its versions and workers")
    _add_model(describe)
    _add_version(describe)
    describe.add_argument(
        "--handler", action="store_true", help="also what the handler says of itself (JSON only)"
    )
    _add_register(commands)
    scale = _command(commands, "scale", "set the number of a model's workers")
    _add_model(scale)
    scale.add_argument("workers", type=whole, metavar="N", help="workers that are kept alive")
    scale.add_argument("--max", type=whole, metavar="N", help="most workers (default: N)")
    _add_version(scale)
    _add_wait(scale)
    unregister = _command(commands, "unregister", "remove a model, after it has answered what it took on")
    _add_model(unregister)
    which = unregister.add_mutually_exclusive_group()
    which.add_argument("--version", metavar="VERSION", help="version (default: the default version)")
    which.add_argument("--all", action="store_true", help="all versions")
    set_default = _command(commands, "set-default", "say which version of a model is meant without one")
    _add_model(set_default)
    set_default.add_argument("version", metavar="VERSION", help="registered version")
    _add_predict(commands)
    _add_logs(commands)
    token = _command(commands, "token", "print or renew a key of a server that asks for tokens")
    token.add_argument(
        "type",
        metavar="TYPE",
        nargs="?",
        choices=("management", "inference", "API"),
        default="management",
        help="management (default), inference or API",
    )
    token.add_argument("--renew", action="store_true", help="have the server make a new key first")
