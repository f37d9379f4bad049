"""How many servers a test run has started, for the summary at its end."""

from __future__ import annotations

import os
from pathlib import Path

LIST = "MARINER_SERVER_STARTS"
"""Variable that names the file with one line for each start; without it nothing is counted."""


def note() -> None:
    """Adds a line with the test that starts a server; lines of several processes do not mix."""
    file = os.environ.get(LIST)
    if file is None:
        return
    test = os.environ.get("PYTEST_CURRENT_TEST", "outside a test").partition(" ")[0]
    with Path(file).open("a", encoding="utf-8") as starts:
        starts.write(f"{test}\n")
