"""The Dockerfiles under hadolint."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from support.places import ROOT

FILES = sorted((ROOT / "docker").glob("Dockerfile*"))


def test_there_are_dockerfiles() -> None:
    assert [file.name for file in FILES] == ["Dockerfile", "Dockerfile.gpu"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_hadolint_finds_nothing(file: Path) -> None:
    hadolint = Path(sys.executable).parent / "hadolint"
    done = subprocess.run([hadolint, file], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
