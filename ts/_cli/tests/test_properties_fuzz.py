"""Whatever the configuration file says, the commands read it as texts or refuse it with words."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from ts._cli import properties
from ts._cli.errors import CommandError

PIECES = [
    "model_store",
    "vmargs",
    "=",
    ":",
    " ",
    "\\",
    "\\u",
    "\\u00e9",
    "\\\n",
    "\n",
    "\r",
    "#",
    "!",
    "$$",
    "$$A$$",
]
TEXTS = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=4)), max_size=30).map("".join)


@given(TEXTS)
def test_any_text_is_read(text: str) -> None:
    for key, value in properties.parse(text).items():
        with suppress(CommandError):
            assert isinstance(properties.expand(key + value, {"A": "a"}), str)


@given(
    st.dictionaries(
        st.from_regex(r"[a-z_]{1,8}", fullmatch=True), st.from_regex(r"[a-z0-9/.]{0,8}", fullmatch=True)
    )
)
def test_plain_entries_are_read_as_they_are_written(entries: dict[str, str]) -> None:
    text = "".join(f"{key}={value}\n" for key, value in entries.items())
    assert properties.parse(text) == entries


def test_any_bytes_are_read(tmp_path: Path) -> None:
    file = tmp_path / "config.properties"

    @given(st.binary(max_size=200))
    def check(content: bytes) -> None:
        file.write_bytes(content)
        assert isinstance(properties.load(file), dict)

    check()
