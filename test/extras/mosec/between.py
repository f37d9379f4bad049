"""A script for Mosec whose stages pass values on in their own ways."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from mosec import Runtime, Server, Worker
from mosec.mixin import NumBinIPCMixin, RedisShmIPCMixin


class Make(Worker):  # type: ignore[misc]  # mosec is in its own environment
    def forward(self, data: dict[str, Any]) -> Any:
        if "shape" in data:
            return np.arange(int(np.prod(data["shape"])), dtype=data["dtype"]).reshape(data["shape"])
        return data


class Tell(Worker):  # type: ignore[misc]
    def forward(self, data: Any) -> Any:
        if isinstance(data, np.ndarray):
            return {"shape": data.shape, "dtype": str(data.dtype), "sum": float(data.sum())}
        return data


class MakeNumbin(NumBinIPCMixin, Make):  # type: ignore[misc]
    pass


class TellNumbin(NumBinIPCMixin, Tell):  # type: ignore[misc]
    pass


class MakeRedis(RedisShmIPCMixin, Make):  # type: ignore[misc]
    pass


class TellRedis(RedisShmIPCMixin, Tell):  # type: ignore[misc]
    pass


if __name__ == "__main__":
    RedisShmIPCMixin.set_redis_url(os.environ["TEST_REDIS_URL"])
    server = Server()
    server.register_runtime(
        {
            "/numbin": [Runtime(MakeNumbin), Runtime(TellNumbin)],
            "/redis": [Runtime(MakeRedis), Runtime(TellRedis)],
        }
    )
    server.run()
