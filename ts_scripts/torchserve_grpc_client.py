"""A small gRPC client, under the name and with the commands of TorchServe's sample:

    python ts_scripts/torchserve_grpc_client.py ping
    python ts_scripts/torchserve_grpc_client.py infer MODEL FILE
    python ts_scripts/torchserve_grpc_client.py infer_stream MODEL FILE
    python ts_scripts/torchserve_grpc_client.py register MODEL [LOCATION]
    python ts_scripts/torchserve_grpc_client.py unregister MODEL

It needs `grpcio` and `grpcio-tools`; the stubs are made from `proto/` in a folder of this run.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import grpc

PROTO = Path(__file__).resolve().parents[1] / "proto"


def stubs(folder: str) -> dict[str, Any]:
    """Makes and imports the stubs; returns their modules by name."""
    from grpc_tools import protoc

    files = ["inference.proto", "management.proto", "google/rpc/status.proto"]
    well_known = str(Path(protoc.__file__).parent / "_proto")
    flags = [f"-I{PROTO}", f"-I{well_known}", f"--python_out={folder}", f"--grpc_python_out={folder}"]
    if protoc.main(["protoc", *flags, *files]) != 0:
        raise SystemExit(f"no stubs can be made of {PROTO}")
    sys.path.insert(0, folder)
    names = ("inference_pb2", "inference_pb2_grpc", "management_pb2", "management_pb2_grpc")
    return {name: importlib.import_module(name) for name in names}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Talks to a server over gRPC.")
    parser.add_argument("--inference", default="localhost:7070", metavar="HOST:PORT")
    parser.add_argument("--management", default="localhost:7071", metavar="HOST:PORT")
    parser.add_argument("--token", help="key of key_file.json, for a server that asks for one")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("ping", help="is the server healthy")
    for name in ("infer", "infer_stream"):
        command = commands.add_parser(name, help="send a file to a model")
        command.add_argument("model")
        command.add_argument("file", type=Path)
    register = commands.add_parser("register", help="register a model with one worker")
    register.add_argument("model")
    register.add_argument("location", nargs="?", help="archive in the store, or address (default: MODEL.mar)")
    commands.add_parser("unregister", help="remove a model").add_argument("model")
    return parser


def call(options: argparse.Namespace, made: dict[str, Any]) -> None:
    """Does what the command says and prints the answer; raises grpc.RpcError."""
    metadata = (("authorization", f"Bearer {options.token}"),) if options.token else ()
    managing = options.command in ("register", "unregister")
    with grpc.insecure_channel(options.management if managing else options.inference) as channel:
        if managing:
            management = made["management_pb2_grpc"].ManagementAPIsServiceStub(channel)
            messages = made["management_pb2"]
            if options.command == "register":
                order = messages.RegisterModelRequest(
                    url=options.location or f"{options.model}.mar",
                    model_name=options.model,
                    initial_workers=1,
                    synchronous=True,
                )
                print(management.RegisterModel(order, metadata=metadata).msg)
            else:
                order = messages.UnregisterModelRequest(model_name=options.model)
                print(management.UnregisterModel(order, metadata=metadata).msg)
            return
        inference = made["inference_pb2_grpc"].InferenceAPIsServiceStub(channel)
        messages = made["inference_pb2"]
        if options.command == "ping":
            from google.protobuf.empty_pb2 import Empty

            print(inference.Ping(Empty(), metadata=metadata).health)
            return
        request = messages.PredictionsRequest(
            model_name=options.model, input={"data": options.file.read_bytes()}
        )
        if options.command == "infer":
            answers = [inference.Predictions(request, metadata=metadata)]
        else:
            answers = inference.StreamPredictions(request, metadata=metadata)
        for answer in answers:
            sys.stdout.buffer.write(answer.prediction)
            sys.stdout.buffer.write(b"\n")
            sys.stdout.buffer.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    options = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="torchserve-grpc-") as folder:
        try:
            call(options, stubs(folder))
        except OSError as error:
            print(f"{error.filename}: {error.strerror}", file=sys.stderr)
            return 1
        except grpc.RpcError as error:
            print(f"{error.code().name}: {error.details()}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
