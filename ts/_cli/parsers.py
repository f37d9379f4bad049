"""The parser of the command `mariner`: its subcommands and their flags."""

from __future__ import annotations

import argparse
from typing import Any

from ts._cli.arguments import LaterFlag, StrictParser, add_server_flags, seconds
from ts._cli.model_parsers import add_model_commands
from ts.version import __version__

WORKFLOW_FLAGS = ("--workflows", "--workflow")
LATER_FLAGS = ("--cpp-log-config", *WORKFLOW_FLAGS)


def _add_start(commands: Any) -> None:
    parser = commands.add_parser("start", allow_abbrev=False, help="start a server")
    parser.add_argument("--model-store", metavar="DIR", help="folder that holds the model archives")
    parser.add_argument(
        "--workflow-store",
        metavar="DIR",
        help="folder that holds the archives of workflows (default: the model store)",
    )
    parser.add_argument(
        "--models",
        nargs="+",
        metavar="[NAME=]MODEL",
        help="models to load: archives, or files and folders of models, in the store (without one: paths); "
        "or `all` archives",
    )
    parser.add_argument(
        "--app", nargs="+", metavar="APP", help="applications to load: folders with app.json, or .war files"
    )
    parser.add_argument("--ts-config", metavar="FILE", help="configuration file (config.properties)")
    parser.add_argument("--plugins-path", "--ppath", metavar="DIR", help="folder of jars with plugins")
    parser.add_argument("--name", help="name of the server (default: made from the current folder)")
    parser.add_argument(
        "--foreground", action="store_true", help="stay in the foreground until the server ends"
    )
    parser.add_argument(
        "--wait",
        type=seconds,
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


def _add_serve(commands: Any) -> None:
    parser = commands.add_parser(
        "serve", allow_abbrev=False, help="serve a script, archive or folder until it is interrupted"
    )
    parser.add_argument(
        "target",
        metavar="PATH[:NAME]",
        help="script of an application, model or handler; .mar, .war, or the folder of one",
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen at (default: 127.0.0.1, this machine only)"
    )
    parser.add_argument("--port", type=int, default=8080, help="port (default: 8080; 0: a free one)")
    parser.add_argument("--workers", type=int, metavar="N", help="workers of each model")
    parser.add_argument("--name", help="name of the server (default: made from folder and script)")
    parser.add_argument(
        "--wait", type=seconds, metavar="SECONDS", help="how long the models may take (default: any time)"
    )
    parser.add_argument("--log-config", metavar="FILE", help="Log4j 2 configuration")


def _add_stop(commands: Any) -> None:
    parser = commands.add_parser(
        "stop", allow_abbrev=False, help="stop a server, after it has answered what it took on"
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--name", help="name of the server (default: made from the current folder)")
    which.add_argument("--all", action="store_true", help="stop all your servers")
    parser.add_argument(
        "--timeout", type=seconds, default=60.0, metavar="SECONDS", help="how long to wait (default: 60)"
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
        type=seconds,
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
    add_server_flags(parser)
    parser.add_argument(
        "--timeout", type=seconds, metavar="SECONDS", help="how long to wait (default: until it is done)"
    )


def _add_config(commands: Any) -> None:
    parser = commands.add_parser(
        "config", allow_abbrev=False, help="check a configuration, or show what it comes to"
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for action, text in (
        ("check", "say whether a server would start with it, and everything that is wrong with it"),
        ("show", "show the value of each key, and who gives it"),
    ):
        command = actions.add_parser(action, allow_abbrev=False, help=text)
        command.add_argument("--ts-config", metavar="FILE", help="configuration file (config.properties)")
        command.add_argument("--model-store", metavar="DIR", help="as for `start`")
        command.add_argument("--models", nargs="+", metavar="[NAME=]MAR", help="as for `start`")
        command.add_argument("--app", nargs="+", metavar="APP", help="as for `start`")
        for flag in ("--disable-token-auth", "--enable-model-api", "--allow-insecure"):
            command.add_argument(flag, action="store_true", help="as for `start`")
        command.add_argument(
            "--profile",
            choices=("mariner", "torchserve"),
            default="mariner",
            help="the command that would start the server (default: mariner)",
        )
        command.add_argument("--json", action="store_true", help="print JSON")
        if action == "show":
            command.add_argument("--given", action="store_true", help="only keys that somebody has set")


def command_parser() -> argparse.ArgumentParser:
    """Returns the parser of all commands but `archive`, which has its own."""
    parser = StrictParser(prog="mariner", description="Serves PyTorch models.", allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"mariner {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_start(commands)
    _add_serve(commands)
    _add_stop(commands)
    _add_swap(commands)
    status = commands.add_parser(
        "status", allow_abbrev=False, help="show the running servers and their models"
    )
    add_server_flags(status, unnamed="all servers of this machine and user")
    status.add_argument("--json", action="store_true", help="print JSON")
    status.add_argument(
        "--window",
        type=seconds,
        metavar="SECONDS",
        default=0.5,
        help="how long to watch what the models do (default: 0.5; 0: not at all)",
    )
    _add_config(commands)
    add_model_commands(commands)
    _add_drill(commands)
    completion = commands.add_parser(
        "completion", allow_abbrev=False, help="print a script that completes words in a shell"
    )
    completion.add_argument("shell", choices=("bash", "zsh", "fish"), help="the shell")
    commands.add_parser("archive", add_help=False, help="pack a model into an archive (.mar)")
    commands.add_parser("version", help="print the version")
    return parser
