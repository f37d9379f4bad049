"""The models that are served, as archives that Mariner and TorchServe both load."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench.places import HANDLERS


@dataclass(frozen=True)
class Archive:
    """A model to be packed.

    Attributes:
        name: of the model and of the archive.
        handler: file below `handlers/`; the name of a built-in one with `serialized`.
        options: what stands in its `model-config.yaml`.
        extra_files: further files below `handlers/` that the handler imports.
        serialized: the model's own file.
    """

    name: str
    handler: str
    options: Mapping[str, str | int] = field(default_factory=dict)
    extra_files: tuple[str, ...] = ()
    serialized: Path | None = None

    def pack(self, store: Path) -> Path:
        """Packs it into a model store and returns the archive."""
        from model_archiver import main

        store.mkdir(parents=True, exist_ok=True)
        options = store.parent / f"{self.name}.yaml"
        lines = {"minWorkers": 1, "maxWorkers": 1, "jobQueueSize": 4096, **self.options}
        options.write_text("".join(f"{name}: {value}\n" for name, value in lines.items()), encoding="utf-8")
        handler = str(HANDLERS / self.handler) if self.serialized is None else self.handler
        arguments = ["--model-name", self.name, "--version", "1.0", "--handler", handler]
        arguments += ["--config-file", str(options), "--export-path", str(store), "--force"]
        if self.serialized is not None:
            arguments += ["--serialized-file", str(self.serialized)]
        if self.extra_files:
            arguments += ["--extra-files", ",".join(str(HANDLERS / name) for name in self.extra_files)]
        if main(arguments) != 0:
            raise RuntimeError(f"{self.name}: could not be packed (expected: an archive in {store})")
        return store / f"{self.name}.mar"


def echo(batch: int = 1, name: str = "echo", **options: str | int) -> Archive:
    """Returns the echo model: every body goes back as it came."""
    return Archive(name, "echo.py", {"batchSize": batch, **options})


def properties(ports: list[int], extra: Mapping[str, str | int]) -> str:
    """Returns a config.properties with these ports: inference, management, metrics, two of gRPC."""
    lines: dict[str, str | int] = {
        "inference_address": f"http://127.0.0.1:{ports[0]}",
        "management_address": f"http://127.0.0.1:{ports[1]}",
        "metrics_address": f"http://127.0.0.1:{ports[2]}",
        "grpc_inference_port": ports[3],
        "grpc_management_port": ports[4],
        **extra,
    }
    return "".join(f"{name}={value}\n" for name, value in lines.items())


def as_json(value: object) -> str:
    """Returns compact JSON."""
    return json.dumps(value, separators=(",", ":"))
