"""Handlers that take requests as they came, as the stages of applications do."""

from __future__ import annotations

from pathlib import Path

from ts._wire.messages import Part
from ts.tests.frontend import Frontend, write_model

TAKING = """
    class Handler:
        def take_items(self, items):
            return list(items)

        def initialize(self, context):
            pass

        def handle(self, items, context):
            bodies = [item.parts[0] for item in items]
            return [f"{part.name} {part.content_type} {bytes(part.body)}" for part in bodies]
"""


def test_a_handler_may_take_requests_as_they_came(frontend: Frontend, tmp_path: Path) -> None:
    frontend.serving(write_model(tmp_path / "m", TAKING))
    assert frontend.one(Part("body", "application/json", b"[1]")).text == "body application/json b'[1]'"
