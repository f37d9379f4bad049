"""An asynchronous handler that waits as the body orders, and leaves marks of how far it came.

`mark` is a path: `.began` lists the processes that began the request, one a line, `.cancelled` is there once
the handler was told to let go. It waits until the file `until` is there, then answers with `name` and the
request's id. With `pieces` it streams so many, each numbered; with 0 pieces as many as there is time for
until the file is there. `kill` ends the process instead of answering;
`raises` fails at once, and `blocks` never gives the event loop back.
"""

import asyncio
import json
import os
import pathlib
import signal
import threading


async def handle(data, context):
    if data is None:
        return None
    order = json.loads(bytes(data[0]["body"]))
    mark = pathlib.Path(order["mark"])
    with mark.with_suffix(".began").open("a") as began:
        began.write(f"{os.getpid()}\n")
    if "pieces" in order:
        return _pieces(order, mark)
    if order.get("raises"):
        raise ValueError("as ordered")
    if order.get("blocks"):
        threading.Event().wait()
    try:
        await _until_opened(order)
    except asyncio.CancelledError:
        mark.with_suffix(".cancelled").touch()
        raise
    if order.get("kill"):
        os.kill(os.getpid(), signal.SIGKILL)
    return [f"{order['name']} {context.get_request_id(0)}"]


async def _until_opened(order):
    while "until" in order and not pathlib.Path(order["until"]).exists():
        await asyncio.sleep(0.005)


async def _pieces(order, mark):
    number = 0
    try:
        while number < order["pieces"] if order["pieces"] else not pathlib.Path(order["until"]).exists():
            yield f"{order['name']}{number} "
            number += 1
            await asyncio.sleep(0.01)
        yield "end"
    except (asyncio.CancelledError, GeneratorExit):
        mark.with_suffix(".cancelled").touch()
        raise
