"""Answers with the request's id and its payload backwards, after doing what its first line orders."""

import ctypes
import os
import signal
import threading

from ts.handler_utils.utils import send_intermediate_predict_response


def parts_of(row):
    """Returns order, id, argument and payload of a body `ORDER ID ARGUMENT\\nPAYLOAD`."""
    body = row.get("data") if row.get("data") is not None else row.get("body")
    head, _, payload = (body.encode() if isinstance(body, str) else bytes(body)).partition(b"\n")
    order, name, argument = head.decode().split(" ")
    return order, name.encode(), int(argument), payload


def answer_to(name, payload):
    return name + b" " + payload[::-1]


def carry_out(order, argument):
    if order == "sleep":
        threading.Event().wait(argument / 1000)
    elif order == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif order == "segfault":
        ctypes.string_at(0)
    elif order == "exit":
        os._exit(argument)
    elif order == "hang":
        threading.Event().wait()


def handle(data, context):
    if data is None:
        return None
    answers = []
    for order, name, argument, payload in map(parts_of, data):
        answer = answer_to(name, payload)
        carry_out(order, argument)
        if order == "pieces":
            for number in range(argument):
                piece = b"%d %s\n" % (number, answer)
                send_intermediate_predict_response([piece], context.request_ids, "piece", 200, context)
        answers.append(answer)
    return answers
