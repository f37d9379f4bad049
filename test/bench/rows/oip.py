"""Tensors: an image in, a thousand numbers out, in each syntax; small inputs, and many small models.

MLServer runs the same numpy, the same file of scikit-learn, and as many echo models in its one worker.
"""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.context import Context
from bench.load import wrk
from bench.load.sample import Sample
from bench.load.tools import GrpcLoad
from bench.measurement import Measurement, Recorder
from bench.places import HANDLERS, fresh_folder
from bench.servers.archive_servers import Serving, mariner
from bench.servers.archives import Archive
from bench.servers.fleet import Starter, fleet
from bench.servers.other_servers import MlserverModels, mlserver_of
from bench.servers.process import Running

CONNECTIONS = 4
MANY = 64
"""Connections for small models."""
MODELS = 40
_JSON, _RAW = "REST JSON", "gRPC raw"
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
        Way(_JSON, infer, text, {"Content-Type": "application/json"}),
        Way("REST binary", infer, head + raw, length),
        Way("bytes, /predictions", "/predictions/plain", raw, {"Content-Type": "application/octet-stream"}),
    ]


def image_starters() -> Mapping[str, Starter]:
    """Returns how each system is started with a model of tensors; Mariner with two of bytes as well."""
    tensor = {"name": "x", "datatype": "FP32", "shape": _SHAPE, "data": [0] * _ELEMENTS}
    probe = json.dumps({"inputs": [tensor]}).encode()
    archives = [
        Archive("tensors", "tensors.py", {"tensors": _TENSORS}),
        Archive("plain", "plain_bytes.py"),
        Archive("echo", "raw_tensors.py", {"tensors": "{}"}),
    ]
    theirs = MlserverModels(
        "mlserver-oip",
        [{"name": "tensors", "implementation": "mlserver_tensors.Tensors"}],
        [HANDLERS / "mlserver_tensors.py"],
        "tensors",
        probe,
    )
    return {
        "mariner": lambda: mariner(Serving("oip", archives, probe)),
        "mlserver": lambda: mlserver_of(theirs),
    }


def measure(context: Context) -> list[Measurement]:
    """Returns rate and latency of each way at four connections, then those of the small models at 64."""
    wrk.require_wrk()
    recorder = Recorder()
    folder = fresh_folder("oip-bodies")
    _measure_images(context, recorder, folder)
    _measure_small(context, recorder, folder, "scikit-learn", iris_starters(folder), ("iris",))
    names = tuple(f"echo{index}" for index in range(MODELS))
    _measure_small(context, recorder, folder, f"{MODELS} models", crowd_starters(names), names)
    return recorder.measurements()


def _measure_images(context: Context, recorder: Recorder, folder: Path) -> None:
    sent = [(way, _written(folder, way)) for way in ways()]
    with fleet(context, image_starters(), lambda server: None) as servers:
        for server in servers:
            for way, body in sent:
                if server.name == "mariner" or way.name == _JSON:
                    wrk.load_file(
                        server, CONNECTIONS, 2 * context.warm_up_seconds, body, way.path, way.headers
                    )
        for _ in context.each_round():
            for way, body in sent:
                for server in servers:
                    if server.name != "mariner" and way.name != _JSON:
                        continue
                    sample = wrk.load_file(server, CONNECTIONS, context.seconds, body, way.path, way.headers)
                    sample.record(recorder, server.name, way=way.name)
                    context.say(f"  {way.name:20} {server.name:10} {sample}")
            for server in servers:
                if server.name == "mariner":
                    load = GrpcLoad(server.grpc, "oip", CONNECTIONS, 4 * _ELEMENTS)
                    # The load tool begins anew each time, and Java is slow at first.
                    sample = load.run(context.seconds, context.warm_up_seconds)
                    sample.record(recorder, server.name, way=_RAW)
                    context.say(f"  {_RAW:20} {server.name:10} {sample}")


def iris_starters(folder: Path) -> Mapping[str, Starter]:
    """Returns how each system is started with the same file of scikit-learn."""
    import joblib
    from sklearn.linear_model import LogisticRegression

    draw = random.Random(7)
    rows = [[draw.random() for _ in range(4)] for _ in range(64)]
    file = folder / "model.joblib"
    joblib.dump(LogisticRegression().fit(rows, [row[0] > row[1] for row in rows]), file)
    archive = Archive("iris", "sklearn", serialized=file)
    model = {
        "name": "iris",
        "implementation": "mlserver_sklearn.SKLearnModel",
        "parameters": {"uri": "./model.joblib", "version": "1"},
    }
    theirs = MlserverModels("mlserver-iris", [model], [file], "iris", _small_body())
    ours = Serving("oip-iris", [archive], _small_body(), "application/json")
    return {"mariner": lambda: mariner(ours), "mlserver": lambda: mlserver_of(theirs)}


def crowd_starters(names: Sequence[str]) -> Mapping[str, Starter]:
    """Returns how each system is started with many models that give back what they get, in one process."""
    archives = [Archive(name, "same_tensors.py", {"tensors": "{}"}) for name in names]
    config = {"default_worker_group": "bench"}
    models = [{"name": name, "implementation": "mlserver_echo.Echo"} for name in names]
    files = [HANDLERS / "mlserver_echo.py"]
    theirs = MlserverModels("mlserver-crowd", models, files, names[-1], _small_body())
    ours = Serving("oip-crowd", archives, _small_body(), "application/json", config)
    return {"mariner": lambda: mariner(ours), "mlserver": lambda: mlserver_of(theirs)}


def _small_body() -> bytes:
    tensor = {"name": "input", "shape": [1, 4], "datatype": "FP32", "data": [5.1, 3.5, 1.4, 0.2]}
    return json.dumps({"inputs": [tensor]}).encode()


def _measure_small(
    context: Context,
    recorder: Recorder,
    folder: Path,
    way: str,
    systems: Mapping[str, Starter],
    names: Sequence[str],
) -> None:
    body = folder / "small.json"
    body.write_bytes(_small_body())
    paths = tuple(f"/v2/models/{name}/infer" for name in names)
    headers = {"Content-Type": "application/json"}

    def load(server: Running, seconds: int) -> Sample:
        return wrk.load_file(server, MANY, seconds, body, paths[0], headers, paths[1:] and paths)

    with fleet(context, systems, lambda server: None) as servers:
        for server in servers:
            load(server, 2 * context.warm_up_seconds)
        for _ in context.each_round():
            for server in servers:
                sample = load(server, context.seconds)
                sample.record(recorder, server.name, way=way)
                recorder.add(server.name, "MiB", round(server.memory_mb(), 1), way=way)
                context.say(f"  {way:20} {server.name:10} {sample} {server.memory_mb():6.0f} MiB")


def _written(folder: Path, way: Way) -> Path:
    file = folder / f"{way.name.partition(',')[0].replace(' ', '-')}.bin"
    file.write_bytes(way.body)
    return file
