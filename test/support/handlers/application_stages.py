"""Stages of the applications that the tests serve; each is a function of its own."""

import json
import os
import pathlib
import threading
import time

from ts.handler_utils.utils import send_intermediate_predict_response


def _bodies(data):
    return [bytes(row["body"]).decode() for row in data or []]


def say(data, context):
    """Tells which route each request came on, and which worker this is."""
    number = context.system_properties["worker_number"]
    return [f"{body}|{context.get_route(i)}|{number}" for i, body in enumerate(_bodies(data))]


def upper(data, context):
    return [body.upper() for body in _bodies(data)]


def inputs(data, context):
    """Tells what each input holds."""
    return [
        {
            name: (value if isinstance(value, str) else bytes(value).decode())
            for name, value in sorted(row.items())
        }
        for row in data or []
    ]


def describe(data, context):
    """Tells what the client said beside the body."""
    return [
        json.dumps([type(row["body"]).__name__, context.get_request_header(i, "content-type")])
        for i, row in enumerate(data or [])
    ]


def act(data, context):
    """Does what the body orders; `await FILE` makes FILE.begun and waits for FILE."""
    for index, body in enumerate(_bodies(data)):
        word, _, argument = body.partition(" ")
        if word == "refuse":
            context.set_response_status(418, "", index)
            context.set_response_header(index, "x-stage", "act")
            context.set_response_content_type(index, "text/plain")
        elif word == "raise":
            raise ValueError("raised on order")
        elif word == "kill":
            os._exit(9)
        elif word == "await":
            pathlib.Path(f"{argument}.begun").touch()
            deadline = time.monotonic() + 60
            while not pathlib.Path(argument).exists() and time.monotonic() < deadline:
                threading.Event().wait(0.01)
    return _bodies(data)


def tell(data, context):
    """Answers in events, which it frames itself; the second piece may not come."""
    for piece in _bodies(data)[0].split() if data else []:
        if piece == "raise":
            raise ValueError("raised on order")
        send_intermediate_predict_response(
            [f"event: message\ndata: {piece}\n\n"], context.request_ids, "", 200, context
        )
    return ["event: end\n\n"]
