"""A script for Mosec, without a word of Mariner."""

from __future__ import annotations

import time
from typing import Any

import msgspec
from mosec import ClientError, Runtime, Server, ServerError, SSEWorker, ValidationError, Worker
from mosec.errors import DecodingError, EncodingError, MosecError
from mosec.mixin import TypedMsgPackMixin


class Own(ValidationError):  # type: ignore[misc]  # mosec is in its own environment
    msg = "mine"


FAULTS: dict[Any, Exception] = {
    "validation": ValidationError("a\nb"),
    "nothing": ValidationError(),
    "client": ClientError("x"),
    "server": ServerError("x"),
    "encoding": EncodingError("x"),
    "decoding": DecodingError("x"),
    "mosec": MosecError("x"),
    "own": Own("q"),
    "other": KeyError("secret"),
}


class Cases(Worker):  # type: ignore[misc]
    def forward(self, data: Any) -> Any:
        wish = data.get("wish") if isinstance(data, dict) else None
        if wish in FAULTS:
            raise FAULTS[wish]
        if wish == "unserialisable":
            return object()
        if wish == "nan":
            return float("nan")
        if wish == "slow":
            try:
                time.sleep(30)
            except Exception:
                return "caught"
        return data


class Lists(Worker):  # type: ignore[misc]
    def forward(self, data: list[Any]) -> list[Any]:
        if data == ["short"]:
            return []
        return [[type(one).__name__, one] for one in data]


class Views(Worker):  # type: ignore[misc]
    resp_mime_type = "image/png"

    def deserialize(self, data: Any) -> Any:
        return data

    def serialize(self, data: Any) -> Any:
        return memoryview(data)

    def forward(self, data: Any) -> Any:
        return type(data).__name__.encode() + bytes(data)


class Double(Worker):  # type: ignore[misc]
    def forward(self, data: Any) -> Any:
        return data * 2


class Events(SSEWorker):  # type: ignore[misc]
    def forward(self, data: Any) -> Any:
        self.send_stream_event("a\nb")
        self.send_stream_event("")
        if data == "bad":
            raise ValidationError("oh")
        return "ignored"


class Order(msgspec.Struct):
    name: str
    count: int


class Typed(TypedMsgPackMixin):  # type: ignore[misc]
    def forward(self, data: list[Order]) -> list[int]:
        return [one.count for one in data]


if __name__ == "__main__":
    server = Server()
    double = Runtime(Double)
    server.register_runtime(
        {
            "/inference": [Runtime(Cases, timeout=0.5)],
            "/lists": [Runtime(Lists, max_batch_size=4)],
            "/views": [Runtime(Views)],
            "/twice": [double, Runtime(Double)],
            "/once": [double],
            "/events": [Runtime(Events)],
            "/typed": [Runtime(Typed, max_batch_size=2)],
        }
    )
    server.run()
    print("run returned", flush=True)
