"""Tokens and n-grams of text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

_SPACED = re.compile(r"([.,!?()\"'])")
_DROPPED = re.compile(r"<br\s*/?>|[;:]")


def ngrams_iterator(token_list: Sequence[str], ngrams: int) -> Iterator[str]:
    """Yields the tokens, then all runs of two to `ngrams` of them, joined by blanks."""
    yield from token_list
    for size in range(2, ngrams + 1):
        for at in range(len(token_list) - size + 1):
            yield " ".join(token_list[at : at + size])


def get_tokenizer(
    tokenizer: str | Callable[[str], list[str]] | None = "basic_english",
) -> Callable[[str], list[str]]:
    """Returns a function from text to tokens.

    Args:
        tokenizer: `basic_english` (lower case, punctuation apart), None (split at blanks), or a function.

    Raises:
        ValueError: the name is not known.
    """
    if tokenizer is None:
        return str.split
    if callable(tokenizer):
        return tokenizer
    if tokenizer == "basic_english":
        return _basic_english
    raise ValueError(f"tokenizer: {tokenizer!r} (expected: basic_english, None or a function)")


def _basic_english(text: str) -> list[str]:
    return _SPACED.sub(lambda m: "" if m[1] == '"' else f" {m[1]} ", _DROPPED.sub(" ", text.lower())).split()
