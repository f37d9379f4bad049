"""The servers that are compared: how each is given the faulty handler, started and asked."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from peers.environments import HANDLERS, ROOT, installed_version, peer_python

RESPONSE_TIMEOUT_SECONDS = 2
IDLE_TIMEOUT_SECONDS = 5


@dataclass(frozen=True)
class Setting:
    """What a fault needs: the size of batches, workers, and requests that may wait (null: default)."""

    batch: int = 1
    workers: int = 1
    queue: int | None = None
    loads_to_fail: int = 0


@dataclass(frozen=True)
class Kind:
    """A server that can be started.

    Attributes:
        key: names it on the command line.
        title: heads its column; made when the server is installed.
        command: the command line for a setting, a folder of the run and a port.
        path: where the model answers.
        health: the path that an orchestrator would ask.
        body: the body for an order, with its content type.
        text: what the handler has answered, from the body of the answer.
        signals_listener: whether SIGTERM is meant for the process that listens and not for the one started.
        bounds_queue: whether a bound of the queue can be set.
    """

    key: str
    title: Callable[[], str]
    command: Callable[[Setting, Path, int], list[str]]
    path: str
    health: str
    body: Callable[[str], tuple[bytes, str]]
    text: Callable[[str], str] = str
    signals_listener: bool = False
    bounds_queue: bool = True


def _plain(order: str) -> tuple[bytes, str]:
    return order.encode(), "application/octet-stream"


def _tensor(order: str) -> tuple[bytes, str]:
    one = {"name": "order", "shape": [1], "datatype": "BYTES", "data": [order]}
    return json.dumps({"inputs": [one]}).encode(), "application/json"


def _first_element(body: str) -> str:
    return str(json.loads(body)["outputs"][0]["data"][0])


def _archived(setting: Setting, folder: Path, port: int, more: str) -> list[str]:
    """Packs the archive and writes the configuration; returns the arguments that both commands know."""
    from model_archiver import main

    store = folder / "store"
    store.mkdir(exist_ok=True)
    lines = [
        f"minWorkers: {setting.workers}",
        f"maxWorkers: {setting.workers}",
        f"batchSize: {setting.batch}",
    ]
    lines += ["maxBatchDelay: 500", f"responseTimeout: {RESPONSE_TIMEOUT_SECONDS}"]
    lines += [f"jobQueueSize: {setting.queue}"] if setting.queue else []
    options = folder / "model-config.yaml"
    options.write_text("\n".join(lines) + "\n", encoding="utf-8")
    arguments = ["--model-name", "faulty", "--version", "1.0", "--handler", str(HANDLERS / "archived.py")]
    arguments += ["--extra-files", str(HANDLERS / "orders.py"), "--config-file", str(options)]
    if main([*arguments, "--export-path", str(store), "--force"]) != 0:
        raise RuntimeError("the faulty model could not be packed")
    config = folder / "config.properties"
    address = "http://127.0.0.1"
    config.write_text(
        f"inference_address={address}:{port}\nmanagement_address={address}:{port + 1}\n"
        f"metrics_address={address}:{port + 2}\ngrpc_inference_port={port + 3}\n"
        f"grpc_management_port={port + 4}\n{more}",
        encoding="utf-8",
    )
    return ["--model-store", str(store), "--models", "faulty=faulty.mar", "--ts-config", str(config)]


def _mariner(setting: Setting, folder: Path, port: int) -> list[str]:
    command = [str(Path(sys.executable).parent / "mariner"), "start", "--foreground", "--disable-token-auth"]
    timeouts = f"idle_timeout={IDLE_TIMEOUT_SECONDS}s\nheader_timeout={IDLE_TIMEOUT_SECONDS}s\n"
    return [*command, *_archived(setting, folder, port, timeouts)]


def _mariner_title() -> str:
    from ts.version import __version__

    return f"Mariner {__version__}"


def _torchserve_python() -> Path:
    return peer_python("torchserve", ["torchserve==0.12.0", "pyyaml"], needs_torch=True)


def _torchserve(setting: Setting, folder: Path, port: int) -> list[str]:
    command = [str(_torchserve_python().parent / "torchserve"), "--start", "--foreground", "--ncs"]
    return [
        *command,
        "--disable-token-auth",
        *_archived(setting, folder, port, "disable_system_metrics=true\n"),
    ]


def _mosec(setting: Setting, folder: Path, port: int) -> list[str]:
    numbers = [str(setting.batch), str(setting.workers), str(RESPONSE_TIMEOUT_SECONDS)]
    queue = ["--capacity", str(setting.queue)] if setting.queue else []
    command = [str(peer_python("mosec", ["mosec==0.9.8"])), str(HANDLERS / "mosec_server.py"), *numbers]
    return [*command, "--address", "127.0.0.1", "--port", str(port), *queue]


def _mlserver_python() -> Path:
    return peer_python("mlserver", ["mlserver", "uvloop<0.21"])


def _mlserver(setting: Setting, folder: Path, port: int) -> list[str]:
    model = folder / "models" / "faulty"
    model.mkdir(parents=True, exist_ok=True)
    for name in ("orders.py", "mlserver_model.py"):
        (model / name).write_text((HANDLERS / name).read_text(encoding="utf-8"), encoding="utf-8")
    window = {"max_batch_size": setting.batch, "max_batch_time": 0.5} if setting.batch > 1 else {}
    described = {"name": "faulty", "implementation": "mlserver_model.Faulty", **window}
    (model / "model-settings.json").write_text(json.dumps(described), encoding="utf-8")
    settings = {"host": "127.0.0.1", "http_port": port, "grpc_port": port + 1, "metrics_port": port + 2}
    settings_file = model.parent / "settings.json"
    settings_file.write_text(
        json.dumps({**settings, "parallel_workers": setting.workers, "debug": False}), encoding="utf-8"
    )
    return [str(_mlserver_python().parent / "mlserver"), "start", str(model.parent)]


KINDS = {
    kind.key: kind
    for kind in (
        Kind("mariner", _mariner_title, _mariner, "/predictions/faulty", "/readyz", _plain),
        Kind(
            "torchserve",
            lambda: f"TorchServe {installed_version(_torchserve_python(), 'torchserve')}",
            _torchserve,
            "/predictions/faulty",
            "/ping",
            _plain,
            signals_listener=True,
        ),
        Kind(
            "mosec",
            lambda: f"Mosec {installed_version(peer_python('mosec', ['mosec==0.9.8']), 'mosec')}",
            _mosec,
            "/inference",
            "/",
            _plain,
        ),
        Kind(
            "mlserver",
            lambda: f"MLServer {installed_version(_mlserver_python(), 'mlserver')}",
            _mlserver,
            "/v2/models/faulty/infer",
            "/v2/health/ready",
            _tensor,
            _first_element,
            bounds_queue=False,
        ),
    )
}


def environment(kind: Kind, setting: Setting, folder: Path, mark: str) -> dict[str, str]:
    """Returns the environment of a run: a temporary folder, and a mark by which its processes are found."""
    temp = str(folder / "tmp")
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    if kind.key == "mariner":
        variables["PYTHONPATH"] = str(ROOT)
    else:
        kind_python = {"torchserve": _torchserve_python}.get(kind.key)
        if kind_python is not None:
            variables["PATH"] = f"{kind_python().parent}:{variables['PATH']}"
    more = {"FAULT_PEERS_ATTEMPTS": str(folder / "attempts"), "FAULT_PEERS_MARK": mark}
    more["FAULT_PEERS_LOADS_TO_FAIL"] = str(setting.loads_to_fail)
    return {**variables, "TMPDIR": temp, "TEMP": temp, "TMP": temp, **more}
