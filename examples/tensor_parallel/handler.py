"""A linear layer that two processes share: each holds half of its outputs, and rank 0 answers.

The weights are `weights.pt` of the archive, a tensor of outputs by inputs. A request is a JSON list of
numbers, the answer the list `weights @ request`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist


class TensorParallelLinear:
    """What one rank does. All ranks are given the same batches in the same order."""

    def initialize(self, context: Any) -> None:
        """Joins the group and keeps this rank's share of the weights.

        Raises:
            ValueError: the outputs can't be shared out evenly.
        """
        dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
        rank, size = dist.get_rank(), dist.get_world_size()
        gpu = context.system_properties.get("gpu_id")
        self.device = torch.device("cpu" if gpu is None else f"cuda:{gpu}")
        path = Path(context.system_properties["model_dir"], "weights.pt")
        weights = torch.load(path, map_location="cpu", mmap=True, weights_only=True)
        if len(weights) % size:
            raise ValueError(
                f"weights: {len(weights)} outputs (expected: a multiple of {size}, parallelLevel)"
            )
        share = len(weights) // size
        self.weights = weights[rank * share : (rank + 1) * share].clone().to(self.device)
        print(f"process {os.getpid()} has outputs {rank * share} to {(rank + 1) * share - 1}")

    @torch.inference_mode()
    def handle(self, data: list[dict[str, Any]], context: Any) -> list[list[float]]:
        """Returns the outputs for each request; those of other ranks than 0 go nowhere."""
        batch = torch.tensor([row["body"] for row in data], dtype=torch.float32, device=self.device)
        own = batch @ self.weights.T
        shares = [torch.empty_like(own) for _ in range(dist.get_world_size())]
        dist.all_gather(shares, own)
        return torch.cat(shares, dim=1).tolist()
