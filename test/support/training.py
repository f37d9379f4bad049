"""A short life of a server, in which the JVM notes the classes that servers of tests load."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Sequence
from pathlib import Path

from support import rpc
from support.packing import pack
from support.server import STOP_SECONDS, RunningServer


def train(jvm_flags: Sequence[str]) -> None:
    """Starts a server with these flags, predicts over both APIs, looks at metrics, and stops it."""
    with tempfile.TemporaryDirectory() as folder:
        server = RunningServer(Path(folder) / "server", models=["echo=echo.mar"], jvm_flags=jvm_flags)
        pack(server.store, "echo", "echo")
        server.start()
        try:
            assert server.predict("echo", "x").body == b"x"
            assert server.describe("echo")["modelName"] == "echo"
            with rpc.inference(server.grpc_inference) as stub:
                assert stub.Predictions(rpc.prediction("echo", b"x"), timeout=30).prediction == b"x"
            server.process.send_signal(signal.SIGTERM)
            server.process.wait(STOP_SECONDS)
        finally:
            server.kill()
