"""Two workers, each with variables of its own: what a GPU is given by."""

from __future__ import annotations

import os
from typing import Any

from ts.compat.mosec import Server, Worker

# Read at the import, as CUDA does.
DEVICE = os.environ.get("CUDA_VISIBLE_DEVICES", "none")


class Where(Worker):
    """Says which device it has."""

    def forward(self, data: Any) -> dict[str, Any]:
        return {"worker": self.worker_id, "device": DEVICE}


def make_server() -> Server:
    server = Server()
    server.append_worker(Where, num=2, env=[{"CUDA_VISIBLE_DEVICES": device} for device in ("0", "1")])
    return server


if __name__ == "__main__":
    make_server().run()
