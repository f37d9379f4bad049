"""A script of a Mosec user for dry runs, without the guard that a script of processes should have."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from ts.compat.mosec import Server, Worker

MODE = os.environ.get("MODE")


class First(Worker):
    multi_examples = () if MODE == "bare" else ({"x": 3}, {"x": 4})

    def forward(self, data: Any) -> Any:
        if MODE == "failing":
            raise ValueError("no such layer")
        return np.full(4, data["x"], dtype=np.float32)


class Second(Worker):
    def forward(self, data: list[Any]) -> list[Any]:
        return [{"sum": float(one.sum()), "colour": os.environ["COLOUR"]} for one in data]


if __name__ == "__main__" or MODE == "unguarded":
    server = Server()
    server.append_worker(First, num=2)
    server.append_worker(Second, max_batch_size=4, env=[{"COLOUR": "red"}])
    server.run()
