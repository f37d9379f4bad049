"""Answers each request with the size of the batch that it was in.

A request `hold <file>` keeps the worker busy until that file is there.
"""

import pathlib
import threading
import time


def _text(row):
    body = row.get("data") if row.get("data") is not None else row.get("body")
    return body if isinstance(body, str) else bytes(body).decode()


def handle(data, context):
    if data is None:
        return None
    for text in map(_text, data):
        if text.startswith("hold "):
            path = pathlib.Path(text[5:])
            path.with_suffix(".began").write_text("began")
            deadline = time.monotonic() + 60
            while not pathlib.Path(path).exists() and time.monotonic() < deadline:
                threading.Event().wait(0.005)
    return [str(len(data))] * len(data)
