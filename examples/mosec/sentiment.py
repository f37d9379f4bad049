"""A classifier of texts in torch, in batches; its weights are a small stand-in for those of DistilBERT."""

from __future__ import annotations

from typing import Any

import torch

from ts.compat.mosec import Server, ValidationError, Worker

WORDS = {"good": 1.0, "great": 2.0, "fine": 1.0, "bad": -1.0, "awful": -2.0, "dull": -1.0}


class Tokenize(Worker):
    """Texts to numbers of words."""

    def __init__(self) -> None:
        self.numbers = {word: number for number, word in enumerate(WORDS, 1)}

    def deserialize(self, data: bytes) -> str:
        return bytes(data).decode()

    def forward(self, data: str) -> torch.Tensor:
        if not data.strip():
            raise ValidationError("the text is empty")
        return torch.tensor([self.numbers.get(word, 0) for word in data.lower().split()])


class Classify(Worker):
    """Numbers of words to a label."""

    def __init__(self) -> None:
        weights = torch.tensor([[0.0], *([value] for value in WORDS.values())])
        self.model = torch.nn.EmbeddingBag.from_pretrained(weights, mode="sum")
        self.example = [torch.tensor([1, 2])]  # so that the first request finds a warm model

    @torch.inference_mode()
    def forward(self, data: list[torch.Tensor]) -> list[dict[str, Any]]:
        ends = torch.tensor([0, *(len(one) for one in data[:-1])]).cumsum(0)
        scores = self.model(torch.cat(data), ends).squeeze(1).tolist()
        return [{"label": "positive" if score >= 0 else "negative", "score": score} for score in scores]


def make_server() -> Server:
    server = Server()
    server.append_worker(Tokenize)
    server.append_worker(Classify, max_batch_size=16, max_wait_time=5)
    return server


if __name__ == "__main__":
    make_server().run()
