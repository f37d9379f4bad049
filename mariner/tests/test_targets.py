"""What `mariner serve PATH` takes a path for."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

import mariner
from mariner.errors import DefinitionError
from mariner.source import load_script
from mariner.targets import Wish, target_of
from ts._worker.traces import place_of, trace_of

MOSEC = """
from ts.compat.mosec import Server, Worker

class Echo(Worker):
    def forward(self, data):
        return data

if __name__ == "__main__":
    server = Server()
    server.append_worker(Echo)
    server.run()
"""
OWN = """
from ts.compat.mlserver import MLModel

class Own(MLModel):
    async def predict(self, payload):
        return payload
"""


def wish(tmp_path: Path, path: Path, name: str | None = None, workers: int | None = None) -> Wish:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    return Wish(path, name, workers, scratch)


def mlserver_folder(tmp_path: Path, text: str = "") -> Path:
    folder = tmp_path / "models" / "own"
    folder.mkdir(parents=True)
    (folder / "own.py").write_text(OWN)
    head = {"name": "own", "implementation": "own.Own"}
    (folder / "model-settings.json").write_text(text or json.dumps(head))
    return folder.parent


def test_a_folder_of_mlserver_is_served(tmp_path: Path) -> None:
    target = target_of(wish(tmp_path, mlserver_folder(tmp_path)))
    assert (target.title, target.routes) == ("models", ["POST /v2/models/own/infer"])
    assert list(target.flags)[-2] == "--models"


def test_a_broken_file_of_mlserver_is_named(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match=r"own/model-settings\.json"):
        target_of(wish(tmp_path, mlserver_folder(tmp_path, "{")))


def test_models_of_mlserver_say_themselves_how_many_workers(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match=r"--workers 2 .expected: a folder of MLServer alone"):
        target_of(wish(tmp_path, mlserver_folder(tmp_path), workers=2))


def test_a_script_of_a_peer_is_told_how_it_is_served(tmp_path: Path) -> None:
    script = tmp_path / "echo_of_mosec.py"
    script.write_text(MOSEC)
    with pytest.raises(DefinitionError, match=rf"a script of Mosec.*expected: python {script}"):
        target_of(wish(tmp_path, script))


def test_one_of_several_handlers_is_named_behind_the_script(tmp_path: Path) -> None:
    script = tmp_path / "two.py"
    handler = "class {}:\n    def handle(self, data, context):\n        return data\n"
    script.write_text(handler.format("First") + handler.format("Second"))
    target = target_of(wish(tmp_path, script, "Second"))
    assert (target.title, target.routes) == ("two", ["POST /predictions/two"])
    with zipfile.ZipFile(tmp_path / "scratch" / "two.mar") as packed:
        assert json.loads(packed.read("MAR-INF/MANIFEST.json"))["model"]["handler"] == "two.py:Second"


def test_what_is_nothing_known_is_refused_with_what_would_be(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(DefinitionError, match=r"notes\.txt can't be served .expected: a script .*MLServer's"):
        target_of(wish(tmp_path, tmp_path / "notes.txt"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("import not_there\n", "script.py:1: ModuleNotFoundError: No module named 'not_there'\n"),
        ("\ndef f(:\n", "script.py:2: SyntaxError: "),
        ("x = 1 / 0\n", "script.py:1: ZeroDivisionError: division by zero\n"),
        ("import sys\nsys.exit(3)\n", "script.py: it ended with 3 while it was imported (expected: a script"),
        (
            "import mariner\n\ndef a(x: str) -> list[str]: ...\ndef b(x: int): ...\n"
            "app = mariner.App(mariner.model(a) >> b)\n",
            "a >> b: a answers list[str], x of b is int",
        ),
    ],
)
def test_a_script_that_can_not_be_imported_is_told_with_the_place(
    tmp_path: Path, text: str, told: str
) -> None:
    script = tmp_path / "script.py"
    script.write_text(text, encoding="utf-8")
    with pytest.raises(DefinitionError) as fault:
        target_of(wish(tmp_path, script))
    assert str(fault.value).startswith(told)
    assert "source.py" not in str(fault.value)


def test_the_place_of_a_fault_is_in_the_script_that_a_stage_is_made_of(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("\n\ndef f(text: str) -> str:\n    return int(text).bit_count().x\n", encoding="utf-8")
    function = load_script(script).f
    with mariner.App(function).local() as local, pytest.raises(AttributeError) as fault:
        local.post("/predict", content="3")
    assert place_of(fault.value, str(tmp_path / "stage")) == f"{script}:4: "
    assert "File" in trace_of(fault.value)
    assert "stage.py" not in trace_of(fault.value)
