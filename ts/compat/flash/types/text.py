"""Texts."""

from __future__ import annotations

from typing import Any

from ts.compat.flash.types.base import BaseType


class Text(BaseType):
    """A text; the method gets, and returns, a tensor of tokens.

    Args:
        tokenizer: an object with `encode` and `decode`, or the name of one of `transformers`.

    Raises:
        TypeError: it is neither.
    """

    def __init__(self, tokenizer: Any) -> None:
        if isinstance(tokenizer, str):
            from transformers import AutoTokenizer

            tokenizer = AutoTokenizer.from_pretrained(tokenizer)
        for method in ("encode", "decode"):
            if not callable(getattr(tokenizer, method, None)):
                name = type(tokenizer).__name__
                raise TypeError(f"Text: a {name} has no {method} (expected: a tokenizer, or its name)")
        self.tokenizer = tokenizer

    def deserialize(self, text: str) -> Any:
        """Makes tokens of a text."""
        return self.tokenizer.encode(text, return_tensors="pt")

    def serialize(self, tokens: Any) -> str:
        """Makes a text of tokens."""
        text: str = self.tokenizer.decode(tokens.squeeze())
        return text
