"""The command `torch-workflow-archiver`."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from workflow_archiver.workflow_packaging import main


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    (tmp_path / "spec.yaml").write_text("dag:\n  pre: [post]\n", encoding="utf-8")
    (tmp_path / "functions.py").write_text("def pre(data, context):\n    return data\n", encoding="utf-8")
    (tmp_path / "words.txt").write_text("one two\n", encoding="utf-8")
    (tmp_path / "out").mkdir()
    return tmp_path


def arguments(inputs: Path, *more: str, name: str = "flow") -> list[str]:
    spec = ["--spec-file", str(inputs / "spec.yaml"), "--export-path", str(inputs / "out")]
    return ["--workflow-name", name, *spec, *more]


def test_files_lie_at_the_root_beside_the_manifest(inputs: Path) -> None:
    more = ["--handler", str(inputs / "functions.py"), "--extra-files", str(inputs / "words.txt")]
    assert main(arguments(inputs, *more)) == 0
    with zipfile.ZipFile(inputs / "out" / "flow.war") as archive:
        names = archive.namelist()
        manifest = json.loads(archive.read("WAR-INF/MANIFEST.json"))
    assert names == ["WAR-INF/MANIFEST.json", "functions.py", "spec.yaml", "words.txt"]
    assert manifest["workflow"] == {
        "workflowName": "flow",
        "specFile": "spec.yaml",
        "handler": "functions.py",
    }
    assert set(manifest) == {"createdOn", "workflow", "archiverVersion"}


def test_a_workflow_of_models_needs_no_handler(inputs: Path) -> None:
    assert main(arguments(inputs)) == 0
    with zipfile.ZipFile(inputs / "out" / "flow.war") as archive:
        assert "handler" not in json.loads(archive.read("WAR-INF/MANIFEST.json"))["workflow"]


def test_equal_input_gives_equal_bytes(inputs: Path) -> None:
    assert main(arguments(inputs)) == 0
    first = (inputs / "out" / "flow.war").read_bytes()
    assert main(arguments(inputs, "-f")) == 0
    assert (inputs / "out" / "flow.war").read_bytes() == first


def test_an_archive_is_replaced_only_by_force(inputs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments(inputs)) == 0
    assert main(arguments(inputs)) == 1
    assert "already exists" in capsys.readouterr().err
    assert main(arguments(inputs, "--force")) == 0


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--handler", "missing.py"], "--handler: 'missing.py' (expected: an existing file)"),
        (["--extra-files", "nothing.txt"], "--extra-files: 'nothing.txt' (expected: an existing file)"),
        (["--export-path", "nowhere/at/all"], "(expected: an existing directory)"),
        (["--workflow-name", "../up"], "--workflow-name: '../up' (expected: letters"),
    ],
)
def test_what_cant_be_packed_is_named(
    inputs: Path, capsys: pytest.CaptureFixture[str], more: list[str], message: str
) -> None:
    assert main(arguments(inputs, *more)) == 1
    assert message in capsys.readouterr().err
    assert list((inputs / "out").iterdir()) == []
