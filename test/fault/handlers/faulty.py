"""Fails as the body orders, a JSON object with the key `do`; every fault that a process can have."""

import ctypes
import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time


def _order(row):
    body = row.get("data") if row.get("data") is not None else row.get("body")
    return body if isinstance(body, dict) else json.loads(body if isinstance(body, str) else bytes(body))


class Faulty:
    """Each order is carried out when its row is reached; whatever outlives it answers with the batch size."""

    def initialize(self, context):
        self.context = context

    def handle(self, data, context):
        orders = [_order(row) for row in data]
        for order in orders:
            if "began" in order:
                pathlib.Path(order["began"]).write_text(str(os.getpid()))
            if "note" in order:
                with pathlib.Path(order["note"]).open("a", encoding="utf-8") as notes:
                    notes.write(order.get("name", "?") + "\n")
            if "says" in order:
                print(order["says"], file=sys.stderr)
        return [getattr(self, "do_" + order["do"])(order, len(orders)) for order in orders]

    def do_answer(self, order, size):
        return order.get("text", str(size))

    def do_pid(self, order, size):
        return str(os.getpid())

    def do_kill(self, order, size):
        os.kill(os.getpid(), signal.SIGKILL)

    def do_kill_once(self, order, size):
        mark = pathlib.Path(order["mark"])
        if not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return "alive"

    def do_segfault(self, order, size):
        ctypes.string_at(0)

    def do_abort(self, order, size):
        os.abort()

    def do_exit(self, order, size):
        os._exit(order["code"])

    def do_system_exit(self, order, size):
        raise SystemExit(order["code"])

    def do_device_fault(self, order, size):
        raise RuntimeError(f"CUDA error: {order['error']}\nCompile with TORCH_USE_CUDA_DSA")

    def do_wait(self, order, size):
        deadline = time.monotonic() + 60
        while not pathlib.Path(order["until"]).exists() and time.monotonic() < deadline:
            threading.Event().wait(0.01)
        return "waited"

    def do_kill_when(self, order, size):
        self.do_wait(order, size)
        self.do_kill(order, size)

    def do_hang_here(self, order, size):
        threading.Event().wait()

    def do_leave_children(self, order, size):
        """Ends without waiting for its children: one holds the worker's output open, the other does not."""
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        children = [subprocess.Popen(["sleep", "300"], **more) for more in ({}, quiet)]
        pathlib.Path(order["pids"]).write_text(" ".join(str(child.pid) for child in children))
        if order.get("by_signal"):
            os.kill(os.getpid(), signal.SIGKILL)
        os._exit(1)

    def do_garble(self, order, size):
        """Writes on the worker's own connection what is no frame."""
        for link in pathlib.Path("/proc/self/fd").iterdir():
            try:
                if str(link.readlink()).startswith("socket:"):
                    os.write(int(link.name), b"this is no frame" * 100)
            except OSError:
                continue
        threading.Event().wait(5)

    def do_large(self, order, size):
        return b"x" * order["bytes"]

    def do_native(self, order, size):
        """Sleeps in C; PyDLL keeps the interpreter's lock, so that no other thread can do a thing."""
        ctypes.PyDLL(None).sleep(600)
