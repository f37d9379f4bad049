"""The two servers that load model archives: Mariner and TorchServe."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.places import HERE, ROOT, fresh_folder
from bench.servers.archives import Archive, properties
from bench.servers.environments import environment
from bench.servers.process import Probe, Running, free_ports, launch


@dataclass(frozen=True)
class Serving:
    """What one of them is to serve.

    Attributes:
        folder: name of the run's folder below the build folder.
        archives: the models; all have one probe each.
        probe: a body that every model answers.
        content_type: of that body.
        config: lines of config.properties.
        environment: further environment variables.
        secure: whether inference speaks TLS; `config` names the certificate.
    """

    folder: str
    archives: Sequence[Archive]
    probe: bytes = b"x" * 1024
    content_type: str = "application/octet-stream"
    config: Mapping[str, str | int] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    secure: bool = False

    @property
    def scheme(self) -> str:
        """The scheme of the inference address."""
        return "https" if self.secure else "http"

    def prepare(self, system: str, config: Mapping[str, str | int]) -> Prepared:
        """Packs the models and writes the configuration for free ports."""
        folder = fresh_folder(f"{system}-{self.folder}")
        for archive in self.archives:
            archive.pack(folder / "store")
        ports = free_ports(5)
        address = {"inference_address": f"{self.scheme}://127.0.0.1:{ports[0]}"}
        text = properties(ports, {**config, **self.config, **address})
        (folder / "config.properties").write_text(text, encoding="utf-8")
        return Prepared(self, folder, ports)


@dataclass(frozen=True)
class Prepared:
    """A folder with archives and configuration, ready for a start."""

    serving: Serving
    folder: Path
    ports: list[int]

    @property
    def arguments(self) -> list[str]:
        """The flags that both commands share."""
        models = [f"{one.name}={one.name}.mar" for one in self.serving.archives]
        store, config = self.folder / "store", self.folder / "config.properties"
        return ["--model-store", str(store), "--models", *models, "--ts-config", str(config)]

    def launch(self, system: str, command: list[str], env: Mapping[str, str]) -> Running:
        """Starts a command that listens on these ports, and waits until every model has answered."""
        url = f"{self.serving.scheme}://127.0.0.1:{self.ports[0]}"
        paths = [f"/predictions/{one.name}" for one in self.serving.archives]
        probes = [Probe(url + path, self.serving.probe, self.serving.content_type) for path in paths]
        running = launch(system, command, self.folder, {**env, **self.serving.environment}, probes)
        running.url, running.path = url, paths[0] if paths else ""
        running.management = f"http://127.0.0.1:{self.ports[1]}"
        running.metrics = f"http://127.0.0.1:{self.ports[2]}"
        running.grpc = f"127.0.0.1:{self.ports[3]}"
        return running


def mariner_environment() -> dict[str, str]:
    """Returns an environment whose Python imports this checkout, wherever the virtual environment points."""
    paths = [str(ROOT), str(ROOT / "model-archiver")]
    return dict(os.environ, PYTHONPATH=os.pathsep.join(paths))


def mariner_command(prepared: Prepared) -> list[str]:
    """Returns the command that starts Mariner in the background; `--foreground` may follow."""
    name = f"bench-{os.getpid()}-{prepared.serving.folder}"
    command = "import sys; from ts._cli.main import main; sys.exit(main())"
    return [sys.executable, "-c", command, "start", "--name", name, *prepared.arguments]


def mariner(serving: Serving) -> Running:
    """Starts Mariner as it comes: metrics on, access log on, no token."""
    prepared = serving.prepare("mariner", {})
    return prepared.launch("mariner", [*mariner_command(prepared), "--foreground"], mariner_environment())


def torchserve(serving: Serving) -> Running:
    """Starts TorchServe 0.12.0 with its lines per request and its system metrics switched off.

    Raises:
        NotAvailableError: it can't be installed.
    """
    python = environment("torchserve")
    prepared = serving.prepare(
        "torchserve",
        {"disable_system_metrics": "true", "job_queue_size": 4096, "default_workers_per_model": 1},
    )
    temp = prepared.folder / "tmp"
    temp.mkdir()
    path = f"{python.parent}{os.pathsep}{os.environ['PATH']}"
    env = dict(os.environ, TMPDIR=str(temp), TEMP=str(temp), PATH=path)
    env.pop("PYTHONPATH", None)
    command = [str(python.parent / "torchserve"), "--start", "--foreground", "--ncs", "--disable-token-auth"]
    command += ["--enable-model-api", "--log-config", str(HERE / "servers" / "quiet-log4j2.xml")]
    return prepared.launch("torchserve", [*command, *prepared.arguments], env)
