"""The servers that are compared: how each is installed, started, asked whether it is ready, and stopped."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import venv
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = ROOT / "build" / "bench"
START_LIMIT_SECONDS = 120.0


@dataclass
class Running:
    """A started server.

    Attributes:
        name: what the tables call it.
        url: where the echo model answers.
        process: the process to be stopped with everything below it.
        ready_seconds: time from its start to the first answer of the model.
    """

    name: str
    url: str
    process: subprocess.Popen[bytes]
    ready_seconds: float
    stop_command: list[str] = field(default_factory=list)

    def stop(self) -> None:
        """Ends the server and waits until it is gone."""
        if self.stop_command:
            subprocess.run(self.stop_command, check=False, capture_output=True)
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def free_ports(count: int) -> list[int]:
    """Returns ports that nobody listens on now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()


def start(name: str, url: str, command: list[str], folder: Path, env: dict[str, str], body: bytes) -> Running:
    """Starts a command and waits until the model has answered.

    Raises:
        RuntimeError: the process ended, or did not answer within two minutes; the message names its log.
    """
    log = folder / "console.log"
    began = time.monotonic()
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, cwd=folder, env=env, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
        )
    while time.monotonic() - began < START_LIMIT_SECONDS:
        if process.poll() not in (None, 0):
            raise RuntimeError(f"{name} ended with {process.returncode} (expected: a server); see {log}")
        if _answers(url, body):
            return Running(name, url, process, time.monotonic() - began)
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    raise RuntimeError(f"{name} did not answer at {url} within {START_LIMIT_SECONDS:.0f} s; see {log}")


def _answers(url: str, body: bytes) -> bool:
    request = urllib.request.Request(url, body, {"Content-Type": "application/octet-stream"}, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=5) as reply:
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def peer_environment(name: str, packages: list[str], needs_torch: bool) -> Path:
    """Returns the python of a peer's own virtual environment, made on first use.

    torch is large, so a peer that needs it sees the one of this environment behind its own packages.
    """
    folder = BUILD / "peers" / name
    python = folder / "bin" / "python"
    if (folder / "complete").exists():
        return python
    shutil.rmtree(folder, ignore_errors=True)
    print(f"installing {', '.join(packages)}", file=sys.stderr, flush=True)
    venv.create(folder, with_pip=True)
    subprocess.run([python, "-m", "pip", "install", "-q", *packages], check=True)
    if needs_torch:
        site = next((folder / "lib").glob("python*/site-packages"))
        ours = next(p for p in sys.path if (Path(p) / "torch").is_dir())
        (site / "zz_torch.pth").write_text(ours + "\n", encoding="utf-8")
    (folder / "complete").touch()
    return python


def fresh_folder(name: str) -> Path:
    """Returns an empty folder for a run of a server."""
    folder = BUILD / "run" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def write_config(folder: Path, ports: list[int], extra: str) -> Path:
    """Writes a config.properties with these ports: inference, management, metrics, two of gRPC."""
    path = folder / "config.properties"
    path.write_text(
        f"inference_address=http://127.0.0.1:{ports[0]}\n"
        f"management_address=http://127.0.0.1:{ports[1]}\n"
        f"metrics_address=http://127.0.0.1:{ports[2]}\n"
        f"grpc_inference_port={ports[3]}\ngrpc_management_port={ports[4]}\n" + extra,
        encoding="utf-8",
    )
    return path


def pack_echo(folder: Path, batch: int) -> Path:
    """Packs the echo handler for a batch size and returns the model store."""
    from model_archiver import main

    store = folder / "store"
    store.mkdir(exist_ok=True)
    options = folder / "model-config.yaml"
    # TorchServe always waits for its delay, so it gets a short one; Mariner is greedy unless told otherwise.
    delay = "maxBatchDelay: 1\n" if folder.name.startswith("torchserve") and batch > 1 else ""
    options.write_text(
        f"minWorkers: 1\nmaxWorkers: 1\nbatchSize: {batch}\njobQueueSize: 4096\n{delay}", encoding="utf-8"
    )
    arguments = ["--model-name", "echo", "--version", "1.0", "--handler", str(HERE / "echo" / "handler.py")]
    if main([*arguments, "--config-file", str(options), "--export-path", str(store), "--force"]) != 0:
        raise RuntimeError("the echo model could not be packed")
    return store
