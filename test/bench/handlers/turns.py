"""An answer token by token: each turn takes twenty milliseconds, whoever is in it."""

import time
from typing import Any


class Turns:
    """A body says how many tokens it wants; any other gets one."""

    def initialize(self, context: Any) -> None:
        """Nobody is under way."""
        context.cache = {}

    def handle(self, data: Any, context: Any) -> list[str]:
        """Makes a token of everybody's."""
        ids = list(context.request_ids.values())
        for gone in set(context.cache) - set(ids):
            del context.cache[gone]
        for request_id, row in zip(ids, data, strict=True):
            wish = bytes(row.get("body") or b"")
            context.cache.setdefault(request_id, int(wish) if wish.isdigit() else 1)
        time.sleep(0.02)
        for request_id in ids:
            context.cache[request_id] -= 1
        context.stopping_criteria = [lambda token: token == "0\n"] * len(ids)
        return [f"{context.cache[request_id]}\n" for request_id in ids]
