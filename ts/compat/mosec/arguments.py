"""Flags and variables of a server: flags count most, then `MOSEC_*`, then defaults."""

from __future__ import annotations

import argparse
import errno
import re
import secrets
import socket
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ts.compat.mosec.log import DEBUG_VARIABLE, LEVEL_VARIABLE, is_true

_PREFIX = "MOSEC_"
_LEVELS = ("debug", "info", "warning", "error")
_MOST_PORT = 65_535
_PROBLEM = "{name}: {value!r} (expected: {expected})"


@dataclass(frozen=True)
class Settings:
    """What a server was told.

    Attributes:
        path: folder of its files while it runs; it is removed at the end.
        capacity: most waiting requests of a stage; more are answered with 429.
        timeout: longest wait of a client, milliseconds.
        wait: `max_wait_time` of stages that name none, milliseconds.
        address: to listen at.
        port: to listen at.
        namespace: begins the names of metrics.
        debug: plain lines in the log, and more of them.
        log_level: least level of what is logged.
        dry_run: only the examples are run.
        compression: whether bodies may be packed.
        max_request_size: of a body, bytes.
    """

    path: str
    capacity: int = 1024
    timeout: int = 3000
    wait: int = 10
    address: str = "0.0.0.0"
    port: int = 8000
    namespace: str = "mosec_service"
    debug: bool = False
    log_level: str = "info"
    dry_run: bool = False
    compression: bool = False
    max_request_size: int = 10 * 1024 * 1024

    def variables(self) -> dict[str, str]:
        """Returns what workers need to know of it."""
        return {LEVEL_VARIABLE: self.log_level, DEBUG_VARIABLE: "true" if self.debug else "false"}


def parse_arguments(arguments: Sequence[str], environment: Mapping[str, str]) -> Settings:
    """Reads flags and variables; flags that are not known are the script's own.

    Raises:
        SystemExit: a value is malformed (2), or help was asked for (0).
    """
    parser = _parser()
    try:
        parser.set_defaults(**_of_environment(environment))
        found, _ = parser.parse_known_args(list(arguments))
        return _checked(Settings(**vars(found)))
    except ValueError as fault:
        parser.error(str(fault))


def _parser() -> argparse.ArgumentParser:
    default = Settings(str(Path(tempfile.gettempdir()) / f"mosec_{secrets.token_hex(4)}"))
    parser = argparse.ArgumentParser(
        description="Serves the workers of this script",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        epilog="All but --wait and --compression can be given as variables of the environment, as "
        "MOSEC_PORT=8080 for --port 8080; a flag counts more.",
    )

    def add(flag: str, kind: Callable[[str], Any], text: str) -> None:
        name = flag[2:].replace("-", "_")
        parser.add_argument(flag, type=kind, default=getattr(default, name), help=text)

    add("--path", str, "Folder of the server's files while it runs")
    add("--capacity", int, "Most waiting requests of a stage; more are answered with 429")
    add("--timeout", int, "Longest wait of a client (milliseconds)")
    add("--wait", int, "[deprecated] Wait for a batch to fill, of stages that name none (milliseconds)")
    add("--address", str, "Address to listen at")
    add("--port", int, "Port to listen at")
    add("--namespace", str, "Begins the names of metrics")
    parser.add_argument("--debug", action="store_true", help="Log plain lines, and more of them")
    parser.add_argument("--log-level", choices=_LEVELS, default="info", help="Least level of what is logged")
    parser.add_argument("--dry-run", action="store_true", help="Run the examples through all stages, and end")
    parser.add_argument("--compression", action="store_true", help="Take and give packed bodies")
    add("--max-request-size", int, "Most bytes of a body; more are answered with 413")
    return parser


def _of_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    numbers = ("capacity", "timeout", "port", "max_request_size")
    found: dict[str, Any] = {}
    for name in (*numbers, "path", "address", "namespace", "debug", "log_level", "dry_run"):
        variable = _PREFIX + name.upper()
        text = environment.get(variable)
        if not text:
            continue
        if name in numbers:
            if not text.strip().isdecimal():
                raise ValueError(_PROBLEM.format(name=variable, value=text, expected="a whole number"))
            found[name] = int(text)
        elif name == "log_level" and text.lower() not in _LEVELS:
            raise ValueError(_PROBLEM.format(name=variable, value=text, expected=" or ".join(_LEVELS)))
        elif name in ("debug", "dry_run"):
            found[name] = is_true(text)
        else:
            found[name] = text.lower() if name == "log_level" else text
    return found


def _checked(settings: Settings) -> Settings:
    bounds = {"capacity": 1, "timeout": 1, "wait": 0, "port": 1, "max_request_size": 1}
    for name, least in bounds.items():
        value = getattr(settings, name)
        most = _MOST_PORT if name == "port" else None
        if value < least or (most is not None and value > most):
            expected = f">= {least}" if most is None else f"{least} to {most}"
            flag = "--" + name.replace("_", "-")
            raise ValueError(_PROBLEM.format(name=flag, value=value, expected=expected))
    if re.fullmatch(r"[A-Za-z_]\w*", settings.namespace, re.ASCII) is None:
        expected = "letters, digits and _"
        raise ValueError(_PROBLEM.format(name="--namespace", value=settings.namespace, expected=expected))
    return settings


def require_free(address: str, port: int) -> None:
    """Raises RuntimeError when somebody listens at an address."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as fault:
            if fault.errno != errno.EADDRINUSE:
                raise
            message = f"{address}:{port} is in use. Please change to a free one (use `--port`)."
            raise RuntimeError(message) from fault
