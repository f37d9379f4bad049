"""Fails as the body orders, in the step that it names: `prepare` or `run`; for models with prepareAhead."""

import ctypes
import json
import os
import pathlib
import threading
import time


class Preparing:
    """Each order is carried out in its step; the answer is what the order calls `text`."""

    def initialize(self, context):
        self.context = context

    def preprocess(self, data):
        orders = [json.loads(bytes(row.get("data") or row.get("body"))) for row in data]
        self._carry_out("prepare", orders)
        return orders

    def inference(self, orders):
        self._carry_out("run", orders)
        return [order["text"] for order in orders]

    def handle(self, data, context):
        return self.inference(self.preprocess(data))

    def _carry_out(self, step, orders):
        for order in orders:
            if "note" in order:
                with pathlib.Path(order["note"]).open("a", encoding="utf-8") as notes:
                    notes.write(f"{step}-{order['text']}\n")
            if step in order:
                getattr(self, "do_" + order[step])(order)

    def do_exit(self, order):
        os._exit(7)

    def do_segfault(self, order):
        ctypes.string_at(0)

    def do_hang(self, order):
        threading.Event().wait()

    def do_wait(self, order):
        deadline = time.monotonic() + 60
        while not pathlib.Path(order["until"]).exists() and time.monotonic() < deadline:
            threading.Event().wait(0.01)
