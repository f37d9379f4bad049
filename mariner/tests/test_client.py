"""Clients where the extra `client` is not installed."""

from __future__ import annotations

import subprocess
import sys

from support.places import ROOT

WITHOUT = """
import sys

sys.modules["httpx"] = None  # as if it were not installed
from mariner import *

try:
    Client("http://127.0.0.1:8080")
except ImportError as fault:
    print(fault)
"""


def test_a_client_without_its_libraries_is_told_what_to_install() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "mariner.Client needs httpx (expected: pip install 'mariner-serve[client]')\n"
