"""`python -m ts._cli.kserve`: the `torchserve` command in a container that KServe starts.

There a wrapper answered on 8080 and 8081 in front of TorchServe on the ports of the user's configuration.
Mariner answers on KServe's ports itself: the configuration is taken as it is, but for the addresses of
inference; no token is asked for unless it says so, since KServe's clients have none.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from ts._cli import properties
from ts._cli.errors import CommandError
from ts._cli.runfolder import temp_root
from ts._cli.textfile import read_text
from ts._cli.torchserve import start, torchserve_parser

CONFIG_PATH = "/mnt/models/config/config.properties"
PORTS = {
    "inference_address": "http://0.0.0.0:8080",
    "grpc_inference_address": "0.0.0.0",
    "grpc_inference_port": "8081",
}
_PROTOCOLS = ("v1", "v2", "grpc-v2")
_OPEN = "disable_token_authorization"


def adapted(text: str, environment: Mapping[str, str]) -> str:
    """Returns the user's configuration with KServe's ports for inference."""
    given = properties.parse(text)
    changes = {key: environment.get(f"MARINER_KSERVE_{key.upper()}", value) for key, value in PORTS.items()}
    if _OPEN not in given:
        changes[_OPEN] = "true"
    if given.get("management_address") == changes["inference_address"]:
        # The management calls must not be open to whoever may predict.
        changes["management_address"] = "http://127.0.0.1:8085"
    return "".join(f"{key}={_escaped(value)}\n" for key, value in {**given, **changes}.items())


def _escaped(value: str) -> str:
    ascii_only = "".join(c if " " <= c <= "~" else f"\\u{ord(c):04x}" for c in value.replace("\\", "\\\\"))
    return "\\" + ascii_only if ascii_only.startswith(" ") else ascii_only


def arguments_for(arguments: Sequence[str], environment: Mapping[str, str]) -> list[str]:
    """Returns torchserve's arguments with the adapted configuration in place of the user's.

    Raises CommandError when there is no configuration or PROTOCOL_VERSION is none of KServe's.
    """
    protocol = environment.get("PROTOCOL_VERSION") or "v1"
    if protocol not in _PROTOCOLS:
        raise CommandError(f"PROTOCOL_VERSION: {protocol} (expected: one of {', '.join(_PROTOCOLS)})")
    options = torchserve_parser().parse_args(list(arguments))
    file = Path(options.ts_config or environment.get("CONFIG_PATH") or CONFIG_PATH)
    if not file.is_file():
        raise CommandError(f"--ts-config file not found: {file}")
    text = adapted(read_text(file, "--ts-config file"), environment)
    kept = temp_root() / ".mariner-kserve.properties"
    handle, part = tempfile.mkstemp(prefix=".mariner-kserve.", dir=kept.parent)
    with os.fdopen(handle, "w", encoding="ascii") as stream:
        stream.write(text)
    Path(part).replace(kept)
    print(f"KServe: {file} is served on {PORTS['inference_address']} and gRPC 8081 ({kept})", flush=True)
    # Of a flag given twice the last one counts; without the first one there is no warning.
    rest = [word for word in _without(arguments, "--ts-config") if word != "--foreground"]
    return [*rest, "--foreground", "--ts-config", str(kept)]


def _without(arguments: Sequence[str], flag: str) -> list[str]:
    left: list[str] = []
    skip = False
    for word in arguments:
        if not skip and word != flag and not word.startswith(f"{flag}="):
            left.append(word)
        skip = word == flag
    return left


def main() -> int:
    """Starts the server; returns the exit code of what did not start."""
    try:
        arguments = arguments_for(sys.argv[1:], os.environ)
    except CommandError as error:
        print(error, file=sys.stderr)
        return 1
    return start(arguments)


if __name__ == "__main__":
    sys.exit(main())
