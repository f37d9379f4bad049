"""From the command to the first answer: a TorchScript model with 1 and 4 workers, and 1 and 20 small models
without torch.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from bench.context import Context
from bench.measurement import Measurement, Recorder
from bench.places import BUILD, ROOT
from bench.servers.archive_servers import (
    Serving,
    mariner,
    mariner_command,
    mariner_environment,
    torchserve,
)
from bench.servers.archives import Archive, echo
from bench.servers.process import Running

SMALL_MODELS = (1, 20)
TORCH_WORKERS = 4
_DIGITS = ROOT / "examples" / "digits"
_CACHE = BUILD / "cache"
_ARCHIVE_LIMIT_SECONDS = 120.0
_WORKERS_LIMIT_SECONDS = 120.0


@dataclass(frozen=True)
class Digits(Archive):
    """The archive of the digits example: trained once, then packed with its TorchScript file."""

    trained: Path = BUILD / "digits"

    def pack(self, store: Path) -> Path:
        """Packs it into a model store and returns the archive."""
        from model_archiver import main

        store.mkdir(parents=True, exist_ok=True)
        arguments = ["--model-name", self.name, "--version", "1.0", "--handler", str(_DIGITS / "handler.py")]
        arguments += ["--serialized-file", str(self.trained / "digits_ts.pt")]
        if main([*arguments, "--export-path", str(store), "--force"]) != 0:
            raise RuntimeError(f"{self.name}: could not be packed (expected: an archive in {store})")
        return store / f"{self.name}.mar"


def digits(workers: int = 1) -> Serving:
    """Trains the digits model if that has not been done; returns it with an image."""
    archive = Digits("digits", "")
    if not (archive.trained / "digits_ts.pt").is_file():
        archive.trained.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, str(_DIGITS / "train.py"), str(archive.trained)], check=True)
    image = min(archive.trained.rglob("*.png"))
    return Serving(
        f"start-digits-{workers}",
        [archive],
        probe=image.read_bytes(),
        config={"default_workers_per_model": workers},
    )


def small(count: int) -> Serving:
    """Returns so many echo models."""
    return Serving(f"start-{count}", [echo(name=f"echo{index}") for index in range(count)])


def with_cache(serving: Serving, cache: Path) -> Serving:
    """Returns the same with another folder for archives of the frontend's classes."""
    return replace(serving, environment={"XDG_CACHE_HOME": str(cache)})


def prime(serving: Serving) -> None:
    """Lets a start in the background leave the archive of classes that all later starts map.

    Raises:
        RuntimeError: there was none after two minutes.
    """
    # Archives of earlier builds of the frontend are of no use.
    shutil.rmtree(_CACHE, ignore_errors=True)
    prepared = with_cache(serving, _CACHE).prepare("prime", {})
    env = {**mariner_environment(), **prepared.serving.environment}
    command = mariner_command(prepared)
    name = command[command.index("--name") + 1]
    stop = [*command[: command.index("start")], "stop", "--name", name]
    subprocess.run(command, cwd=prepared.folder, env=env, check=True, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + _ARCHIVE_LIMIT_SECONDS
        while not list(_CACHE.rglob("*.jsa")):
            if time.monotonic() > deadline:
                raise RuntimeError(f"no archive of classes in {_CACHE} (expected: one after a start)")
            time.sleep(0.1)
    finally:
        subprocess.run(stop, env=env, check=True, stdout=subprocess.DEVNULL)


def measure(context: Context) -> list[Measurement]:
    """Returns the seconds until every model has answered once, and the memory of all processes then."""
    recorder = Recorder()
    image = digits()
    if context.wants("mariner"):
        prime(image)
    for _ in context.each_round():
        _start(context, recorder, "mariner, first start", image, _first)
        for name, serving, module in (
            ("digits", image, "torch"),
            (f"digits, {TORCH_WORKERS} workers", digits(TORCH_WORKERS), "torch"),
            *((f"echo x {count}", small(count), "json") for count in SMALL_MODELS),
        ):
            starters: Mapping[str, Callable[[Serving], Running]] = {
                "mariner": _later,
                "mariner, preload": _preloading(module),
                "torchserve": torchserve,
            }
            for system, starter in starters.items():
                _start(context, recorder, system, serving, starter, name)
    return recorder.measurements()


def _first(serving: Serving) -> Running:
    """A first start: no archive of classes, and a start in the foreground makes none."""
    empty = BUILD / "cache-empty"
    shutil.rmtree(empty, ignore_errors=True)
    return mariner(with_cache(serving, empty))


def _later(serving: Serving) -> Running:
    return mariner(with_cache(serving, _CACHE))


def _preloading(module: str) -> Callable[[Serving], Running]:
    """Workers are forked from a process that has imported a module."""

    def start(serving: Serving) -> Running:
        config = {**serving.config, "preload_modules": module}
        return _later(replace(serving, folder=f"{serving.folder}-preload", config=config))

    return start


def _all_workers(server: Running, workers: int) -> float:
    """Waits until the digits model has so many workers; returns the seconds from the start.

    Raises:
        RuntimeError: it has not after two minutes.
    """
    began = time.monotonic()
    while time.monotonic() < began + _WORKERS_LIMIT_SECONDS:
        with urllib.request.urlopen(f"{server.management}/models/digits", timeout=30) as reply:
            (model,) = json.load(reply)
        if sum(worker["status"] == "READY" for worker in model["workers"]) == workers:
            return server.ready_seconds + time.monotonic() - began
        time.sleep(0.02)
    raise RuntimeError(f"{server.name}: {workers} workers are not ready (expected: within two minutes)")


def _start(
    context: Context,
    recorder: Recorder,
    system: str,
    serving: Serving,
    starter: Callable[[Serving], Running],
    models: str = "digits",
) -> None:
    if not context.wants(system.split(",")[0]):
        return
    server = context.attempt(system.split(",")[0], lambda: starter(serving))
    if server is None:
        return
    try:
        workers = int(serving.config.get("default_workers_per_model", 1))
        seconds = _all_workers(server, workers) if workers > 1 else server.ready_seconds
        memory = server.memory_mb()
    finally:
        server.stop()
    recorder.add(system, "s to the first answers", round(seconds, 3), models=models)
    recorder.add(system, "all processes MiB", round(memory, 1), models=models)
    context.say(f"  {models:17} {system:20} {seconds:6.2f} s {memory:6.0f} MiB")
