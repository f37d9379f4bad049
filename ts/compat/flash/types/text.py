"""Texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ts.compat.flash.types.base import BaseType


@dataclass(unsafe_hash=True)
class Text(BaseType):
    """A text; the method gets, and returns, a tensor of tokens.

    Args:
        tokenizer: an object with `encode` and `decode`, or the name of one of `transformers`.

    Raises:
        TypeError: it is neither.
        ImportError: it is a name, and `transformers` is not installed.
    """

    tokenizer: Any

    def __post_init__(self) -> None:
        if isinstance(self.tokenizer, str):
            from transformers import AutoTokenizer

            self.tokenizer = AutoTokenizer.from_pretrained(self.tokenizer)
        for method in ("encode", "decode"):
            if not callable(getattr(self.tokenizer, method, None)):
                name = type(self.tokenizer).__name__
                raise TypeError(f"Text: a {name} has no {method} (expected: a tokenizer, or its name)")

    def deserialize(self, text: str) -> Any:
        """Makes tokens of a text."""
        return self.tokenizer.encode(text, return_tensors="pt")

    def serialize(self, tokens: Any) -> str:
        """Makes a text of tokens."""
        text: str = self.tokenizer.decode(tokens.squeeze())
        return text
