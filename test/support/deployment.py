"""A deployment as TorchServe 0.12 leaves it: archives, configuration, snapshots of the released packages."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from support import rest
from support.ports import free_port
from support.waiting import eventually

BIN = Path(sys.executable).parent

ECHO = """
def handle(data, context):
    if data is None:
        return None
    return [row.get("data") or row.get("body") for row in data]
"""

CALC = """
import json
import os


class Calculator:
    def initialize(self, context):
        folder = context.system_properties["model_dir"]
        with open(os.path.join(folder, "numbers.json")) as stream:
            self.add = json.load(stream)["add"]
        self.by = context.model_yaml_config["handler"]["by"]

    def handle(self, data, context):
        for index in range(len(data)):
            context.set_response_content_type(index, "text/x-number")
            context.set_response_header(index, "x-by", str(self.by))
            context.metrics.add_counter("Calculated", 1, index)
        return [str(int(row["body"]) * self.by + self.add) for row in data]
"""

FAILS = """
def handle(data, context):
    if data is None:
        return None
    raise ValueError("no reason")
"""

STEPS = """
def first(data, context):
    return None if data is None else [row.get("data") or row.get("body") for row in data]


def last(data, context):
    return None if data is None else [b"<" + bytes(row.get("data") or row.get("body")) + b">" for row in data]
"""

WORKFLOW = """
models:
  min-workers: 1
  max-workers: 1
  batch-size: 1
  max-batch-delay: 10
  inner:
    url: echo.mar
dag:
  first: [inner]
  inner: [last]
"""

CONFIG_YAML = "minWorkers: 1\nmaxWorkers: 2\nbatchSize: 4\nmaxBatchDelay: 20\nhandler:\n  by: 3\n"


@dataclass
class Deployment:
    """Folders and addresses; `work` is where the server is started."""

    base: Path
    inference: str = ""
    management: str = ""
    metrics: str = ""
    grpc_inference: str = ""
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for folder in (self.work, self.store, self.workflows, self.base / "temp"):
            folder.mkdir(parents=True)
        inherited = {name: os.environ[name] for name in ("JAVA_HOME", "LANG") if name in os.environ}
        self.environment = {
            **inherited,
            "PATH": f"{BIN}:{os.environ['PATH']}",
            "TEMP": str(self.base / "temp"),
            "TMPDIR": str(self.base / "temp"),
        }

    @property
    def work(self) -> Path:
        """The working directory."""
        return self.base / "work"

    @property
    def store(self) -> Path:
        """The model store."""
        return self.base / "store"

    @property
    def workflows(self) -> Path:
        """The workflow store."""
        return self.base / "workflows"

    @property
    def config(self) -> Path:
        """The configuration file."""
        return self.work / "config.properties"

    def run(self, command: str, *arguments: object) -> str:
        """Runs a command of the released packages; returns what it prints."""
        done = subprocess.run(
            [str(BIN / command), *map(str, arguments)],
            cwd=self.work,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=120,
            check=False,
        )
        text = done.stdout.decode("utf-8", "replace")
        assert done.returncode == 0, text
        return text

    def set_up(self) -> None:
        """Packs archives and writes a configuration, with the tools of 0.12."""
        files = {"echo": ECHO, "calc": CALC, "fails": FAILS, "steps": STEPS}
        for name, text in files.items():
            (self.base / f"{name}.py").write_text(text)
        (self.base / "numbers.json").write_text('{"add": 1}')
        (self.base / "model-config.yaml").write_text(CONFIG_YAML)
        (self.base / "workflow.yaml").write_text(WORKFLOW)
        self._pack("echo")
        self._pack("echo", "--archive-format", "tgz", name="packed")
        self._pack("echo", "--archive-format", "no-archive", name="folder")
        self._pack("fails")
        extra = (
            "--extra-files",
            self.base / "numbers.json",
            "--config-file",
            self.base / "model-config.yaml",
        )
        self._pack("calc", *extra)
        spec = ("--spec-file", self.base / "workflow.yaml", "--handler", self.base / "steps.py")
        self.run(
            "torch-workflow-archiver", "--workflow-name", "chain", *spec, "--export-path", self.workflows
        )
        ports = [free_port() for _ in range(5)]
        rest_keys = ("inference", "management", "metrics")
        addresses = {key: f"http://127.0.0.1:{port}" for key, port in zip(rest_keys, ports, strict=False)}
        self.inference, self.management, self.metrics = addresses.values()
        self.grpc_inference = f"127.0.0.1:{ports[3]}"
        lines = [
            "# a deployment",
            *(f"{key}_address={address}" for key, address in addresses.items()),
            f"grpc_inference_port={ports[3]}",
            f"grpc_management_port={ports[4]}",
            "default_workers_per_model=1",
            "disable_token_authorization=true",
            "enable_model_api=true",
            "metrics_mode=prometheus",
            "model_metrics_auto_detect=true",
            "number_of_netty_threads=2",
            "cors_allowed_origin=https://app.example",
            "vmargs=-Xmx256m -XX:+UseSerialGC",
        ]
        self.config.write_text("".join(f"{line}\n" for line in lines))

    def _pack(self, handler: str, *more: object, name: str = "") -> None:
        flags = (
            "--model-name",
            name or handler,
            "--version",
            "1.0",
            "--handler",
            self.base / f"{handler}.py",
        )
        self.run("torch-model-archiver", *flags, "--export-path", self.store, *more)

    def flags(self) -> Sequence[object]:
        """The flags of its start."""
        return (
            *("--start", "--model-store", self.store, "--workflow-store", self.workflows),
            *("--models", "echo=echo.mar", "packed=packed.tar.gz", "folder", "fails.mar"),
            *("--ts-config", self.config),
        )

    def spawn(self, output: IO[bytes]) -> subprocess.Popen[bytes]:
        """Starts TorchServe; the command ends by itself and leaves the server in the background."""
        return subprocess.Popen(
            [str(BIN / "torchserve"), *map(str, self.flags())],
            cwd=self.work,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )

    def answers(self) -> bool:
        """Returns whether a server listens at its addresses."""
        try:
            return rest.call(self.management, "GET", "/models").status > 0
        except OSError:
            return False

    def change(self) -> None:
        """What its operator did while it ran, so that the snapshot differs from the start."""
        for query in ("url=calc.mar&synchronous=true", "url=echo.mar&model_name=second&initial_workers=1"):
            answer = rest.call(self.management, "POST", f"/models?{query}")
            assert answer.status in (200, 202), answer
        scaled = rest.call(self.management, "PUT", "/models/packed?min_worker=2&synchronous=true")
        assert scaled.status == 200, scaled

    def add_workflow(self) -> None:
        """Registers the workflow, which snapshots leave out."""
        answer = rest.call(self.management, "POST", "/workflows?url=chain.war")
        assert answer.status == 200, answer

    def await_models(self, count: int) -> None:
        """Waits until so many models have their workers."""

        def ready() -> bool:
            try:
                names = [
                    entry["modelName"]
                    for entry in rest.call(self.management, "GET", "/models").json()["models"]
                ]
            except OSError:
                return False
            return len(names) >= count and all(self._ready(name) for name in names)

        eventually(ready, 180, f"{count} models are ready")

    def _ready(self, name: str) -> bool:
        answer = rest.call(self.management, "GET", f"/models/{name}")
        if answer.status != 200:
            return False
        entry = answer.json()[0]
        states = [worker["status"] for worker in entry["workers"]]
        return len(states) >= entry["minWorkers"] and set(states) == {"READY"}
