"""The server under soak: started by the command, with a heap that is fixed and touched beforehand."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from faults import HANDLERS
from support.packing import pack
from support.places import ROOT
from support.server import RunningServer

# The heap is fixed and touched: what the process gains after the start lies outside. The second compiler
# and arenas of malloc for each thread are left out: what they take comes and goes for many minutes on a busy
# machine, and is none of the server's.
JVM = (
    "-Xms192m -Xmx192m -Xmn64m -XX:+AlwaysPreTouch -XX:+UseSerialGC -XX:MaxDirectMemorySize=192m "
    "-XX:TieredStopAtLevel=1"
)
LEAKS = "-Dio.netty.leakDetection.level="
_NAME = "soak"
RESPONSE_SECONDS = 3
MODELS: dict[str, dict[str, Any]] = {
    "echo": {"minWorkers": 2, "maxWorkers": 2},
    "batch": {"batchSize": 8},
    "stream": {"minWorkers": 2, "maxWorkers": 2},
    "slow": {"batchSize": 4, "jobQueueSize": 16},
    "ahead": {"batchSize": 4, "prepareAhead": True},
}
CHANGING = ("echo",)
"""Models whose versions come and go, and their counters with them."""
WORKERS = {name: int(config.get("minWorkers", 1)) for name, config in MODELS.items()}


class SoakServer(RunningServer):
    """A `RunningServer` of the `mariner` command in the foreground; `leaks`: Netty's level of detection."""

    def __init__(self, base: Path, leaks: str) -> None:
        super().__init__(
            base,
            models=[f"{name}={name}.mar" for name in MODELS],
            config={
                "vmargs": f"{JVM} {LEAKS}{leaks}",
                "default_response_timeout": RESPONSE_SECONDS,
                "heartbeat_interval": "1s",
                "heartbeat_timeout": "3s",
                "max_request_size": 1_000_000,
                "stream_stall_timeout": "5s",
            },
            environment={
                "PYTHONPATH": str(ROOT),
                "MALLOC_ARENA_MAX": "2",
                "XDG_RUNTIME_DIR": str(base / "run"),
                # Without a home there is no class archive, which a process in the background would write.
                "HOME": None,
                "XDG_CACHE_HOME": None,
                "TS_CONFIG_FILE": None,
            },
        )
        (base / "run").mkdir(mode=0o700)
        self.state_file = base / "run" / f"mariner-{os.getuid()}" / _NAME / "state.json"
        handler = str(HANDLERS / "soaking.py")
        for name, config in MODELS.items():
            options = {"responseTimeout": RESPONSE_SECONDS, **config}
            if config.get("prepareAhead"):
                steps = str(HANDLERS / "soaking_ahead.py")
                pack(self.store, name, steps, config=options, extra_files=handler)
            else:
                pack(self.store, name, handler, config=options)
        second = {"responseTimeout": RESPONSE_SECONDS, **MODELS["echo"]}
        pack(self.store, "echo", handler, "2.0", file_name="echo2.mar", config=second)
        pack(self.store, "extra", handler)

    def _command_line(
        self, python: str, jvm_flags: Sequence[str], models: Sequence[str], arguments: Sequence[str]
    ) -> list[str]:
        command = [python, "-m", "ts._cli.main", "start", "--foreground", "--name", _NAME]
        command += ["--model-store", str(self.store), "--ts-config", str(self.base / "config.properties")]
        return [*command, *arguments, "--models", *models]
