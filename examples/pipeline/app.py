"""Tokenizer, encoder and classifier as three stages, each with workers of its own."""

from __future__ import annotations

import zlib
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

import mariner

WIDTH = 32
LABELS = ("question", "statement")
Tokens = NDArray[np.int64]
Vector = Annotated[NDArray[np.float32], mariner.Shape(WIDTH)]


@mariner.model(replicas=2)
class Tokenize:
    """Turns a text into numbers."""

    def predict(self, text: str) -> Tokens:
        if not text.strip():
            raise mariner.HTTPError(422, "the text is empty")
        words = text.lower().replace("?", " ?").split()
        return np.array([zlib.crc32(word.encode()) for word in words], np.int64)


@mariner.model(batch=8, timeout=10.0)
class Encode:
    """Turns tokens into one vector, with seeded weights."""

    def __init__(self) -> None:
        self.table = np.random.default_rng(7).normal(size=(4096, WIDTH)).astype(np.float32)

    def predict(self, tokens: list[Tokens]) -> list[Vector]:
        return [self.table[one % len(self.table)].mean(axis=0) for one in tokens]


@mariner.model
class Classify:
    """Names the label whose centre is nearest."""

    def __init__(self) -> None:
        encoder, tokenizer = Encode(), Tokenize()
        questions = ["who is it ?", "where are you ?", "what is this ?"]
        statements = ["it is fine .", "you are here .", "this is a house ."]
        groups = [[tokenizer.predict(text) for text in texts] for texts in (questions, statements)]
        self.centres = np.array([np.mean(encoder.predict(tokens), axis=0) for tokens in groups])

    def predict(self, vector: Vector) -> dict[str, Any]:
        distances = np.linalg.norm(self.centres - vector, axis=1)
        return {"label": LABELS[int(distances.argmin())], "distance": round(float(distances.min()), 3)}


app = mariner.App(mariner.Model.of(Tokenize) >> Encode >> Classify, route="/classify")

if __name__ == "__main__":
    app.serve()
