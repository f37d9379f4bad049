"""Environments of models: what they see, what installs into them, and how that is told apart."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ts._installer.environments import identity, make_environment, packages_of, server_packages
from ts._installer.programs import NoInstallerError, command, program


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("environment") / "venv"
    make_environment(folder)
    return folder


def run(environment: Path, code: str) -> str:
    interpreter = str(environment / "bin" / "python")
    return subprocess.run(
        [interpreter, "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()


def test_an_environment_sees_what_the_server_s_python_has(environment: Path) -> None:
    assert run(environment, "import pytest; print(pytest.__version__)") == pytest.__version__


def test_its_own_packages_come_first(environment: Path) -> None:
    own = packages_of(environment) / "pytest.py"
    own.write_text("__version__ = 'own'\n")
    try:
        assert run(environment, "import pytest; print(pytest.__version__)") == "own"
    finally:
        own.unlink()


def test_its_interpreter_is_the_server_s(environment: Path) -> None:
    assert run(environment, "import sys; print(sys.version)") == sys.version
    assert run(environment, "import sys; print(sys.prefix)") == str(environment)


def test_it_is_told_from_those_of_another_python(environment: Path) -> None:
    own = run(environment, "from ts._installer.environments import identity; print(identity())")
    assert own != identity()
    assert server_packages()[0] in identity()


def test_uv_installs_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert program("auto") == "pip"
    assert program("pip") == "pip"
    with pytest.raises(NoInstallerError, match="uv is not on the path"):
        program("uv")
    (tmp_path / "uv").write_text("#!/bin/sh\n")
    (tmp_path / "uv").chmod(0o755)
    assert program("auto") == "uv"
    assert program("uv") == "uv"
    assert program("pip") == "pip"


def test_without_pip_and_uv_the_reason_says_what_was_expected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(NoInstallerError, match=r"no pip in .* \(expected: uv on the path, or pip in"):
        program("auto")
    with pytest.raises(NoInstallerError, match=r"\(expected: pip in the workers' Python\)"):
        program("pip")


@pytest.mark.parametrize("name", ["uv", "pip"])
def test_both_look_into_the_wheels_of_the_archive(name: str) -> None:
    words = command(name, Path("/e/bin/python"), "requirements.txt", ["/archive", "/archive/wheels"])
    text = " ".join(words)
    assert "--find-links /archive --find-links /archive/wheels" in text
    assert text.endswith("-r requirements.txt")
    assert "/e/bin/python" in words


def test_a_module_of_the_archive_does_not_stand_in_for_one_that_pip_needs(tmp_path: Path) -> None:
    (tmp_path / "logging.py").write_text("raise RuntimeError('of the archive')\n")
    words = command("pip", Path(sys.executable), "requirements.txt", [])
    asked = [*words[:3], "--version"]
    done = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("pip "), done.stderr


def test_a_made_environment_names_its_packages(tmp_path: Path) -> None:
    made = tmp_path / "made"
    words = [sys.executable, "-m", "ts._installer", "make", "--directory", str(tmp_path), str(made)]
    subprocess.run(words, check=True, cwd=Path(__file__).parents[2], env={**os.environ})
    assert (made / "packages").resolve() == packages_of(made / "venv").resolve()
    assert (made / "venv" / "bin" / "python").exists()


def test_what_can_t_be_made_is_told_without_a_trace(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    words = [
        sys.executable,
        "-m",
        "ts._installer",
        "make",
        "--directory",
        str(tmp_path),
        str(tmp_path / "file"),
    ]
    done = subprocess.run(words, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "file" in done.stderr
