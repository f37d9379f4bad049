"""Clients of a server: REST with the standard library, gRPC with stubs made on the spot from its protos."""

from __future__ import annotations

import http.client
import importlib
import json
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, NamedTuple

import grpc

TIMEOUT_SECONDS = 30.0


class Answer(NamedTuple):
    """A digit and how sure the model is, from 0 to 1."""

    digit: int
    probability: float

    @classmethod
    def of(cls, text: bytes) -> Answer:
        """Reads the handler's JSON."""
        values = json.loads(text)
        return cls(int(values["digit"]), float(values["probability"]))


class RestClient:
    """Sends images to `/predictions/MODEL`; each thread keeps a connection of its own."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._local = threading.local()

    def predict(self, model: str, png: bytes) -> Answer:
        """Returns the model's answer; raises RuntimeError when the server refuses."""
        connection: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=TIMEOUT_SECONDS)
            self._local.connection = connection
        connection.request("POST", f"/predictions/{model}", png, {"Content-Type": "image/png"})
        reply = connection.getresponse()
        body = reply.read()
        if reply.status != http.client.OK:
            raise RuntimeError(
                f"/predictions/{model}: status {reply.status}: {body.decode(errors='replace')}"
            )
        return Answer.of(body)


class GrpcClient:
    """Sends images through `InferenceAPIsService/Predictions`."""

    def __init__(self, port: int, protos: Path, stubs: Path) -> None:
        messages, services = _stubs(protos, stubs)
        self._request = messages.PredictionsRequest
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self._service = services.InferenceAPIsServiceStub(self._channel)

    def predict(self, model: str, png: bytes) -> Answer:
        """Returns the model's answer; raises RuntimeError when the server refuses."""
        request = self._request(model_name=model, input={"data": png})
        try:
            reply = self._service.Predictions(request, timeout=TIMEOUT_SECONDS)
        except grpc.RpcError as fault:
            raise RuntimeError(f"Predictions of {model}: {fault.code().name}: {fault.details()}") from fault
        return Answer.of(reply.prediction)

    def close(self) -> None:
        """Ends the connection."""
        self._channel.close()


def _stubs(protos: Path, folder: Path) -> tuple[Any, Any]:
    """Makes the Python modules of the inference service, as any client of the server would."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        [
            *(sys.executable, "-m", "grpc_tools.protoc", f"--proto_path={protos}"),
            *(
                f"--python_out={folder}",
                f"--grpc_python_out={folder}",
                "inference.proto",
                "google/rpc/status.proto",
            ),
        ],
        check=True,
    )
    sys.path.insert(0, str(folder))
    try:
        return importlib.import_module("inference_pb2"), importlib.import_module("inference_pb2_grpc")
    finally:
        sys.path.remove(str(folder))


_BUCKET = re.compile(r"mariner_batch_size_bucket\{(?P<labels>[^}]*)\} (?P<count>\S+)")
_LABEL = re.compile(r'(\w+)="([^"]*)"')


def batch_sizes(port: int, model: str) -> dict[float, int]:
    """Returns how many batches of at most so many requests a model has run, by that bound."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/metrics")
        reply = connection.getresponse()
        text = reply.read().decode()
    finally:
        connection.close()
    if reply.status != http.client.OK:
        raise RuntimeError(f"/metrics: status {reply.status}: {text}")
    counts: dict[float, int] = {}
    for bucket in _BUCKET.finditer(text):
        labels = dict(_LABEL.findall(bucket["labels"]))
        if labels.get("model_name") == model:
            bound = float(labels["le"])
            counts[bound] = counts.get(bound, 0) + int(float(bucket["count"]))
    return counts


def new_batches(before: dict[float, int], after: dict[float, int]) -> list[tuple[str, int]]:
    """Returns the batches that were added between two readings, as (`5-8`, number), smallest first."""
    rows: list[tuple[str, int]] = []
    lower, below = 0.0, 0
    for bound in sorted(after):
        upto = after[bound] - before.get(bound, 0)
        if upto > below:
            first = int(lower) + 1
            sizes = f"> {lower:g}" if bound == float("inf") else f"{first}-{bound:g}"
            rows.append((f"{first}" if bound == first else sizes, upto - below))
        lower, below = bound, upto
    return rows
