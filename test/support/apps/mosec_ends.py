"""A script of a Mosec user whose server ends in various ways."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path
from typing import Any

from ts.compat.mosec import Server, Worker

MODE = os.environ.get("MODE", "")


class Ends(Worker):
    def __init__(self) -> None:
        super().__init__()
        if MODE == "constructor":
            raise RuntimeError("no weights")

    def forward(self, data: Any) -> Any:
        if data.get("wish") == "exit":
            os._exit(3)
        if data.get("wish") == "wait":
            print("waiting", flush=True)
            end = time.monotonic() + 20
            while not Path("go").exists() and time.monotonic() < end:
                time.sleep(0.01)
            return "waited"
        return data


if __name__ == "__main__":
    server = Server()
    server.append_worker(Ends, timeout=30)
    if MODE.startswith("daemon"):
        server.register_daemon("d", subprocess.Popen(["sh", "-c", f"exit {MODE.split()[1]}"]))
    server.run()
    print("run returned", flush=True)
