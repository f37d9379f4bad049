"""What the archiver's tests share: a folder with a small model, and the command as a real process."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

SOURCES = Path(__file__).resolve().parents[1]
Result = subprocess.CompletedProcess[str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working directory with a model's files, an export folder ``out`` and a private ``temp`` folder."""
    work = tmp_path / "work"
    for directory in ("out", "temp", "assets/words"):
        (work / directory).mkdir(parents=True)
    (work / "handler.py").write_text("def handle(data, context):\n    return data\n")
    (work / "net.py").write_text("class Net:\n    pass\n")
    (work / "weights.pt").write_bytes(bytes(range(256)) * 40)
    (work / "config.yaml").write_text("batchSize: 4\n")
    (work / "requirements.txt").write_text("numpy\n")
    (work / "assets/labels.json").write_text('{"0": "cat"}\n')
    (work / "assets/words/list.txt").write_text("one\ntwo\n")
    return work


@pytest.fixture
def command_env(folder: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if key != "SOURCE_DATE_EPOCH"}
    return {**kept, "PYTHONPATH": str(SOURCES), "TMPDIR": str(folder / "temp")}


@pytest.fixture
def archive(folder: Path, command_env: dict[str, str]) -> Callable[..., Result]:
    """Runs ``torch-model-archiver`` with the given flags in ``folder``; ``env`` is added."""

    def run(*flags: str, env: dict[str, str] | None = None) -> Result:
        return subprocess.run(
            [sys.executable, "-m", "model_archiver", *flags],
            cwd=folder,
            env={**command_env, **(env or {})},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture
def digits(archive: Callable[..., Result]) -> Callable[..., Result]:
    """Runs the command for a model ``digits`` into ``out``, with more flags."""

    def run(*flags: str, handler: str = "handler.py", env: dict[str, str] | None = None) -> Result:
        required = ("--model-name", "digits", "--version", "1.0", "--handler", handler)
        return archive(*required, "--export-path", "out", *flags, env=env)

    return run


@pytest.fixture
def unpacked() -> Callable[[Path], dict[str, bytes]]:
    """Reads any output with the standard tools: content by name below the model's top."""

    def read(output: Path) -> dict[str, bytes]:
        if output.is_dir():
            files = (path for path in output.rglob("*") if path.is_file())
            return {path.relative_to(output).as_posix(): path.read_bytes() for path in files}
        if output.suffix == ".mar":
            with zipfile.ZipFile(output) as packed:
                assert packed.testzip() is None
                return {name: packed.read(name) for name in packed.namelist()}
        found = {}
        with tarfile.open(output, "r:gz") as tar:
            for member in tar:
                top, _, name = member.name.partition("/")
                content = tar.extractfile(member)
                assert top == output.name.removesuffix(".tar.gz")
                assert content is not None
                found[name] = content.read()
        return found

    return read


@pytest.fixture
def tree() -> Callable[[Path], dict[str, bytes]]:
    """All paths below a folder with their content, to see that nothing was left or changed."""

    def read(root: Path) -> dict[str, bytes]:
        return {
            path.relative_to(root).as_posix(): b"" if path.is_dir() else path.read_bytes()
            for path in sorted(root.rglob("*"))
        }

    return read
