"""Streams pieces as the body orders, and writes to a file how far it came."""

import json
import pathlib
import threading
import time

from ts.handler_utils.utils import send_intermediate_predict_response


def _order(row):
    body = row.get("data") if row.get("data") is not None else row.get("body")
    return body if isinstance(body, dict) else json.loads(bytes(body) if not isinstance(body, str) else body)


def _await_file(path, seconds=60):
    deadline = time.monotonic() + seconds
    while not pathlib.Path(path).exists() and time.monotonic() < deadline:
        threading.Event().wait(0.01)


class Streamer:
    """Sends `pieces` pieces; before piece `gate_at` it waits for the file `gate`."""

    def initialize(self, context):
        pass

    def handle(self, data, context):
        order = _order(data[0])
        progress = pathlib.Path(order["progress"]) if "progress" in order else None
        filler = "." * order.get("filler", 0)
        try:
            for number in range(order["pieces"]):
                if number == order.get("gate_at"):
                    _await_file(order["gate"])
                if number == order.get("raise_at"):
                    raise ValueError("raised in the middle of a stream")
                piece = f"piece {number} {filler}\n"
                send_intermediate_predict_response(
                    [piece] * len(data), context.request_ids, "Intermediate Prediction success", 200, context
                )
                if progress is not None:
                    progress.write_text(str(number + 1))
                if "pause" in order:
                    threading.Event().wait(order["pause"])
            return ["end\n"] * len(data)
        finally:
            if progress is not None:
                progress.with_suffix(".ended").write_text("ended")
