"""Models without an archive in the flags of commands."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from ts._cli.errors import CommandError
from ts._cli.main import main
from ts._cli.plain_models import located


def test_without_a_store_the_folder_of_the_models_is_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a.onnx", "b.onnx"):
        (tmp_path / name).touch()
    assert located(["one=a.onnx", "b.onnx"], None) == (str(tmp_path), ["one=a.onnx", "b.onnx"])
    assert located([f"one={tmp_path}/a.onnx"], None) == (str(tmp_path), ["one=a.onnx"])
    assert located(["one=a.onnx"], "store") == ("store", ["one=a.onnx"])
    assert located(["none.onnx"], None) == (None, ["none.onnx"])
    assert located([], None) == (None, [])


def test_models_of_several_folders_need_a_store(tmp_path: Path) -> None:
    for name in ("x", "y"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "m.onnx").touch()
    with pytest.raises(CommandError, match=r"in several folders: .*/x, .*/y"):
        located([f"{tmp_path}/x/m.onnx", f"{tmp_path}/y/m.onnx"], None)


def packed(path: Path) -> tuple[dict[str, str], list[str]]:
    with zipfile.ZipFile(path) as archive:
        manifest = json.loads(archive.read("MAR-INF/MANIFEST.json"))
        return manifest["model"], sorted(archive.namelist())


def test_a_file_is_packed_with_the_handler_of_its_kind(tmp_path: Path) -> None:
    (tmp_path / "my.iris.onnx").write_bytes(b"x")
    (tmp_path / "my.iris.onnx.data").write_bytes(b"y")
    assert main(["archive", "--model", str(tmp_path / "my.iris.onnx"), "--export-path", str(tmp_path)]) == 0
    model, names = packed(tmp_path / "my_iris.mar")
    assert model == {
        "modelName": "my_iris",
        "serializedFile": "my.iris.onnx",
        "handler": "onnx",
        "modelVersion": "1.0",
    }
    assert names == ["MAR-INF/MANIFEST.json", "my.iris.onnx", "my.iris.onnx.data"]


def test_a_folder_is_packed_whole_and_other_flags_win(tmp_path: Path) -> None:
    folder = tmp_path / "flow"
    (folder / "data").mkdir(parents=True)
    for name in ("MLmodel", "data/m.skops", "requirements.txt", "model-config.yaml"):
        (folder / name).write_text("")
    flags = ["--model-name", "other", "--version", "2", "--export-path", str(tmp_path)]
    assert main(["archive", f"--model={folder}", *flags]) == 0
    model, names = packed(tmp_path / "other.mar")
    assert (model["handler"], model["modelVersion"]) == ("mlflow", "2")
    assert (model["requirementsFile"], model["configFile"]) == ("requirements.txt", "model-config.yaml")
    assert "data/m.skops" in names


def test_what_is_no_model_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "m.xyz").touch()
    assert main(["archive", "--model", str(tmp_path / "m.xyz")]) == 1
    assert "mariner archive: --model: m.xyz: no model of a known kind" in capsys.readouterr().err
    assert main(["archive", "--model"]) == 2
