"""The browser is the machine's own; none is downloaded."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

VARIABLE = "MARINER_CHROMIUM"
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


def executable() -> str:
    """Returns the path of a Chromium: the one that MARINER_CHROMIUM names, else one by its usual names.

    Raises:
        FileNotFoundError: there is none; the message says how to get one.
    """
    named = os.environ.get(VARIABLE)
    if named is not None:
        if not Path(named).is_file():
            raise FileNotFoundError(f"{VARIABLE}: {named} (expected: the path of a Chromium)")
        return named
    for name in NAMES:
        found = shutil.which(name)
        if found is not None:
            return found
    raise FileNotFoundError(
        f"no browser: none of {', '.join(NAMES)} (expected: one of them; `apt-get install "
        f"chromium-headless-shell`, or {VARIABLE}=PATH)"
    )


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A browser without a window."""
    path = executable()
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()
