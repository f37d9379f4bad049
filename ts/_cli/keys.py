"""`mariner token`: the keys of a server that asks for tokens, as its key file has them."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlencode

from ts._cli.arguments import KEY_FILE, TOKEN_FILE_VARIABLE
from ts._cli.client import endpoint, key_file, server_folder, token_in
from ts._cli.errors import CommandError
from ts._cli.textfile import read_text

_RENEWABLE = ("management", "inference")


def token(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Prints one key, alone on its line for scripts. Raises CommandError when the server has none."""
    named = options.token_file or environment.get(TOKEN_FILE_VARIABLE)
    file = Path(named) if named else None
    if file is None and not options.address:
        folder = server_folder(options, environment)
        file = None if folder is None else key_file(folder)
        if folder is None and Path(KEY_FILE).is_file():
            file = Path(KEY_FILE)
    if file is None:
        raise CommandError(
            f"no {KEY_FILE} of that server can be read (expected: a server of this machine and user that "
            "asks for tokens, disable_token_authorization=false, or --token-file)"
        )
    if options.renew:
        _renew(options, environment, file)
    key = token_in(file, options.type)
    if options.json:
        shown = {"type": options.type, "key": key, "expires": _expiry(file, options.type), "file": str(file)}
        print(json.dumps(shown, indent=2))
    else:
        print(key)
    return 0


def _expiry(file: Path, kind: str) -> str | None:
    """When a key ends, as the key file says; None: it does not."""
    try:
        text = json.loads(read_text(file, "token file"))[kind]["expiration time"]
    except (ValueError, KeyError, TypeError):
        return None
    return str(text)


def _renew(options: argparse.Namespace, environment: Mapping[str, str], file: Path) -> None:
    if options.type not in _RENEWABLE:
        raise CommandError(f"--renew: {options.type} (expected: one of {', '.join(_RENEWABLE)})", 2)
    former, api_key = token_in(file, options.type), token_in(file, "API")
    server = endpoint(options, environment)
    path = f"/token?{urlencode({'type': options.type})}"
    answer = server.call("GET", path, headers={"Authorization": f"Bearer {api_key}"})
    if not 200 <= answer.status < 300:
        raise server.refusal(answer)
    if token_in(file, options.type) == former:
        raise CommandError(
            f"the server has made a new {options.type} key, but {file} still has the former one "
            f"(expected: the {KEY_FILE} that the server writes, or a new copy of it)"
        )
