"""Answers each request with the number of requests that ran so far, this one included.

A request `hold <file>` keeps the worker busy until that file is there.
"""

import pathlib
import threading
import time

ran = 0


def _text(row):
    body = row.get("data") if row.get("data") is not None else row.get("body")
    return body if isinstance(body, str) else bytes(body).decode()


def _hold(path):
    path.with_suffix(".began").write_text("began")
    deadline = time.monotonic() + 60
    while not path.exists() and time.monotonic() < deadline:
        threading.Event().wait(0.005)


def handle(data, context):
    global ran
    if data is None:
        return None
    answers = []
    for text in map(_text, data):
        ran += 1
        answers.append(str(ran))
        if text.startswith("hold "):
            _hold(pathlib.Path(text[5:]))
    return answers
