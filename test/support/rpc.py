"""gRPC clients, generated on the spot from the public proto files."""

from __future__ import annotations

import importlib
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import grpc
from grpc_tools import protoc

from support.places import PROTO

SERVICES = (
    "inference.proto",
    "management.proto",
    "mariner_management.proto",
    "open_inference.proto",
    "open_inference_repository.proto",
    "open_inference_torchserve.proto",
)
"""The files that clients compile."""


def compile_proto(name: str, target: Path) -> int:
    """Compiles one file as clients do, with one include path; returns protoc's exit code."""
    builtin = Path(protoc.__file__).parent / "_proto"
    arguments = [f"-I{PROTO}", f"--python_out={target}", f"--grpc_python_out={target}", name]
    # The last path is what `python -m grpc_tools.protoc` adds by itself: Google's own well-known types.
    return int(protoc.main(["protoc", *arguments, f"-I{builtin}"]))


@cache
def _modules() -> Mapping[str, ModuleType]:
    with tempfile.TemporaryDirectory() as folder:
        for name in (*SERVICES, "google/rpc/status.proto"):
            assert compile_proto(name, Path(folder)) == 0, name
        sys.path.insert(0, folder)
        try:
            stems = [name.removesuffix(".proto") for name in SERVICES]
            names = [stem + kind for stem in stems for kind in ("_pb2", "_pb2_grpc")]
            return {name: importlib.import_module(name) for name in names}
        finally:
            sys.path.remove(folder)


def inference_messages() -> Any:
    """Returns the module of inference messages."""
    return _modules()["inference_pb2"]


def management_messages() -> Any:
    """Returns the module of management messages."""
    return _modules()["management_pb2"]


def extension_messages() -> Any:
    """Messages of mariner_management.proto."""
    return _modules()["mariner_management_pb2"]


def prediction(model: str, body: bytes = b"", version: str = "", **inputs: bytes) -> Any:
    """Returns a request; `body` is the input of that name unless other inputs are given."""
    fields = inputs or {"body": body}
    return inference_messages().PredictionsRequest(model_name=model, model_version=version, input=fields)


@contextmanager
def inference(address: str, options: Sequence[tuple[str, int]] = ()) -> Iterator[Any]:
    """Opens a channel with these options and gives the inference stub."""
    with grpc.insecure_channel(address, options=options) as channel:
        yield _modules()["inference_pb2_grpc"].InferenceAPIsServiceStub(channel)


def inference_stub(channel: grpc.Channel) -> Any:
    """Returns the inference stub of a channel that the test has opened."""
    return _modules()["inference_pb2_grpc"].InferenceAPIsServiceStub(channel)


@contextmanager
def extension(address: str) -> Iterator[Any]:
    """Opens a channel and gives the stub of the management calls that TorchServe does not have."""
    with grpc.insecure_channel(address) as channel:
        yield _modules()["mariner_management_pb2_grpc"].MarinerManagementServiceStub(channel)


@contextmanager
def management(address: str) -> Iterator[Any]:
    """Opens a channel and gives the management stub."""
    with grpc.insecure_channel(address) as channel:
        yield _modules()["management_pb2_grpc"].ManagementAPIsServiceStub(channel)


def open_inference_messages() -> Any:
    """Returns the module of the Open Inference Protocol's messages."""
    return _modules()["open_inference_pb2"]


@contextmanager
def open_inference(address: str, package: str = "open_inference") -> Iterator[Any]:
    """Opens a channel and gives the stub of the Open Inference Protocol, under one of its two packages."""
    with grpc.insecure_channel(address) as channel:
        yield _modules()[f"{package}_pb2_grpc"].GRPCInferenceServiceStub(channel)


@contextmanager
def model_repository(address: str) -> Iterator[Any]:
    """Opens a channel and gives the stub of the repository as a service of its own."""
    with grpc.insecure_channel(address) as channel:
        yield _modules()["open_inference_repository_pb2_grpc"].ModelRepositoryServiceStub(channel)


def ready(address: str, model: str = "", version: str = "") -> bool:
    """Asks the Open Inference Protocol's service for a model or, without a name, for the server."""
    messages = open_inference_messages()
    with grpc.insecure_channel(address) as channel:
        stub = _modules()["open_inference_pb2_grpc"].GRPCInferenceServiceStub(channel)
        if not model:
            return bool(stub.ServerReady(messages.ServerReadyRequest(), timeout=20).ready)
        request = messages.ModelReadyRequest(name=model, version=version)
        return bool(stub.ModelReady(request, timeout=20).ready)
