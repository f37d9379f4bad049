"""Each example of the Python API answers what its README says."""

from __future__ import annotations

import importlib.util
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.scripts import RunningScript

HERE = Path(__file__).parent
NAMES = ["sentiment", "pipeline", "retrieval"]
COMMAND = "import sys\n\nfrom ts._cli.main import main\n\nsys.exit(main())\n"


def application(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    spec = importlib.util.spec_from_file_location(f"example_{folder.name}", folder / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module.app


def commands(name: str) -> tuple[list[str], str]:
    """Returns the commands of a README, and what it says of the answer."""
    text = (HERE / name / "README.md").read_text(encoding="utf-8")
    answer = re.search(r"^answers `(.*?)`[.;]", text, re.MULTILINE)
    assert answer is not None
    return re.findall(r"^```sh\n(.*?)\n```$", text, re.MULTILINE | re.DOTALL), answer[1]


@pytest.mark.parametrize("name", NAMES)
def test_the_readme_is_true(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (_, command), answer = commands(name)
    _, _, body, _, header, url = shlex.split(command)
    kind, value = header.split(": ")
    with application(HERE / name, monkeypatch).local() as local:
        found = local.post("/" + url.rpartition("/")[2], content=body, headers={kind: value})
    assert (found.status, found.text) == (200, answer)


@pytest.mark.nightly
@pytest.mark.parametrize("name", NAMES)
def test_the_commands_of_the_readme_do_what_it_says(name: str, tmp_path: Path) -> None:
    (serve, ask), answer = commands(name)
    mariner, serving, script = shlex.split(serve)
    program = tmp_path / f"{mariner}_command.py"
    program.write_text(COMMAND, encoding="utf-8")
    words = [serving, str(HERE / name / script)]
    with RunningScript(program, tmp_path, words, health="/ping", place=["--port", "{port}"]) as running:
        asked = ask.replace("127.0.0.1:8080", f"127.0.0.1:{running.port}")
        told = subprocess.run(shlex.split(asked), capture_output=True, check=True, timeout=60)
    assert told.stdout.decode() == answer
