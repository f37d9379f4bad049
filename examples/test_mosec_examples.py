"""Each script below `mosec` answers what its README says, within this process."""

from __future__ import annotations

import importlib.util
import io
import re
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mariner.runner import LocalAnswer, Runner
from ts.compat.mosec.arguments import Settings
from ts.compat.mosec.plan import plan_of

HERE = Path(__file__).parent / "mosec"


@contextmanager
def running(name: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Runner]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    monkeypatch.setattr(sys, "argv", [name, "--port", str(port)])
    for variable in ("MOSEC_LOG_LEVEL", "MOSEC_DEBUG"):
        monkeypatch.setenv(variable, "")
    spec = importlib.util.spec_from_file_location(f"mosec_example_{name}", HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    with Runner(plan_of(module.make_server()._routes, Settings("/nowhere"))) as runner:
        yield runner


def ask(name: str, body: bytes, monkeypatch: pytest.MonkeyPatch, path: str = "/inference") -> LocalAnswer:
    with running(name, monkeypatch) as runner:
        return runner.post(path, content=body)


def test_the_readme_names_each_script() -> None:
    named = re.findall(r"^\| `(\w+)\.py`", (HERE / "README.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(named) == sorted(file.stem for file in HERE.glob("*.py"))


@pytest.mark.parametrize(
    ("name", "path", "body", "answer"),
    [
        ("echo", "/inference", b'{"time": 0.1}', {"msg": "slept 0.1 seconds"}),
        ("multi_route", "/packed", b'{"data": "AAEC"}', 3),
        ("multi_route", "/raw", b"\x00\x01", 2),
        ("custom_env", "/inference", b"{}", {"worker": 1, "device": "none"}),
        ("shared_memory", "/inference", b'{"size": 1000000}', 499999500000),
    ],
)
def test_scripts_answer(
    name: str, path: str, body: bytes, answer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    found = ask(name, body, monkeypatch, path)
    assert (found.status, found.json()) == (200, answer)


def test_a_wrong_request_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    found = ask("echo", b'{"time": "long"}', monkeypatch)
    assert (found.status, found.text.partition(" time:")[0]) == (422, "request validation error:")


def test_texts_are_classified_in_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    with running("sentiment", monkeypatch) as runner:
        texts: list[tuple[bytes, dict[str, str]]] = [
            (b"a great film", {}),
            (b" ", {}),
            (b"dull and awful", {}),
        ]
        answers = runner.batch("POST", "/inference", texts)
    assert [answer.status for answer in answers] == [200, 422, 200]
    assert answers[0].json() == {"label": "positive", "score": 2.0}
    assert answers[2].json() == {"label": "negative", "score": -3.0}


def test_images_come_in_message_pack(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("msgpack")
    image = pytest.importorskip("PIL.Image")
    file = io.BytesIO()
    image.new("RGB", (40, 40), "red").save(file, format="PNG")
    found = ask("resnet_msgpack", msgspec.msgpack.encode({"image": file.getvalue()}), monkeypatch)
    assert found.headers["content-type"] == "application/msgpack"
    assert 0 <= msgspec.msgpack.decode(found.body)["class"] < 10


def test_a_layer_in_jax(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("jax")
    assert len(ask("jax_layer", b'{"array": [1, 2, 3, 4]}', monkeypatch).json()) == 2


def test_words_are_events(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask("events", b'{"text": "one two"}', monkeypatch).body == b"data: one\n\ndata: two\n\n"


def test_orders_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    good = msgspec.msgpack.encode({"name": "a", "amounts": [1.5, 2]})
    assert msgspec.msgpack.decode(ask("typed_msgpack", good, monkeypatch).body) == 3.5
    bad = ask("typed_msgpack", msgspec.msgpack.encode({"name": "a", "amounts": "x"}), monkeypatch)
    assert (bad.status, bad.text) == (
        422,
        "request validation error: Expected `array`, got `str` - at `$.amounts`",
    )


def test_an_answer_is_an_image(monkeypatch: pytest.MonkeyPatch) -> None:
    image = pytest.importorskip("PIL.Image")
    found = ask("image", b"a lighthouse", monkeypatch)
    assert found.headers["content-type"] == "image/png"
    assert image.open(io.BytesIO(found.body)).size == (64, 64)
