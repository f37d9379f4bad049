"""What `mariner serve` refuses and warns of before there is a server."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from mariner.errors import DefinitionError
from mariner.targets import Wish, target_of
from ts._cli.main import main
from ts._cli.serve import sizes


def wish(path: Path, name: str | None = None, workers: int | None = None) -> Wish:
    scratch = path.parent / "scratch"
    scratch.mkdir(exist_ok=True)
    return Wish(path, name, workers, scratch)


def script(folder: Path, text: str, name: str = "served_script.py") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.py"], "nowhere.py: no such file or folder (expected: PATH or PATH:NAME)"),
        ([".", "--port", "70000"], "--port: 70000 (expected: 0 to 65535)"),
        ([".", "--workers", "0"], "--workers: 0 (expected: >= 1)"),
    ],
)
def test_wrong_flags_are_named(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["serve", *arguments]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(("host", "warns"), [("0.0.0.0", True), ("models.example", True), ("::1", False)])
def test_an_open_address_is_warned_of(
    host: str,
    warns: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["serve", ".", "--host", host]) == 1
    assert ("is reachable from other machines" in capsys.readouterr().err) is warns


def test_a_script_with_a_model_becomes_an_application(tmp_path: Path) -> None:
    file = script(
        tmp_path, "import mariner\n\n\n@mariner.model\ndef shout(text: str) -> str:\n    return text\n"
    )
    target = target_of(wish(file, workers=3))
    assert target.routes == ["POST /predict", "GET /docs"]
    folder = Path(target.flags[1])
    options = json.loads((folder / "stages" / "shout" / "model-config.yaml").read_text())
    assert options["minWorkers"] == options["maxWorkers"] == 3


def test_a_script_with_a_handler_is_packed(tmp_path: Path) -> None:
    text = "def handle(data, context):\n    return data\n"
    target = target_of(wish(script(tmp_path, text, "served_handler.py"), workers=2))
    assert target.flags[-1] == "served_handler=served_handler.mar"
    assert target.config == {"default_workers_per_model": "2"}


def test_what_a_script_lacks_is_told(tmp_path: Path) -> None:
    file = script(tmp_path, "x = 1\n", "served_nothing.py")
    with pytest.raises(DefinitionError, match="no applications or models: none"):
        target_of(wish(file))
    with pytest.raises(DefinitionError, match="no 'App' \\(expected: one of x\\)"):
        target_of(wish(file, "App"))


def test_an_archive_without_an_application_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "flow.war", "w") as packed:
        packed.writestr("MAR-INF/MANIFEST.json", "{}")
    with pytest.raises(DefinitionError, match=r"no app.json in it \(expected: an application"):
        target_of(wish(tmp_path / "flow.war"))
    (tmp_path / "bad.mar").write_bytes(b"no archive")
    with pytest.raises(DefinitionError, match="expected: a model archive"):
        target_of(wish(tmp_path / "bad.mar"))


def test_a_model_without_handler_is_served_from_its_folder(tmp_path: Path) -> None:
    (tmp_path / "my.iris.onnx").touch()
    target = target_of(wish(tmp_path / "my.iris.onnx", workers=2))
    assert target.flags == ["--model-store", str(tmp_path), "--models", "my_iris=my.iris.onnx"]
    assert (target.config, target.routes) == (
        {"default_workers_per_model": "2"},
        ["POST /predictions/my_iris"],
    )
    (tmp_path / "flow").mkdir()
    (tmp_path / "flow" / "MLmodel").touch()
    assert target_of(wish(tmp_path / "flow")).flags[-1] == "flow=flow"
    with pytest.raises(DefinitionError, match="a model that needs no handler"):
        target_of(wish(tmp_path / "m.xyz"))


def test_bounds_of_bodies_can_be_told() -> None:
    assert sizes({"TS_MAX_REQUEST_SIZE": "7m"}) == {
        "max_request_size": "7m",
        "max_response_size": "2000000000",
    }
