"""What the handlers of the real models share: the device, one thread, and one forward pass a batch."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn


class RealModel(ABC):
    """A handler that decodes each request, runs the batch once, and makes an answer of each row.

    One torch thread, wherever it runs, so that the server and the loop without a server do the same work.
    """

    def __init__(self, make: Callable[[str], nn.Module]) -> None:
        self._make = make

    def initialize(self, context: Any) -> None:
        """Builds the network on the device that MARINER_BENCH_DEVICE names, `cpu` or `cuda`."""
        self.device = os.environ.get("MARINER_BENCH_DEVICE", "cpu")
        torch.set_num_threads(1)
        self.network = self._make(self.device)

    @abstractmethod
    def decode(self, body: Any) -> torch.Tensor:
        """Returns the input of one request."""

    @abstractmethod
    def answers(self, outputs: torch.Tensor) -> list[Any]:
        """Returns the answer of each row, ready to become JSON."""

    def preprocess(self, data: Sequence[Any]) -> torch.Tensor:
        """Returns the inputs of a batch on the device, to which they are copied from pinned memory."""
        inputs = torch.stack([self.decode(row.get("body") or row.get("data")) for row in data])
        return inputs.pin_memory().to(self.device, non_blocking=True) if self.device == "cuda" else inputs

    def handle(self, data: Sequence[Any], context: Any) -> list[Any]:
        """Answers a batch."""
        inputs = self.preprocess(data)
        with torch.inference_mode():
            return self.answers(self.network(inputs).cpu())
