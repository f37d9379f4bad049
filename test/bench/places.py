"""Where things are, in the checkout and below its build folder."""

from __future__ import annotations

import shutil
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
HANDLERS = HERE / "handlers"
BUILD = ROOT / "build" / "bench"
RESULTS = BUILD / "results"
PEERS = BUILD / "peers"
TOOLS = BUILD / "tools"
PAGE = ROOT / "docs" / "performance.md"
PLOTS = ROOT / "docs" / "images" / "performance"


def fresh_folder(name: str) -> Path:
    """Returns an empty folder for a run of a server."""
    folder = BUILD / "run" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
