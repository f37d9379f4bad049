"""What the commands show of models that failed."""

from __future__ import annotations

import io

from ts._cli.progress import PlainProgress, TerminalProgress
from ts._cli.state import ModelState, ServerState

REASON = "handler.py:3: ValueError: no weights\nTraceback (most recent call last):\n  File ..."


def failed() -> ServerState:
    return ServerState("ready", models=(ModelState("m", "1.0", "m.mar", "failed", 0, 1, REASON),))


def test_a_failed_model_is_one_line_of_plain_progress() -> None:
    stream = io.StringIO()
    progress = PlainProgress("server", stream)
    progress.show(failed())
    progress.show(failed())
    assert stream.getvalue() == (
        "server: ready\nmodel m 1.0: failed (handler.py:3: ValueError: no weights)\n"
    )


def test_a_failed_model_is_one_line_of_the_block_that_is_redrawn() -> None:
    stream = io.StringIO()
    progress = TerminalProgress("server", stream, colour=False, now=lambda: 0.0)
    progress.show(failed())
    assert "handler.py:3: ValueError: no weights\n" in stream.getvalue()
    assert "Traceback" not in stream.getvalue()
    assert stream.getvalue().count("\n") == 2
