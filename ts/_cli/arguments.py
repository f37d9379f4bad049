"""Parsers that let no argument pass in silence: a flag given twice is an error, or a warning."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from ts._cli.trust import add_tls_flags

KEY_FILE = "key_file.json"
TOKEN_VARIABLE = "MARINER_TOKEN"
TOKEN_FILE_VARIABLE = "MARINER_TOKEN_FILE"
_SEEN = "_seen_flags"


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


def _note(parser: argparse.ArgumentParser, namespace: argparse.Namespace, flag: str) -> None:
    """Reports a flag that has been given before, the way the parser does."""
    seen: set[str] = getattr(namespace, _SEEN, set())
    if flag in seen and isinstance(parser, StrictParser):
        parser.repeated(flag)
    setattr(namespace, _SEEN, seen | {flag})


class _Once(argparse.Action):
    """Stores a value, and notices when it is not the first."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        if option_string is not None:
            _note(parser, namespace, self.option_strings[0])
        setattr(namespace, self.dest, values)


class _Switch(argparse.Action):
    """Stores True, and notices when it is not the first time."""

    def __init__(
        self, option_strings: Sequence[str], dest: str, default: Any = False, help: str | None = None
    ) -> None:
        super().__init__(option_strings, dest, nargs=0, default=default, help=help)

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        _note(parser, namespace, self.option_strings[0])
        setattr(namespace, self.dest, True)


class StrictParser(argparse.ArgumentParser):
    """A parser that ends the command with exit code 2 when a flag is given twice."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        for name in (None, "store"):
            self.register("action", name, _Once)
        self.register("action", "store_true", _Switch)

    def repeated(self, flag: str) -> None:
        """Called when a flag is given again."""
        self.error(f"argument {flag}: given more than once (expected: once)")


class LenientParser(StrictParser):
    """A parser that warns when a flag is given twice, and takes the last value as TorchServe does."""

    def repeated(self, flag: str) -> None:
        """Called when a flag is given again."""
        print(f"warning: {flag} is given more than once; the last one counts", file=sys.stderr)


def add_server_flags(
    parser: argparse.ArgumentParser, kind: str = "management", unnamed: str = "made from the current folder"
) -> None:
    """Adds the flags that say which server is meant. `kind`: the listener that the command talks to;
    `unnamed`: which server it is without a name."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--name", help=f"name of the server (default: {unnamed})")
    which.add_argument(
        f"--{kind}-address",
        "--address",
        dest="address",
        metavar="URL",
        help="where the server listens (default: what it says)",
    )
    parser.add_argument(
        "--token-file",
        metavar="FILE",
        help=f"{KEY_FILE}, or a file with the token (default: ${TOKEN_VARIABLE}, ${TOKEN_FILE_VARIABLE}, "
        "or the server's own)",
    )
    add_tls_flags(parser)


def seconds(text: str) -> float:
    """Reads a flag's time in seconds."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} (expected: seconds, >= 0)")
    return value


def whole(text: str) -> int:
    """Reads a flag's whole number."""
    try:
        value = int(text)
    except ValueError:
        value = -1
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text!r} (expected: a whole number, >= 0)")
    return value
