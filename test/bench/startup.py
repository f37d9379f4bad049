"""Time from the command to the first answer of the digits model, on Mariner and on TorchServe."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
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


def _mariner(store: Path, image: bytes) -> Running:
    folder = fresh_folder("start-mariner")
    ports = free_ports(5)
    config = write_config(folder, ports, "")
    command = [str(Path(sys.executable).parent / "mariner"), "start", "--foreground", "--name", "bench-start"]
    command += ["--model-store", str(store), "--models", "digits=digits.mar", "--ts-config", str(config)]
    url = f"http://127.0.0.1:{ports[0]}/predictions/digits"
    return start("mariner", url, command, folder, dict(os.environ), image)


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
    seconds: dict[str, list[float]] = {"mariner": [], "torchserve": []}
    starters: dict[str, Callable[[Path, bytes], Running]] = {"mariner": _mariner, "torchserve": _torchserve}
    for _ in range(rounds):
        for name, starter in starters.items():
            running = starter(store, image)
            seconds[name].append(running.ready_seconds)
            running.stop()
            print(f"  start {name:10} {running.ready_seconds:.2f} s", file=sys.stderr, flush=True)
    ours = statistics.median(seconds["mariner"])
    lines = ["| server | start to first answer, s (min - max) | Mariner takes |", "|---|---|---|"]
    for name, values in seconds.items():
        median = statistics.median(values)
        ratio = f"{ours / median:.2f}x" if name != "mariner" else ""
        lines.append(f"| {name} | {median:.2f} ({min(values):.2f} - {max(values):.2f}) | {ratio} |")
    return "\n".join(lines)
