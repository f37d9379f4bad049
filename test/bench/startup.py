"""Time from the command to the first answer of the digits model, on Mariner and on TorchServe."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from echo_peers import torchserve_environment
from servers import HERE, ROOT, Running, free_ports, fresh_folder, start, write_config

DIGITS = ROOT / "examples" / "digits"


def packed_digits() -> tuple[Path, bytes]:
    """Trains and packs the digits model if that has not been done; returns its store and an image."""
    folder = ROOT / "build" / "bench" / "digits"
    store = folder / "store"
    if not (store / "digits.mar").exists():
        from model_archiver import main

        store.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, str(DIGITS / "train.py"), str(folder)], check=True)
        arguments = ["--model-name", "digits", "--version", "1.0", "--handler", str(DIGITS / "handler.py")]
        arguments += [
            "--serialized-file",
            str(folder / "digits_ts.pt"),
            "--export-path",
            str(store),
            "--force",
        ]
        if main(arguments) != 0:
            raise RuntimeError("the digits model could not be packed")
    image = next(iter(sorted(folder.rglob("*.png"))))
    return store, image.read_bytes()


def _mariner_command(store: Path, ports: list[int], folder: Path) -> list[str]:
    config = write_config(folder, ports, "")
    command = [str(Path(sys.executable).parent / "mariner"), "start", "--name", "bench-start"]
    return [
        *command,
        "--model-store",
        str(store),
        "--models",
        "digits=digits.mar",
        "--ts-config",
        str(config),
    ]


def _mariner(store: Path, image: bytes, cache: str) -> Running:
    folder = fresh_folder("start-mariner")
    ports = free_ports(5)
    command = [*_mariner_command(store, ports, folder), "--foreground"]
    url = f"http://127.0.0.1:{ports[0]}/predictions/digits"
    return start("mariner", url, command, folder, dict(os.environ, XDG_CACHE_HOME=cache), image)


def _mariner_first(store: Path, image: bytes) -> Running:
    """A first start: no class archive, and a start in the foreground makes none."""
    return _mariner(store, image, str(fresh_folder("cache-empty")))


def _mariner_later(store: Path, image: bytes) -> Running:
    """Any later start: with the class archive that the first start in the background has left."""
    cache = ROOT / "build" / "bench" / "cache"
    archives = cache / "mariner" / "cds"
    if not list(archives.glob("*.jsa")):
        folder = fresh_folder("start-prime")
        env = dict(os.environ, XDG_CACHE_HOME=str(cache))
        command = _mariner_command(store, free_ports(5), folder)
        subprocess.run(command, cwd=folder, env=env, check=True, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while not list(archives.glob("*.jsa")) and time.monotonic() < deadline:
            time.sleep(0.1)
        stop = [command[0], "stop", "--name", "bench-start"]
        subprocess.run(stop, env=env, check=True, stdout=subprocess.DEVNULL)
    return _mariner(store, image, str(cache))


def _torchserve(store: Path, image: bytes) -> Running:
    folder = fresh_folder("start-torchserve")
    ports = free_ports(5)
    config = write_config(folder, ports, "disable_system_metrics=true\ndefault_workers_per_model=1\n")
    python, env = torchserve_environment(folder)
    command = [str(python.parent / "torchserve"), "--start", "--foreground", "--ncs", "--disable-token-auth"]
    command += ["--log-config", str(HERE / "echo" / "quiet-log4j2.xml")]
    command += ["--model-store", str(store), "--models", "digits=digits.mar", "--ts-config", str(config)]
    url = f"http://127.0.0.1:{ports[0]}/predictions/digits"
    return start("torchserve", url, command, folder, env, image)


def compare(rounds: int) -> str:
    """Returns a Markdown table of seconds from command to first answer, medians of interleaved rounds."""
    store, image = packed_digits()
    starters: dict[str, Callable[[Path, bytes], Running]] = {
        "mariner": _mariner_later,
        "mariner, first start": _mariner_first,
        "torchserve": _torchserve,
    }
    # Archives of earlier builds of the frontend are of no use.
    shutil.rmtree(ROOT / "build" / "bench" / "cache", ignore_errors=True)
    _mariner_later(store, image).stop()
    seconds: dict[str, list[float]] = {name: [] for name in starters}
    for _ in range(rounds):
        for name, starter in starters.items():
            running = starter(store, image)
            seconds[name].append(running.ready_seconds)
            running.stop()
            print(f"  start {name:20} {running.ready_seconds:.2f} s", file=sys.stderr, flush=True)
    peer = statistics.median(seconds["torchserve"])
    lines = ["| server | start to first answer, s (min - max) | of TorchServe's |", "|---|---|---|"]
    for name, values in seconds.items():
        median = statistics.median(values)
        spread = f"{median:.2f} ({min(values):.2f} - {max(values):.2f})"
        lines.append(f"| {name} | {spread} | {median / peer:.2f}x |")
    return "\n".join(lines)
