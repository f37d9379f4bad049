"""Each example of the Python API answers what its README says."""

from __future__ import annotations

import importlib.util
import re
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent


def application(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    spec = importlib.util.spec_from_file_location(f"example_{folder.name}", folder / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module.app


@pytest.mark.parametrize("name", ["sentiment", "pipeline", "retrieval"])
def test_the_readme_is_true(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (HERE / name / "README.md").read_text(encoding="utf-8")
    command = re.search(r"^curl (.*)$", text, re.MULTILINE)
    answer = re.search(r"^answers `(.*?)`[.;]", text, re.MULTILINE)
    assert command is not None
    assert answer is not None
    _, body, _, header, url = shlex.split(command[1])
    kind, value = header.split(": ")
    with application(HERE / name, monkeypatch).local() as local:
        found = local.post("/" + url.rpartition("/")[2], content=body, headers={kind: value})
    assert (found.status, found.text) == (200, answer[1])
