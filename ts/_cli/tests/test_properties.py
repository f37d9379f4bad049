"""Java's properties format."""

from __future__ import annotations

from pathlib import Path

import pytest

from ts._cli.errors import CommandError
from ts._cli.properties import expand, locate, parse


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        ("a=b", {"a": "b"}),
        ("a : b\nc d", {"a": "b", "c": "d"}),
        ("# c\n! c\n\n  a = b ", {"a": "b "}),
        ("a=b\\\n   c\\\r\n d", {"a": "bcd"}),
        ("a=b\\\\\nc=d", {"a": "b\\", "c": "d"}),
        ("a\\=b=c\\u0041\\n", {"a=b": "cA\n"}),
        ("a=1\na=2", {"a": "2"}),
        ("a=# no comment", {"a": "# no comment"}),
        ("a", {"a": ""}),
        ("a=b\\", {"a": "b"}),
        ("vmargs=-Dx=y -Xmx1g", {"vmargs": "-Dx=y -Xmx1g"}),
    ],
)
def test_text_is_read_as_java_reads_it(text: str, entries: dict[str, str]) -> None:
    assert parse(text) == entries


def test_variables_are_replaced_and_missing_ones_named() -> None:
    assert expand("$$A$$/x", {"A": "/a"}) == "/a/x"
    with pytest.raises(CommandError, match="Invalid Environment Variable B"):
        expand("$$B$$", {})


def test_config_is_the_environments_then_the_flags_then_the_folders(tmp_path: Path) -> None:
    for name in ("env", "flag", "config.properties"):
        (tmp_path / name).touch()
    assert locate("flag", {"TS_CONFIG_FILE": "env"}, tmp_path) == tmp_path / "env"
    assert locate("flag", {}, tmp_path) == tmp_path / "flag"
    assert locate(None, {}, tmp_path) == tmp_path / "config.properties"
    assert locate(None, {}, tmp_path / "elsewhere") is None
