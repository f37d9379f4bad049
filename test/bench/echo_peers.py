"""Starts the echo model on Mariner and on each released peer."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import servers
from servers import HERE, Running, free_ports, fresh_folder, pack_echo, peer_environment, start, write_config

BODY = b"x" * 1024


def mariner(batch: int) -> Running:
    """Mariner as it comes: metrics on, access log on, no token."""
    folder = fresh_folder(f"mariner-{batch}")
    store = pack_echo(folder, batch)
    ports = free_ports(5)
    config = write_config(folder, ports, "")
    command = [
        str(Path(sys.executable).parent / "mariner"),
        "start",
        "--foreground",
        "--name",
        f"bench-{batch}",
    ]
    command += ["--model-store", str(store), "--models", "echo=echo.mar", "--ts-config", str(config)]
    url = f"http://127.0.0.1:{ports[0]}/predictions/echo"
    return start("mariner", url, command, folder, dict(os.environ), BODY)


def torchserve_environment(folder: Path) -> tuple[Path, dict[str, str]]:
    """Returns TorchServe's interpreter and an environment that keeps its files in the folder."""
    python = peer_environment("torchserve", ["torchserve==0.12.0", "pyyaml"], needs_torch=True)
    temp = folder / "tmp"
    temp.mkdir()
    path = f"{python.parent}:{os.environ['PATH']}"
    return python, dict(os.environ, TMPDIR=str(temp), TEMP=str(temp), PATH=path)


def torchserve(batch: int) -> Running:
    """TorchServe 0.12.0 with its lines per request switched off."""
    folder = fresh_folder(f"torchserve-{batch}")
    python, env = torchserve_environment(folder)
    store = pack_echo(folder, batch)
    ports = free_ports(5)
    config = write_config(folder, ports, "disable_system_metrics=true\njob_queue_size=4096\n")
    executable = str(python.parent / "torchserve")
    command = [executable, "--start", "--foreground", "--ncs", "--disable-token-auth"]
    command += ["--log-config", str(HERE / "echo" / "quiet-log4j2.xml")]
    command += ["--model-store", str(store), "--models", "echo=echo.mar", "--ts-config", str(config)]
    url = f"http://127.0.0.1:{ports[0]}/predictions/echo"
    return start("torchserve", url, command, folder, env, BODY)


def mosec(batch: int) -> Running:
    """Mosec 0.9.8; with batching it waits 1 ms for a batch to fill."""
    python = peer_environment("mosec", ["mosec==0.9.8"], needs_torch=False)
    folder = fresh_folder(f"mosec-{batch}")
    port = free_ports(1)[0]
    command = [str(python), str(HERE / "echo" / "mosec_echo.py"), str(batch), "--port", str(port)]
    command += ["--log-level", "warning"]
    url = f"http://127.0.0.1:{port}/inference"
    return start("mosec", url, command, folder, dict(os.environ), BODY)


STARTERS = {"mariner": mariner, "torchserve": torchserve, "mosec": mosec}

__all__ = ["BODY", "STARTERS", "servers"]
