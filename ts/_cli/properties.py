"""Java's properties format, as far as the commands need the configuration file themselves (`vmargs`,
`model_store`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from ts._cli.errors import CommandError
from ts._cli.textfile import read_text

_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}
_VARIABLE = re.compile(r"\$\$([^$]+)\$\$")


def _logical_lines(text: str) -> Iterator[str]:
    pending: str | None = None
    for raw in re.split(r"\r\n|\r|\n", text):
        line = raw.lstrip(" \t\f")
        if pending is None and (not line or line[0] in "#!"):
            continue
        line = line if pending is None else pending + line
        backslashes = len(line) - len(line.rstrip("\\"))
        if backslashes % 2:
            pending = line[:-1]
        else:
            pending = None
            yield line
    if pending:
        yield pending


def _unescape(text: str) -> str:
    def replaced(match: re.Match[str]) -> str:
        code = match.group(1)
        if len(code) == 5:
            return chr(int(code[1:], 16))
        return _ESCAPES.get(code, code)

    return re.sub(r"\\(u[0-9a-fA-F]{4}|.)", replaced, text)


def parse(text: str) -> dict[str, str]:
    """Returns the keys and values of a properties text; of a key given twice the last value counts."""
    entries: dict[str, str] = {}
    for line in _logical_lines(text):
        found = re.match(r"((?:\\.|[^\\=: \t\f])*)[ \t\f]*[=:]?[ \t\f]*", line)
        if found is not None:
            entries[_unescape(found.group(1))] = _unescape(line[found.end() :])
    return entries


def expand(value: str, environment: Mapping[str, str]) -> str:
    """Replaces each `$$NAME$$` by the environment variable of that name; raises CommandError if it is not
    set."""

    def replaced(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in environment:
            raise CommandError(f"Invalid configuration: Invalid Environment Variable {name}")
        return environment[name]

    return _VARIABLE.sub(replaced, value)


def locate(flag: str | None, environment: Mapping[str, str], folder: Path) -> Path | None:
    """Returns the configuration file that the server will read: TS_CONFIG_FILE, the flag,
    ./config.properties, none.

    Raises CommandError when a file was named and is not there.
    """
    named = environment.get("TS_CONFIG_FILE") or flag
    if named:
        path = folder / named
        if not path.is_file():
            raise CommandError(f"--ts-config file not found: {named}")
        return path
    default = folder / "config.properties"
    return default if default.is_file() else None


def load(path: Path | None) -> dict[str, str]:
    """Reads the file (none: no entries); raises CommandError when it can't be read."""
    if path is None:
        return {}
    return parse(read_text(path, "--ts-config file"))


def in_force(
    key: str, flag: str | None, config: Mapping[str, str], environment: Mapping[str, str]
) -> str | None:
    """Returns what holds for a key, as the server decides it: the environment's value where the file lets it
    count, else the flag's, else the file's; None: nobody gives it.

    Raises CommandError when the file's names an environment variable that is not set.
    """
    if config.get("enable_envvars_config", "").strip().lower() == "true":
        override = environment.get(f"TS_{key.upper()}")
        if override is not None:
            return override.strip() or None
    return flag or expand(config.get(key, ""), environment).strip() or None
