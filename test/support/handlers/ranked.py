"""A handler over gloo that adds up what its ranks have, and fails in one of them when it is told to.

The section `fails` of `model-config.yaml`, `{at: load, rank: 1, how: raise}`, makes a load fail; a request
`{"how": "kill", "rank": 1}` a run. Ways: raise, kill, exit, hang.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import torch
import torch.distributed as dist


class Ranked:
    """One rank."""

    def initialize(self, context: Any) -> None:
        """Joins the group."""
        self.rank = int(os.environ["RANK"])
        fail(context.model_yaml_config.get("fails") or {}, self.rank)
        dist.init_process_group("gloo")
        print(f"joined as one of {dist.get_world_size()}", flush=True)

    def handle(self, data: list[dict[str, Any]], context: Any) -> Any:
        """Answers each request with the sum over all ranks of rank + 1."""
        orders = [json.loads(bytes(row["body"]).decode()) for row in data]
        for order in orders:
            fail(order, self.rank)
        if "pieces" in orders[0]:
            return self._pieces(orders[0]["pieces"])
        if orders[0].get("child"):
            self.child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        return [self._answer(context) for _ in orders]

    def _sum(self) -> float:
        number = torch.tensor([self.rank + 1.0])
        dist.all_reduce(number)
        return number.item()

    def _answer(self, context: Any) -> dict[str, Any]:
        pids: list[Any] = [None] * dist.get_world_size()
        dist.all_gather_object(pids, os.getpid())
        names = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "OMP_NUM_THREADS")
        return {
            "sum": self._sum(),
            "pids": pids,
            "agent": os.getppid(),
            "gpu_id": context.system_properties.get("gpu_id"),
            "child": getattr(getattr(self, "child", None), "pid", None),
            **{name: os.environ.get(name) for name in names},
        }

    def _pieces(self, count: int) -> Iterator[list[str]]:
        for number in range(count):
            yield [f"{number}:{self._sum():.0f};"]


def fail(order: dict[str, Any], rank: int) -> None:
    """Does what the order asks of this rank."""
    if order.get("rank") not in (rank, "all"):
        return
    how = order.get("how")
    if how == "raise":
        raise ValueError(f"rank {rank} was told to raise")
    if how == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "exit":
        os._exit(7)
    if how == "hang":
        threading.Event().wait()
