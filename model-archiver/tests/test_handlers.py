"""What ``--handler`` accepts, what is packed for it, and what the manifest says."""

from __future__ import annotations

import json
import sys

import pytest

BUILT_IN = (
    *("base_handler", "text_classifier", "image_classifier", "object_detector", "image_segmenter"),
    *("dali_image_classifier", "vllm_handler", "trt_llm_handler"),
)


def packed_handler(files):
    return json.loads(files.pop("MAR-INF/MANIFEST.json"))["model"]["handler"], sorted(files)


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_built_in_handler_is_named_and_not_packed(folder, digits, unpacked, name):
    (folder / f"{name}.py").write_text("shadow = True\n")

    assert digits(handler=name).returncode == 0
    assert packed_handler(unpacked(folder / "out/digits.mar")) == (name, [])


def test_a_handler_that_can_not_be_served_yet_is_packed_with_a_warning(digits):
    run = digits(handler="vllm_handler")
    assert run.returncode == 0
    assert "no such handler to serve it" in run.stderr


@pytest.mark.parametrize(
    ("handler", "entry"),
    [
        ("handler.py", "handler.py"),
        ("handler", "handler"),
        ("handler:handle", "handler:handle"),
        ("handler.py:handle", "handler.py:handle"),
        ("./handler.py:handle", "handler.py:handle"),
        ("../work/handler", "handler"),
        ("../work/handler:handle", "handler:handle"),
    ],
)
def test_a_file_is_packed_with_or_without_suffix_and_entry_point(folder, digits, unpacked, handler, entry):
    assert digits(handler=handler).returncode == 0
    assert packed_handler(unpacked(folder / "out/digits.mar")) == (entry, ["handler.py"])


def test_a_built_in_handler_may_have_an_entry_point_unless_a_file_has_that_name(folder, digits, unpacked):
    assert digits(handler="text_classifier:handle").returncode == 0
    assert packed_handler(unpacked(folder / "out/digits.mar")) == ("text_classifier:handle", [])

    (folder / "text_classifier.py").write_text("def handle(data, context): ...\n")
    assert digits("-f", handler="text_classifier:handle").returncode == 0
    assert packed_handler(unpacked(folder / "out/digits.mar"))[1] == ["text_classifier.py"]


def test_native_handlers_are_libraries(folder, digits, unpacked):
    library = "libdigits.dylib" if sys.platform == "darwin" else "libdigits.so"
    (folder / library).write_bytes(b"\x7fELF")

    for handler in ("libdigits:Digits", f"{library}:Digits"):
        assert digits("--runtime", "LSP", "-f", handler=handler).returncode == 0
        assert packed_handler(unpacked(folder / "out/digits.mar")) == (handler, [library])
    for handler in ("BaseHandler", "TorchScriptHandler"):
        assert digits("--runtime", "LSP", "-f", handler=handler).returncode == 0
        assert packed_handler(unpacked(folder / "out/digits.mar")) == (handler, [])


@pytest.mark.parametrize(
    ("handler", "runtime", "message"),
    [
        ("missing.py", "python", "'missing.py' (expected: an existing file 'missing.py')"),
        ("src/missing:go", "python", "'src/missing:go' (expected: an existing file 'src/missing.py')"),
        ("libmissing:X", "LSP", "or a built-in handler: BaseHandler, TorchScriptHandler"),
        ("imageclassifier", "python", "did you mean 'image_classifier'?"),
        ("object_detecter:handle", "python", "did you mean 'object_detector'?"),
        ("image_classifier.py", "python", "did you mean 'image_classifier'?"),
        ("assets", "python", "an existing file 'assets.py'"),
        ("", "python", "--handler: ''"),
        ("handler.py:no-name", "python", "'handler.py:no-name'"),
    ],
)
def test_an_unknown_handler_is_refused_with_what_was_expected(folder, digits, handler, runtime, message):
    result = digits("--runtime", runtime, handler=handler)

    assert result.returncode == 1
    assert result.stderr.startswith("error: --handler: ")
    assert message in result.stderr
    assert list((folder / "out").iterdir()) == []


def test_an_unknown_name_lists_the_built_in_handlers(digits):
    message = digits(handler="my_handler").stderr

    assert all(name in message for name in BUILT_IN)
    assert "my_handler.py" in message


@pytest.mark.parametrize("content", [b"def handle(:\n", b"x = '\xff'\n", b"x = 1\0\n", b"(" * 5000])
def test_unsound_python_is_packed_with_a_warning(folder, digits, unpacked, content):
    (folder / "handler.py").write_bytes(content)

    result = digits()

    assert result.returncode == 0
    assert result.stderr.startswith("warning: --handler: 'handler.py' ")
    assert "not valid Python" in result.stderr
    assert "Traceback" not in result.stderr
    assert unpacked(folder / "out/digits.mar")["handler.py"] == content


def test_a_file_name_that_python_cannot_import_is_told(folder, digits):
    (folder / "handler.v2.py").write_text("def handle(data, context): ...\n")

    result = digits(handler="handler.v2.py")

    assert result.returncode == 0
    assert result.stderr == (
        "warning: --handler: 'handler.v2.py' can't be imported by that name (expected: no dot before .py)\n"
    )
