"""Retrieval: a query is searched for by meaning and by words at once, and the hits are ranked together."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import mariner

PAGES = (
    "Boats float because they displace water.",
    "A sail turns wind into motion.",
    "An anchor holds a boat in place.",
    "Bread rises because yeast makes gas.",
    "The wind blows from high to low pressure.",
)
WIDTH = 64
Vector = NDArray[np.float32]


@dataclass
class Query:
    text: str
    limit: int = 3


@dataclass
class Hit:
    page: str
    score: float


def embedded(text: str) -> Vector:
    """Adds up seeded vectors of the text's trigrams."""
    letters = f"  {text.lower()}  "
    seeds = (zlib.crc32(letters[i : i + 3].encode()) for i in range(len(letters) - 2))
    total = sum(np.random.default_rng(seed).normal(size=WIDTH) for seed in seeds)
    return np.asarray(total / np.linalg.norm(total), np.float32)


@mariner.model
def read(query: Query) -> Query:
    """Takes a query."""
    if query.limit < 1:
        raise mariner.HTTPError(422, f"limit: {query.limit} (expected: >= 1)")
    return query


@mariner.model(batch=8)
def embed(queries: list[Query]) -> list[Vector]:
    return [embedded(query.text) for query in queries]


@mariner.model
class Search:
    """Finds pages by meaning."""

    def __init__(self) -> None:
        self.vectors = np.stack([embedded(page) for page in PAGES])

    def predict(self, vector: Vector) -> list[Hit]:
        scores = self.vectors @ vector
        return [Hit(PAGES[i], float(scores[i])) for i in np.argsort(-scores)[:4]]


@mariner.model
def words(query: Query) -> list[Hit]:
    """Finds pages by words."""
    wanted = set(query.text.lower().split())
    counts = {page: len(wanted & set(page.lower().strip(".").split())) for page in PAGES}
    return [Hit(page, float(count)) for page, count in counts.items() if count]


@mariner.model
def rerank(query: Query, by_meaning: list[Hit], by_words: list[Hit]) -> list[Hit]:
    """The best pages for a query, by words and meaning."""
    scores: dict[str, float] = {}
    for hit in (*by_meaning, *by_words):
        scores[hit.page] = scores.get(hit.page, 0.0) + hit.score
    best = sorted(scores, key=lambda page: -scores[page])[: query.limit]
    return [Hit(page, round(scores[page], 3)) for page in best]


app = mariner.App(read >> (mariner.through, embed >> Search, words) >> rerank, route="/search")

if __name__ == "__main__":
    app.serve()
