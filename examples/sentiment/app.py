"""A sentiment model in one file; its tiny word list stands in for weights."""

from __future__ import annotations

from dataclasses import dataclass

import mariner


@dataclass
class Label:
    name: str
    score: float


@mariner.model(batch=16, timeout=5.0, example="a fine film")
class Sentiment:
    """Says whether a text is friendly."""

    def __init__(self) -> None:
        # Runs once in each worker: load weights here.
        self.weights = {"fine": 1.0, "good": 1.0, "great": 2.0, "bad": -1.0, "dull": -1.0, "awful": -2.0}

    def predict(self, texts: list[str]) -> list[Label]:
        return [self._label(text) for text in texts]

    def _label(self, text: str) -> Label:
        words = text.lower().split()
        if not words:
            return mariner.HTTPError(422, "the text is empty")  # type: ignore[return-value]
        score = sum(self.weights.get(word.strip(".,!"), 0.0) for word in words)
        return Label("positive" if score > 0 else "negative" if score < 0 else "neutral", score)


app = mariner.App(Sentiment, route="/sentiment")

if __name__ == "__main__":
    app.serve()
