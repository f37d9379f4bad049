"""Doubles JSON numbers; `fragile` in the archive's configuration says what bad input does."""

import json
import os

_KEPT = []


class Drilled:
    """`fragile`: `crash` ends the process, `leak` keeps a megabyte for each request, nothing raises."""

    def initialize(self, context):
        self.fragile = (context.model_yaml_config or {}).get("fragile")

    def handle(self, data, context):
        return [self.answer(row) for row in data]

    def answer(self, row):
        body = row.get("data") if row.get("data") is not None else row.get("body")
        if self.fragile == "leak":
            _KEPT.append(bytearray(os.urandom(1000)) * 1000)
        try:
            value = body if isinstance(body, (int, float)) else json.loads(bytes(body))
        except (TypeError, ValueError):
            if self.fragile == "crash":
                os._exit(9)
            raise
        return str(2 * value)
