"""Tensors: FP32 1x3x224x224 in, 1x1000 out, as JSON, as bytes behind JSON, and the same bytes bare."""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.context import Context
from bench.load import wrk
from bench.measurement import Measurement, Recorder
from bench.places import fresh_folder
from bench.servers.archive_servers import Serving, mariner
from bench.servers.archives import Archive
from bench.servers.fleet import Starter, fleet

CONNECTIONS = 4
_SHAPE = (1, 3, 224, 224)
_ELEMENTS = 3 * 224 * 224
_TENSORS = (
    "{inputs: [{name: x, datatype: FP32, shape: [-1, 3, 224, 224]}],"
    " outputs: [{name: y, datatype: FP32, shape: [-1, 1000]}]}"
)


@dataclass(frozen=True)
class Way:
    """A way to send the tensor.

    Attributes:
        name: of the way.
        path: where to.
        body: what is sent.
        headers: with which headers.
    """

    name: str
    path: str
    body: bytes
    headers: Mapping[str, str]


def ways() -> list[Way]:
    """Returns the same tensor, seeded, in each syntax."""
    draw = random.Random(7)
    values = struct.unpack(
        f"<{_ELEMENTS}f", struct.pack(f"<{_ELEMENTS}f", *(draw.random() for _ in range(_ELEMENTS)))
    )
    raw = struct.pack(f"<{_ELEMENTS}f", *values)
    tensor = {"name": "x", "datatype": "FP32", "shape": _SHAPE}
    text = json.dumps({"inputs": [{**tensor, "data": values}]}).encode()
    behind = {**tensor, "parameters": {"binary_data_size": len(raw)}}
    head = json.dumps({"inputs": [behind], "parameters": {"binary_data_output": True}}).encode()
    infer = "/v2/models/tensors/infer"
    length = {"Inference-Header-Content-Length": str(len(head))}
    return [
        Way("REST JSON", infer, text, {"Content-Type": "application/json"}),
        Way("REST binary", infer, head + raw, length),
        Way("bytes, /predictions", "/predictions/plain", raw, {"Content-Type": "application/octet-stream"}),
    ]


def starters() -> Mapping[str, Starter]:
    """Returns how the server is started with a model of tensors and one of bytes."""
    probe = {
        "inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 3, 224, 224], "data": [0] * _ELEMENTS}]
    }
    archives = [Archive("tensors", "tensors.py", {"tensors": _TENSORS}), Archive("plain", "plain_bytes.py")]
    return {"mariner": lambda: mariner(Serving("oip", archives, json.dumps(probe).encode()))}


def measure(context: Context) -> list[Measurement]:
    """Returns rate and latency of each way at four connections."""
    wrk.require_wrk()
    recorder = Recorder()
    folder = fresh_folder("oip-bodies")
    sent = [(way, _written(folder, way)) for way in ways()]
    with fleet(context, starters(), lambda server: None) as servers:
        for server in servers:
            for way, body in sent:
                wrk.load_file(server, CONNECTIONS, context.warm_up_seconds, body, way.path, way.headers)
        for _ in context.each_round():
            for way, body in sent:
                for server in servers:
                    sample = wrk.load_file(server, CONNECTIONS, context.seconds, body, way.path, way.headers)
                    sample.record(recorder, server.name, way=way.name)
                    context.say(f"  {way.name:20} {server.name:10} {sample}")
    return recorder.measurements()


def _written(folder: Path, way: Way) -> Path:
    file = folder / f"{way.name.partition(',')[0].replace(' ', '-')}.bin"
    file.write_bytes(way.body)
    return file
