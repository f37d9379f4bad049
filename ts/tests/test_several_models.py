"""Several models in one worker: each finds its own modules, files and folder."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

import pytest

from ts._wire.messages import ErrorCode, Frame, FrameType
from ts.tests.frontend import Frontend, item, write_model

SHARING = """
    import os
    import helper
    import parts.inner
    from model import Net

    class Handler:
        def initialize(self, context):
            self.loaded = open("data.txt").read()

        def handle(self, data, context):
            import late
            return [[helper.NAME, parts.inner.NAME, Net().name(), late.NAME, self.loaded,
                     open("data.txt").read(), os.path.basename(os.getcwd())]] * len(data)
"""


@pytest.fixture(autouse=True)
def as_in_a_new_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests of examples leave modules of the same names in this process, and their folders on its path."""
    for name in ("handler", "helper", "late", "model", "parts", "parts.inner"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if "examples" not in Path(entry).parts])


def write_sharing(folder: Path, name: str) -> Path:
    """A model whose modules and files are named as those of the others."""
    write_model(
        folder,
        SHARING,
        helper_py=f"NAME = {name!r}\n",
        late_py=f"NAME = {name!r}\n",
        model_py=f"class Net:\n    def name(self):\n        return {name!r}\n",
        data_txt=name,
    )
    (folder / "parts").mkdir()
    (folder / "parts" / "inner.py").write_text(f"NAME = {name!r}\n")
    return folder


def unload(frontend: Frontend, model: int) -> None:
    frontend.send(Frame(FrameType.UNLOAD, model=model))
    assert frontend.receive() == Frame(FrameType.UNLOADED, model=model)


def large_ones() -> int:
    """Returns how many objects there are of the class that handlers of these tests define."""
    return sum(type(found).__name__ == "Large" for found in gc.get_objects())


def test_a_dozen_models_find_their_own_modules_files_and_folder(frontend: Frontend, tmp_path: Path) -> None:
    names = {n: f"m{n}" for n in range(1, 13)}
    for n, name in names.items():
        frontend.serving(write_sharing(tmp_path / name, name), model=n)
    path = len(sys.path)
    for n in [*names, *reversed(names), 7, 7, 8]:
        assert frontend.run(item(1, b""), model=n)[0].json == [names[n]] * 7
    assert len(sys.path) == path
    for n in names:
        unload(frontend, n)
        if n in (1, len(names)):  # looking through all that tests have imported takes seconds
            left = [text for text in map(str, sys.modules.values()) if str(tmp_path) in text]
            ended = [str(tmp_path / names[model] / "") for model in range(1, n + 1)]
            assert not [text for text in left if any(folder in text for folder in ended)]
            assert left or n == len(names)
    assert not any(str(tmp_path) in entry for entry in sys.path)
    assert frontend.run(item(1, b""), model=7)[0].code == ErrorCode.MODEL_NOT_LOADED


def test_unloading_frees_the_handler_and_its_modules(frontend: Frontend, tmp_path: Path) -> None:
    handler = """
        class Large:
            pass
        LARGE = Large()
        class Handler:
            def handle(self, data, context):
                return [type(LARGE).__module__] * len(data)
    """
    for n in (1, 2):
        frontend.serving(write_model(tmp_path / f"m{n}", handler), model=n)
        assert frontend.run(item(1, b""), model=n)[0].text == "handler"
    gc.unfreeze()  # frozen objects are not listed
    assert large_ones() == 2
    unload(frontend, 1)
    assert large_ones() == 1
    assert frontend.run(item(1, b""), model=2)[0].text == "handler"


def test_what_a_model_changes_of_its_surroundings_is_its_own(frontend: Frontend, tmp_path: Path) -> None:
    handler = """
        import os, sys
        def handle(data, context):
            if data is None:
                os.makedirs("inside", exist_ok=True)
                os.chdir("inside")
                sys.path.append(os.getcwd())
                return
            return [[os.getcwd(), sys.path[-1], os.environ["PYTHONPATH"].split(os.pathsep)[-1]]]
    """
    folders = {n: write_model(tmp_path / f"m{n}", handler) for n in (1, 2)}
    for n, folder in folders.items():
        frontend.serving(folder, model=n)
    for n in (1, 2, 1):
        inside = str(folders[n] / "inside")
        assert frontend.run(item(1, b""), model=n)[0].json == [inside, inside, str(folders[n])]


def test_a_load_that_fails_leaves_nothing_behind(frontend: Frontend, tmp_path: Path) -> None:
    frontend.serving(write_sharing(tmp_path / "good", "good"), model=1)
    bad = write_sharing(tmp_path / "bad", "bad")
    (bad / "data.txt").unlink()
    assert frontend.load(bad, model=2)["status"] == "failed"
    assert not any(str(bad) in entry for entry in sys.path)
    assert frontend.run(item(1, b""), model=1)[0].json == ["good"] * 7
    assert not any(str(bad / "") in str(module) for module in sys.modules.values())


def test_two_models_of_one_folder_share_nothing(frontend: Frontend, tmp_path: Path) -> None:
    handler = """
        seen = []
        def handle(data, context):
            if data is not None:
                seen.append(1)
                return [len(seen)]
    """
    folder = write_model(tmp_path / "m", handler)
    for n in (1, 2):
        frontend.serving(folder, model=n)
    assert [frontend.run(item(1, b""), model=n)[0].text for n in (1, 2, 1)] == ["1", "1", "2"]


@pytest.mark.parametrize("mode", ["concurrent", "continuous"])
def test_models_of_all_modes_find_their_own(frontend: Frontend, tmp_path: Path, mode: str) -> None:
    frontend.serving(write_sharing(tmp_path / "serial", "serial"), model=1)
    source = write_sharing(tmp_path / "other", "other") / "handler.py"
    if mode == "concurrent":
        source.write_text(source.read_text().replace("def handle", "async def handle"))
    frontend.serving(tmp_path / "other", model=2, mode=mode)
    for n, name in ((1, "serial"), (2, "other"), (1, "serial"), (2, "other")):
        assert frontend.run(item(1, b""), model=n)[0].json == [name] * 7


def test_the_folder_is_the_models_when_it_is_loaded(frontend: Frontend, tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m", "def handle(data, context):\n    return data and ['x']\n")
    frontend.serving(folder)
    assert Path(os.getcwd()) == folder  # noqa: PTH109
