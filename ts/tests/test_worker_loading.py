"""Finding a handler's entry point, and loading models."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from ts._wire.messages import FrameType
from ts.tests.frontend import Frontend, item, write_model

FUNCTION = """
    calls = []
    def handle(data, context):
        calls.append(data)
        return None if data is None else [f"{len(calls)} {calls[0]}"]
    def other(data, context):
        return None if data is None else ["other"]
"""
CLASS = """
    class Handler:
        def initialize(self, context):
            self.model_dir = context.system_properties["model_dir"]
        def handle(self, data, context):
            return [type(self).__name__] * len(data)
        def other(self, data, context):
            return ["other method"] * len(data)
"""


@pytest.mark.parametrize(
    "handler", ["handler", "handler.py", "handler:handle", "handler.py:handle", "src/handler.py"]
)
def test_a_function_is_called_once_at_load_with_no_data(
    frontend: Frontend, tmp_path: Path, handler: str
) -> None:
    frontend.serving(write_model(tmp_path / "m", FUNCTION), handler)
    assert frontend.one(b"").text == "2 None"


@pytest.mark.parametrize(("source", "text"), [(FUNCTION, "other"), (CLASS, "other method")])
def test_the_entry_points_name_may_be_given(
    frontend: Frontend, tmp_path: Path, source: str, text: str
) -> None:
    frontend.serving(write_model(tmp_path / "m", source), "handler:other")
    assert frontend.one(b"").text == text


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (CLASS, "Handler"),
        (
            "from ts.torch_handler.base_handler import BaseHandler\nclass Mine(BaseHandler):\n"
            "    def initialize(self, context): pass\n    def handle(self, d, c): return ['Mine']\n",
            "Mine",
        ),
        ("class B:\n    def handle(self, d, c): return [type(self).__name__]\nclass Top(B): pass\n", "Top"),
        (
            "class D: pass\nclass H:\n    def handle(self, d, c): return ['H']\nclass E(Exception): pass\n",
            "H",
        ),
        (
            "from ts.torch_handler.base_handler import BaseHandler\n"
            "class Part:\n    def handle(self, d, c): return ['Part']\n"
            "class Real(BaseHandler):\n    def initialize(self, c): pass\n"
            "    def handle(self, d, c): return ['Real']\n",
            "Real",
        ),
    ],
    ids=["plain", "imported base", "own base", "beside others", "beside another with handle"],
)
def test_the_class_of_a_module_is_found(
    frontend: Frontend, tmp_path: Path, source: str, expected: str
) -> None:
    frontend.serving(write_model(tmp_path / "m", source))
    assert frontend.one(b"").text == expected


def test_several_possible_classes_are_named(frontend: Frontend, tmp_path: Path) -> None:
    source = "class A:\n    def handle(self, d, c): ...\nclass B:\n    def handle(self, d, c): return ['B']\n"
    folder = write_model(tmp_path / "m", source)
    loaded = frontend.load(folder)
    assert (loaded["status"], loaded["error"]) == ("failed", "LOAD_FAILED")
    assert "several classes could be the handler: A, B" in loaded["message"]
    frontend.serving(folder, "handler:B")
    assert frontend.one(b"").text == "B"


@pytest.mark.parametrize(
    ("handler", "source", "words"),
    [
        (
            "absent.py",
            FUNCTION,
            "handler: 'absent.py' (expected: a module in the archive or a built-in handler)",
        ),
        ("handler", "x = 1\n", "neither a function 'handle' nor a class"),
        ("handler", "class A: pass\n", "handler class A: no method 'handle'"),
        ("handler", "import absent_dependency\n", "ModuleNotFoundError: No module named 'absent_dependency'"),
        ("handler", "from json import absent\n", "ImportError: cannot import name 'absent'"),
        ("handler", "def handle(:\n", "SyntaxError"),
        ("handler", "def handle(d, c): raise ValueError('at load')\n", "ValueError: at load"),
        (
            "handler",
            "class A:\n    def initialize(self, c): 1 / 0\n    def handle(self, d, c): ...\n",
            "ZeroDivisionError",
        ),
    ],
)
def test_a_load_that_fails_says_why_and_the_worker_lives(
    frontend: Frontend, tmp_path: Path, handler: str, source: str, words: str
) -> None:
    loaded = frontend.load(write_model(tmp_path / "m", source), handler)
    assert loaded["status"] == "failed"
    assert words in loaded["message"]
    assert words.partition(":")[0] in loaded["trace"]
    frontend.serving(write_model(tmp_path / "n", FUNCTION))
    assert frontend.one(b"").error == 0


LOADING = """
class Model:
    def initialize(self, context):
        {statement}

    def handle(self, data, context):
        return ["ok"] * len(data)
"""


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("raise ValueError('at load')", "handler.py:4: ValueError: at load"),
        ("import json; json.loads('[')", "handler.py:4: JSONDecodeError: Expecting value"),
        ("import sys; sys.exit(3)", "handler.py:4: SystemExit: 3"),
        ("raise SystemExit('no weights')", "handler.py:4: SystemExit: no weights"),
        ("raise KeyboardInterrupt", "handler.py:4: KeyboardInterrupt"),
        ("import broken", "broken.py:2: SyntaxError"),
        ("import sibling", "sibling.py:1: ZeroDivisionError"),
    ],
)
def test_a_load_that_fails_says_where_first_and_shows_no_frames_of_the_worker(
    frontend: Frontend,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    statement: str,
    told: str,
) -> None:
    folder = write_model(
        tmp_path / "m",
        LOADING.replace("{statement}", statement),
        broken_py="x = 1\ndef (:\n",
        sibling_py="1 / 0\n",
    )
    loaded = frontend.load(folder)
    assert loaded["message"].startswith(told)
    shown = capfd.readouterr().err
    assert shown.startswith(told)
    assert shown.count("Traceback (most recent call last):") == 1
    for text in (shown, loaded["trace"]):
        assert "/_worker/" not in text
        assert "importlib" not in text
        assert 'handler.py", line 4, in initialize' in text
    frontend.serving(write_model(tmp_path / "n", FUNCTION))
    assert frontend.one(b"").error == 0


def test_what_an_error_came_from_is_shown_without_frames_of_the_worker_too(
    frontend: Frontend, tmp_path: Path
) -> None:
    source = """
        def handle(data, context):
            try:
                import absent_dependency
            except ImportError as fault:
                raise RuntimeError("needs it") from fault
    """
    loaded = frontend.load(write_model(tmp_path / "m", source))
    assert loaded["message"].startswith("handler.py:6: RuntimeError: needs it")
    assert loaded["trace"].count("Traceback") == 2
    assert "/_worker/" not in loaded["trace"]


@pytest.mark.parametrize(
    ("manifest", "files", "fields", "hint"),
    [
        (None, {}, {}, ""),
        (None, {"requirements_txt": "nope"}, {}, " (the archive's requirements.txt was not installed)"),
        (
            {"requirementsFile": "needs.txt"},
            {"needs_txt": "nope"},
            {},
            " (the archive's needs.txt was not installed)",
        ),
        (None, {"requirements_txt": "nope"}, {"requirements": "installed"}, ""),
    ],
)
def test_a_failed_import_says_that_the_requirements_were_not_installed(
    frontend: Frontend,
    tmp_path: Path,
    manifest: dict[str, Any] | None,
    files: dict[str, str],
    fields: dict[str, Any],
    hint: str,
) -> None:
    source = "import absent_dependency\n"
    loaded = frontend.load(write_model(tmp_path / "m", source, manifest, **files), **fields)
    told = "handler.py:1: ModuleNotFoundError: No module named 'absent_dependency'"
    assert loaded["message"] == told + hint


def test_out_of_memory_at_load_is_told_apart(frontend: Frontend, tmp_path: Path) -> None:
    assert frontend.load(write_model(tmp_path / "m", "raise MemoryError()\n"))["error"] == "OUT_OF_MEMORY"


def test_the_working_directory_is_the_model_folder_and_siblings_are_importable(
    frontend: Frontend, tmp_path: Path
) -> None:
    handler = """
        import sibling_of_the_handler
        def handle(data, context):
            return None if data is None else [open("words_txt.txt").read() + sibling_of_the_handler.word]
    """
    folder = write_model(
        tmp_path / "m", handler, words_txt_txt="from a file ", sibling_of_the_handler_py="word = 'x'\n"
    )
    frontend.serving(folder)
    assert frontend.one(b"").text == "from a file x"
    assert Path.cwd() == folder


def test_two_models_of_one_worker_may_name_their_modules_alike(frontend: Frontend, tmp_path: Path) -> None:
    for model in (1, 2):
        source = f"def handle(data, context):\n    return data and ['{model}']\n"
        frontend.serving(write_model(tmp_path / str(model), source), model=model)
    assert [frontend.run(item(1, b""), model=m)[0].text for m in (1, 2)] == ["1", "2"]


def test_a_handler_named_like_a_known_module_is_the_archives_own(frontend: Frontend, tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m", json_py="def handle(data, context):\n    return data and ['mine']\n")
    frontend.serving(folder, "json.py")
    assert frontend.one(b"").text == "mine"
    assert hasattr(sys.modules["json"], "dumps")


def test_the_context_has_what_handlers_look_for(frontend: Frontend, tmp_path: Path) -> None:
    handler = """
        from ts.metrics.metric_cache_yaml_impl import MetricsCacheYamlImpl
        class H:
            def initialize(self, context):
                assert isinstance(context.metrics, MetricsCacheYamlImpl)
                self.found = [context.model_name, context.manifest["model"]["serializedFile"],
                              context.system_properties, context.model_yaml_config]
            def handle(self, data, context):
                return [self.found]
    """
    manifest = {"modelName": "m", "serializedFile": "m.pt", "configFile": "conf.yaml"}
    folder = write_model(tmp_path / "m", handler, manifest, conf_yaml="minWorkers: 1\nhandler:\n  a: [1]\n")
    frontend.serving(folder, gpu_id="1", limit_max_image_pixels="false")
    name, serialized, properties, config = frontend.one(b"").json
    assert (name, serialized, config) == ("m", "m.pt", {"minWorkers": 1, "handler": {"a": [1]}})
    assert properties == {
        "model_dir": str(folder),
        "gpu_id": 1,
        "batch_size": 8,
        "server_name": "MMS",
        "server_version": "0.13.0",
        "limit_max_image_pixels": False,
    }


def test_without_files_the_manifest_is_none_and_the_configuration_empty(
    frontend: Frontend, tmp_path: Path
) -> None:
    handler = """
        def handle(data, context):
            properties = context.system_properties
            return data and [[context.manifest, context.model_yaml_config, properties["gpu_id"]]]
    """
    frontend.serving(write_model(tmp_path / "m", handler))
    assert frontend.one(b"").json == [None, {}, None]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "configFile: conf.yaml (expected: a file in the archive)"),
        ({"conf_yaml": "a: [1\n"}, "conf.yaml: not valid YAML"),
        ({"conf_yaml": "- a\n"}, "conf.yaml: list (expected: a mapping)"),
    ],
)
def test_a_bad_configuration_file_fails_the_load(
    frontend: Frontend, tmp_path: Path, files: dict[str, str], words: str
) -> None:
    folder = write_model(tmp_path / "m", FUNCTION, {"configFile": "conf.yaml"}, **files)
    assert words in frontend.load(folder)["message"]


def test_a_generator_handler_is_initialised_at_load(frontend: Frontend, tmp_path: Path) -> None:
    handler = """
        def handle(data, context):
            if data is None:
                open("initialised", "w").close()
                return
            yield os.getcwd()
    """
    folder = write_model(tmp_path / "m", handler)
    frontend.serving(folder)
    assert (folder / "initialised").exists()


def test_async_functions_and_initialize_are_awaited_at_load(frontend: Frontend, tmp_path: Path) -> None:
    handler = """
        class H:
            async def initialize(self, context):
                self.ready = True
            async def handle(self, data, context):
                return [str(self.ready)]
    """
    frontend.serving(write_model(tmp_path / "m", handler))
    assert frontend.one(b"").text == "True"


def test_no_more_is_collected_of_what_was_loaded(frontend: Frontend, tmp_path: Path) -> None:
    import gc

    frontend.serving(write_model(tmp_path / "m", FUNCTION))
    assert gc.get_freeze_count() > 1000


def test_an_unknown_envelope_fails_the_load(frontend: Frontend, tmp_path: Path) -> None:
    loaded = frontend.load(write_model(tmp_path / "m", FUNCTION), envelope="paper")
    assert "envelope: 'paper'" in loaded["message"]


def test_a_load_without_a_needed_field_fails(frontend: Frontend, tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m", FUNCTION)
    assert "handler: absent" in frontend.load(folder, "")["message"]
    assert "model_dir: absent" in frontend.load(folder, model_dir="")["message"]
    assert "batch_size: 'x' (expected: a number)" in frontend.load(folder, batch_size="x")["message"]


def test_describe_of_a_function_is_unsupported_but_explain_reaches_it(
    frontend: Frontend, tmp_path: Path
) -> None:
    handler = "def handle(data, context):\n    return data and [context.get_request_header(0, 'explain')]\n"
    frontend.serving(write_model(tmp_path / "m", handler))
    assert frontend.one(b"", kind=FrameType.EXPLAIN).text == "True"
    assert os.path.basename(os.getcwd()) == "m"  # noqa: PTH109, PTH119


ROUTES = """
    def handle(data, context):
        if data is None:
            return None
        number = context.system_properties.get("worker_number")
        return [f"{context.get_route(i)} {number}" for i in range(len(data))]
"""


def test_a_handler_learns_the_route_of_each_request_and_its_workers_number(
    frontend: Frontend, tmp_path: Path
) -> None:
    folder = write_model(tmp_path / "m", ROUTES)
    frontend.serving(folder, routes="0#first\n2#last", worker_number="3")
    answers = frontend.run(item(1, b"a", route=2), item(2, b"b"), item(3, b"c", route=1))
    assert [answer.text for answer in answers] == ["2#last 3", "None 3", "0#first 3"]


def test_without_routes_there_is_none(frontend: Frontend, tmp_path: Path) -> None:
    frontend.serving(write_model(tmp_path / "m", ROUTES))
    assert frontend.one(b"a", route=1).text == "None None"


def test_requests_that_run_at_once_have_each_their_own_route(frontend: Frontend, tmp_path: Path) -> None:
    handler = """
        class Handler:
            def initialize(self, context):
                pass
            async def handle(self, data, context):
                return [context.get_route(0)]
    """
    folder = write_model(tmp_path / "m", handler)
    frontend.serving(folder, mode="concurrent", concurrency="2", routes="0#a\n1#b")
    for route, name in ((1, "0#a"), (2, "1#b")):
        assert frontend.one(b"x", route=route).text == name
