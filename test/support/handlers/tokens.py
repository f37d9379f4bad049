"""Makes tokens turn by turn, as a language model does.

Each has the request's name, its number, and how many requests were in the turn: `a0/2`. A body orders
`tokens` of them, or with `until` as many as there are turns before that file is there. The file `gone` is
made when a request has left. `kill` ends the process, `hang` waits for ever, and `raise_at` fails the
request, instead of the token of that number.
"""

import asyncio
import json
import os
import pathlib
import signal

TURN_SECONDS = 0.01


class Tokens:
    """State by request id is kept in the context, as TorchServe's documentation has it."""

    def initialize(self, context):
        context.cache = {}

    async def handle(self, data, context):
        ids = list(context.request_ids.values())
        for left in set(context.cache) - set(ids):
            order = context.cache.pop(left)
            if "gone" in order:
                pathlib.Path(order["gone"]).touch()
        for request_id, row in zip(ids, data, strict=True):
            if request_id not in context.cache:
                context.cache[request_id] = {**json.loads(bytes(row["body"])), "made": 0}
        await asyncio.sleep(TURN_SECONDS)
        if any(
            context.cache[request_id].get("hang") == context.cache[request_id]["made"] for request_id in ids
        ):
            await asyncio.Event().wait()
        tokens = [self._token(context.cache[request_id], len(ids)) for request_id in ids]
        context.stopping_criteria = [self._criterion(context.cache[request_id]) for request_id in ids]
        return tokens

    def _token(self, order, together):
        if order.get("raise_at") == order["made"]:
            return ValueError("no token")
        if order.get("kill") == order["made"]:
            os.kill(os.getpid(), signal.SIGKILL)
        order["made"] += 1
        return f"{order['name']}{order['made'] - 1}/{together} "

    def _criterion(self, order):
        if "until" in order:
            return lambda token: pathlib.Path(order["until"]).exists()
        return lambda token: order["made"] >= order["tokens"]
