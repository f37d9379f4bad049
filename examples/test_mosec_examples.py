"""Each script below `mosec` answers what its README says, within this process."""

from __future__ import annotations

import importlib.util
import io
import json
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from support.scripts import RunningScript

from mariner.runner import LocalAnswer, Runner
from ts.compat.mosec.arguments import Settings
from ts.compat.mosec.plan import plan_of

HERE = Path(__file__).parent / "mosec"
_PACKAGES = {"sentiment": ("torch",), "jax_layer": ("jax",), "image": ("PIL",)}


@dataclass(frozen=True)
class Row:
    """A script as the README lists it: the command that asks it, and what that prints."""

    script: str
    command: str
    answer: str

    @property
    def needs(self) -> tuple[str, ...]:
        """Packages beside Mariner's own."""
        return _PACKAGES.get(self.script, ())

    @property
    def path(self) -> str:
        """Where the command asks."""
        return "/" + re.findall(r"127\.0\.0\.1:8000/(\S+)", self.command)[0]

    @property
    def body(self) -> bytes:
        """What it sends."""
        words = shlex.split(self.command)
        return words[words.index("-d") + 1].encode()

    def check(self, status: int, body: bytes) -> None:
        """Fails unless an answer is as the README says: each of its snippets as JSON, or as a part."""
        assert status == 200, body
        for snippet in re.findall(r"`(.*?)`", self.answer):
            try:
                wanted = json.loads(snippet)
            except ValueError:
                assert snippet in body.decode(), body
            else:
                found = json.loads(body)
                assert found == wanted or (self.script == "custom_env" and found["worker"] == 2), body


def rows() -> list[Row]:
    """Returns what the README lists; without a command where that says that it takes a client."""
    text = (HERE / "README.md").read_text("utf-8")
    cells = [line.strip("|").split(" | ") for line in text.splitlines() if line.startswith("| `")]
    found = []
    for script, _, command, answer in cells:
        shown = re.fullmatch(r"`(curl .*)`", command.strip())
        found.append(Row(script.strip(" `").removesuffix(".py"), shown[1] if shown else "", answer.strip()))
    return found


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
    assert sorted(row.script for row in rows()) == sorted(file.stem for file in HERE.glob("*.py"))


@pytest.mark.parametrize("row", [row for row in rows() if row.command], ids=lambda row: row.script)
def test_a_script_answers_what_the_readme_says(row: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in row.needs:
        pytest.importorskip(package)
    # Within this process there are no variables of a worker.
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    found = ask(row.script, row.body, monkeypatch, row.path)
    row.check(found.status, found.body)


@pytest.mark.nightly
@pytest.mark.parametrize("row", [row for row in rows() if row.command], ids=lambda row: row.script)
def test_a_script_that_serves_answers_what_the_readme_says(row: Row, tmp_path: Path) -> None:
    for package in row.needs:
        pytest.importorskip(package)
    with RunningScript(HERE / f"{row.script}.py", tmp_path) as running:
        command = row.command.replace("127.0.0.1:8000", f"127.0.0.1:{running.port}").replace(
            " -o image.png", ""
        )
        words = [*shlex.split(command), "--silent", "--fail"]
        told = subprocess.run(words, capture_output=True, check=True, timeout=60)
        row.check(200, told.stdout)


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
