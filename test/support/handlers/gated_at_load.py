"""Loads when the file named by GATE is there, after it has made the file BEGAN."""

import os
import pathlib
import threading
import time


class Gated:
    """Answers like an echo."""

    def initialize(self, context):
        pathlib.Path(os.environ["BEGAN"]).touch()
        deadline = time.monotonic() + 60
        while not pathlib.Path(os.environ["GATE"]).exists() and time.monotonic() < deadline:
            threading.Event().wait(0.01)

    def handle(self, data, context):
        return [row["body"] for row in data]
