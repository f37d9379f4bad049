"""Does what the body orders, a JSON object with the key `do`: every way in which a handler can behave."""

import json
import os
import pathlib
import signal
import sys
import threading
import time

from ts.utils.util import PredictionException


def _order(row):
    body = row.get("data") if row.get("data") is not None else row.get("body")
    return body if isinstance(body, dict) else json.loads(bytes(body) if not isinstance(body, str) else body)


def _await_file(path, seconds=60):
    deadline = time.monotonic() + seconds
    while not pathlib.Path(path).exists() and time.monotonic() < deadline:
        threading.Event().wait(0.01)


class Unprintable:
    """Has no JSON form."""


class Actor:
    """Obeys the order of each request; an order about the whole answer counts from the first request."""

    def initialize(self, context):
        self.context = context

    def handle(self, data, context):
        orders = [_order(row) for row in data]
        whole = getattr(self, "whole_" + orders[0]["do"], None)
        if whole is not None:
            return whole(orders, context)
        return [getattr(self, "do_" + order["do"])(order, i, context) for i, order in enumerate(orders)]

    def whole_not_a_list(self, orders, context):
        return {"answer": 1}

    def whole_too_many(self, orders, context):
        return ["a"] * (len(orders) + 1)

    def whole_none(self, orders, context):
        return None

    def do_raise(self, order, index, context):
        raise ValueError(order.get("text", "the handler's secret"))

    def do_predict_error(self, order, index, context):
        raise PredictionException(order["text"], order["code"])

    def do_memory(self, order, index, context):
        raise MemoryError("no memory for this")

    def do_unserialisable(self, order, index, context):
        return Unprintable()

    def do_large(self, order, index, context):
        return b"x" * order["bytes"]

    def do_exit(self, order, index, context):
        sys.stdout.flush()
        os._exit(order["code"])

    def do_system_exit(self, order, index, context):
        sys.exit(order["code"])

    def do_kill(self, order, index, context):
        os.kill(os.getpid(), signal.SIGKILL)

    def do_wait(self, order, index, context):
        """Tells that it has begun by one file, and waits for another."""
        pathlib.Path(order["began"]).write_text(str(os.getpid()))
        _await_file(order["until"])
        return "waited"

    def do_print(self, order, index, context):
        for number in range(order["lines"]):
            stream = sys.stderr if order.get("stream") == "stderr" else sys.stdout
            print(f"{order['mark']} line {number} of {order['lines']}", file=stream)
        return "printed"

    def do_answer(self, order, index, context):
        if "status" in order:
            context.set_response_status(code=order["status"], phrase=order.get("phrase", ""), idx=index)
        if "content_type" in order:
            context.set_response_content_type(index, order["content_type"])
        for name, value in order.get("headers", {}).items():
            context.set_response_header(index, name, value)
        return order["value"]

    def do_bytes(self, order, index, context):
        return bytes(order["value"])

    def do_pid(self, order, index, context):
        return str(os.getpid())

    def do_torch(self, order, index, context):
        return "torch" in sys.modules

    def do_environment(self, order, index, context):
        return os.environ.get(order["name"])
