"""Values of settings from environment variables and from a file `.env`."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

DOT_ENV = ".env"


def variables(environment: Mapping[str, str] | None = None, folder: Path | None = None) -> dict[str, str]:
    """Returns what the file `.env` of a folder says, and over it the environment."""
    found: dict[str, str] = {}
    file = (folder or Path.cwd()) / DOT_ENV
    if file.is_file():
        for line in file.read_text(encoding="utf-8").splitlines():
            name, equals, value = line.strip().partition("=")
            if equals and not name.startswith("#"):
                found[name.removeprefix("export ").strip()] = value.strip().strip("\"'")
    found.update(os.environ if environment is None else environment)
    return found


def named(prefix: str, names: Mapping[str, bool], given: Mapping[str, str]) -> dict[str, Any]:
    """Returns the values of settings that variables name.

    Args:
        prefix: before each name.
        names: of settings; whether a value is JSON, as lists and objects are.
        given: variables; their case does not matter.
    """
    by_name = {name.upper(): value for name, value in given.items()}
    found: dict[str, Any] = {}
    for name, is_json in names.items():
        value = by_name.get(f"{prefix}{name}".upper())
        if value is None:
            continue
        found[name] = _parsed(f"{prefix}{name}".upper(), value) if is_json else value
    return found


def _parsed(name: str, value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError as fault:
        raise ValueError(f"{name}: {value!r} (expected: JSON; {fault})") from fault
