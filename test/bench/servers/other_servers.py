"""Peers with another kind of model, Mosec and MLServer, and the yardstick: a server without features."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.load.tools import java_command
from bench.places import HANDLERS, ROOT, fresh_folder
from bench.servers.archives import as_json
from bench.servers.environments import environment
from bench.servers.process import Listening, Probe, Running, free_ports, launch

# As Mariner does it: an event loop for each two processors.
_LIMIT_LOOPS = max(1, (os.cpu_count() or 1) // 2)
_LIMIT_IN_FLIGHT = 8


def _plain_environment() -> Mapping[str, str]:
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def mosec(batch: int) -> Running:
    """Starts Mosec 0.9.8 with the echo; with batching it waits 1 ms for a batch to fill.

    Raises:
        NotAvailableError: it can't be installed.
    """
    python = environment("mosec")
    folder = fresh_folder(f"mosec-{batch}")
    port = free_ports(1)[0]
    command = [str(python), str(HANDLERS / "mosec_echo.py"), str(batch), "--port", str(port)]
    command += ["--log-level", "warning"]
    url, path = f"http://127.0.0.1:{port}", "/inference"
    running = launch("mosec", command, folder, _plain_environment(), [Probe(url + path, b"x" * 1024)])
    running.url, running.path = url, path
    return running


def mosec_script(name: str, on_mariner: bool) -> Running:
    """Starts a script for Mosec on Mosec 0.9.8, or on Mariner.

    Raises:
        NotAvailableError: Mosec can't be installed.
    """
    python = environment("mosec")
    variables = dict(_plain_environment())
    if on_mariner:
        # Its own requirements are those of the peer, pure Python for Mariner's interpreter.
        site = next((python.parents[1] / "lib").glob("python*/site-packages"))
        paths = [ROOT / "aliases" / "mosec", ROOT, HANDLERS, site]
        python, variables["PYTHONPATH"] = Path(sys.executable), os.pathsep.join(map(str, paths))
    folder = fresh_folder(f"{name}-{'mariner' if on_mariner else 'mosec'}")
    port = free_ports(1)[0]
    command = [str(python), str(HANDLERS / f"{name}.py"), "--port", str(port), "--address", "127.0.0.1"]
    command += ["--timeout", "60000", "--log-level", "warning"]
    url = f"http://127.0.0.1:{port}"
    probe = Probe(f"{url}/through/3", b"x" * 1024)
    running = launch("mariner" if on_mariner else "mosec", command, folder, variables, [probe])
    running.url = url
    return running


@dataclass(frozen=True)
class MlserverModels:
    """What MLServer is to serve.

    Attributes:
        folder: name of the run's folder below the build folder.
        models: `model-settings.json` of each.
        files: what lies beside the settings of each.
        probed: the model that answers the probe.
        probe: a request that it answers.
    """

    folder: str
    models: Sequence[Mapping[str, Any]]
    files: Sequence[Path]
    probed: str
    probe: bytes


def mlserver() -> Running:
    """Starts MLServer 1.7.1 with the echo in one worker process, its default.

    Raises:
        NotAvailableError: it can't be installed.
    """
    tensor = {"name": "data", "shape": [1], "datatype": "UINT8", "data": [1]}
    model = {"name": "echo", "implementation": "mlserver_echo.Echo"}
    probe = as_json({"inputs": [tensor]}).encode()
    return mlserver_of(MlserverModels("mlserver", [model], [HANDLERS / "mlserver_echo.py"], "echo", probe))


def mlserver_of(serving: MlserverModels) -> Running:
    """Starts MLServer 1.7.1 in one worker process, its default.

    Raises:
        NotAvailableError: it can't be installed.
    """
    python = environment("mlserver")
    folder = fresh_folder(serving.folder)
    ports = free_ports(3)
    settings = {
        "host": "127.0.0.1",
        "http_port": ports[0],
        "grpc_port": ports[1],
        "metrics_port": ports[2],
        "parallel_workers": 1,
        "debug": False,
    }
    (folder / "settings.json").write_text(as_json(settings), encoding="utf-8")
    for model in serving.models:
        own = folder / str(model["name"])
        own.mkdir()
        for file in serving.files:
            shutil.copy(file, own)
        (own / "model-settings.json").write_text(as_json(model), encoding="utf-8")
    url, path = f"http://127.0.0.1:{ports[0]}", f"/v2/models/{serving.probed}/infer"
    probe = Probe(url + path, serving.probe, "application/json")
    command = [str(python.parent / "mlserver"), "start", str(folder)]
    running = launch("mlserver", command, folder, _plain_environment(), [probe, Listening(ports[1])])
    running.url, running.path, running.grpc = url, path, f"127.0.0.1:{ports[1]}"
    return running


def limit(batch: int) -> Running:
    """Starts the yardstick: bare Netty and bare grpc-java in front of one bare Python loop.

    Raises:
        NotAvailableError: its jars can't be built.
    """
    ports = free_ports(2)
    flags: dict[str, str | int] = {
        "--port": ports[0],
        "--python": sys.executable,
        "--loops": _LIMIT_LOOPS,
        "--in-flight": _LIMIT_IN_FLIGHT,
        "--batch": batch,
        "--grpc-port": ports[1],
    }
    command = java_command("ai.mariner.bench.limit.LimitServer", flags)
    url, path = f"http://127.0.0.1:{ports[0]}", "/predictions/echo"
    folder = fresh_folder(f"limit-{batch}")
    probes: list[Probe | Listening] = [Probe(url + path, b"x" * 1024), Listening(ports[1])]
    running = launch("limit", command, folder, _plain_environment(), probes)
    running.url, running.path, running.grpc = url, path, f"127.0.0.1:{ports[1]}"
    return running
