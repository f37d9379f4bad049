"""Where things are in the checkout, and with which programs the tests run."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROTO = ROOT / "proto"
HANDLERS = Path(__file__).parent / "handlers"
JARS = ROOT / "ts" / "frontend"
# A suite of test/extras runs on an environment of its own, which is nothing for servers.
PYTHON = os.environ.get("MARINER_PYTHON") or sys.executable


def java() -> str:
    """Returns the Java launcher: of JAVA_HOME, else the first on PATH."""
    home = os.environ.get("JAVA_HOME")
    found = str(Path(home, "bin", "java")) if home else shutil.which("java")
    assert found is not None, "no java on PATH and JAVA_HOME is not set"
    return found
