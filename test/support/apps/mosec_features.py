"""A script of a Mosec user, with a bit of everything."""

from __future__ import annotations

import os
import time
from typing import Any

import numpy as np

from ts.compat.mosec import (
    ClientError,
    Runtime,
    Server,
    ServerError,
    SSEWorker,
    ValidationError,
    Worker,
    get_logger,
)
from ts.compat.mosec.mixin import TypedMsgPackMixin

# Set for each worker before it imports this module.
COLOUR = os.environ.get("COLOUR", "none")


class Own(ValidationError):
    msg = "mine"


class Cases(Worker):
    """Does what it is told; has no `super().__init__()`."""

    def __init__(self) -> None:
        self.seen = [self.stage, self.worker_id, self.max_batch_size]

    def forward(self, data: Any) -> Any:
        faults: dict[Any, Exception] = {
            "validation": ValidationError("a\nb"),
            "nothing": ValidationError(),
            "client": ClientError("x"),
            "server": ServerError("x"),
            "own": Own("q"),
            "other": KeyError("secret"),
        }
        wish = data.get("wish")
        if wish in faults:
            raise faults[wish]
        if wish == "unserialisable":
            return object()
        if wish == "print":
            print("printed by a worker")
        if wish == "slow":
            try:
                time.sleep(30)
            except Exception:
                return "caught"
        if wish == "facts":
            return [self.seen, self.stage, self.worker_id, self.max_batch_size]
        get_logger().info("echo")
        return data


class Bytes(Worker):
    """Answers with what it was given, in a view."""

    resp_mime_type = "image/png"

    def deserialize(self, data: Any) -> Any:
        assert isinstance(data, bytearray)
        return data

    def serialize(self, data: Any) -> Any:
        return memoryview(data)

    def forward(self, data: Any) -> Any:
        return data


class Preprocess(Worker):
    example: Any = {"x": 1}  # noqa: RUF012  # as users write it

    def forward(self, data: Any) -> Any:
        return np.full((2, 2), data["x"], dtype=np.float32)


class Model(Worker):
    """Knows its batch; an edge on one route, the middle of another."""

    def forward(self, data: list[Any]) -> list[Any]:
        sums = [float(np.asarray(one["x"] if isinstance(one, dict) else one).sum()) for one in data]
        if 13.0 in sums:
            return sums[1:]
        return [{"sum": one, "batch": len(data)} for one in sums]


class Postprocess(Worker):
    def forward(self, data: Any) -> Any:
        return {**data, "stage": self.stage}


class Coloured(Worker):
    def forward(self, data: Any) -> Any:
        return [self.worker_id, COLOUR, os.getpid()]


class Events(SSEWorker):
    def forward(self, data: Any) -> Any:
        self.send_stream_event("a\nb")
        if data.get("bad"):
            raise ValidationError("oh")
        self.send_stream_event("two", index=0)
        return "ignored"


class Typed(TypedMsgPackMixin):
    def forward(self, data: dict[str, int]) -> int:
        return sum(data.values())


def main() -> None:
    server = Server()
    model = Runtime(Model, max_batch_size=8, max_wait_time=200)
    server.register_runtime(
        {
            "/inference": [Runtime(Cases, timeout=0.5)],
            "/bytes": [Runtime(Bytes)],
            "/pipeline": [Runtime(Preprocess), model, Runtime(Postprocess)],
            "/model": [model],
            "/coloured": [Runtime(Coloured, num=2, env=[{"COLOUR": "red"}, {"COLOUR": "blue"}])],
            "/events": [Runtime(Events)],
            "/typed": [Runtime(Typed)],
        }
    )
    server.run()
    print("run returned", flush=True)


if __name__ == "__main__":
    main()
