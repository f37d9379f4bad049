"""Scripts of Flash Serve on the server: the documented one, and one whose components are stages."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from support import rest
from support.places import PYTHON, ROOT
from support.waiting import eventually

from mariner.source import load_script

EXAMPLE = ROOT / "examples" / "flash"
POOLS = "sort: {replicas: 2}\ntotal: {timeout: 20, batch: 4}\n"


@contextmanager
def running(script: Path, base: Path, **environment: str) -> Iterator[str]:
    """A script that serves, and the address where it does."""
    base.mkdir(exist_ok=True)
    output = base / "output.txt"
    variables = {**os.environ, "PYTHONUNBUFFERED": "1", **environment}
    with output.open("wb") as file:
        process = subprocess.Popen(
            [PYTHON, script.name, "0"], cwd=script.parent, env=variables, stdout=file, stderr=file
        )

    def address() -> str | None:
        text = output.read_text(encoding="utf-8")
        assert process.poll() is None, text
        found = re.search(r"is ready at (http://\S+)", text)
        return None if found is None else found[1]

    try:
        yield str(eventually(address, 100))
    finally:
        process.send_signal(signal.SIGINT)
        code = process.wait(60)
    assert code == 0, output.read_text(encoding="utf-8")


def paths(*folders: Path) -> str:
    return os.pathsep.join([*map(str, folders), str(ROOT), os.environ.get("PYTHONPATH", "")])


@pytest.fixture(scope="module")
def tutorial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    pytest.importorskip("torch")
    pytest.importorskip("PIL")
    base = tmp_path_factory.mktemp("flash-tutorial")
    with running(EXAMPLE / "inference_server.py", base, PYTHONPATH=paths()) as address:
        yield address


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    base = tmp_path_factory.mktemp("flash-chain")
    script = base / "flash_chain.py"
    shutil.copy(ROOT / "test" / "support" / "apps" / "flash_chain.py", script)
    script.with_name("pools.yaml").write_text(POOLS, encoding="utf-8")
    alias = paths(ROOT / "aliases" / "flash")
    with running(script, base, PYTHONPATH=alias) as address:
        yield address


def post(address: str, path: str, payload: Mapping[str, Any]) -> rest.Reply:
    body = json.dumps({"session": "mine", "payload": payload})
    return rest.call(address, "POST", path, body, {"Content-Type": "application/json"})


def test_the_documented_client_gets_the_label_of_a_direct_call(
    tutorial: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLE))
    client = load_script(EXAMPLE / "client.py")
    component = next(iter(load_script(EXAMPLE / "inference_server.py").make().components.values()))
    image = component.inputs.img.datatype.deserialize(b64encode(client.picture()).decode())
    label = component.outputs.prediction.datatype.serialize(component(image))
    for path in ("/predict", "/classify"):
        asked = subprocess.run(
            [sys.executable, "client.py", "", tutorial + path],
            cwd=EXAMPLE,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert json.loads(asked.stdout) == {"session": "UUID", "result": {"prediction": label}}
        readme = (EXAMPLE / "README.md").read_text(encoding="utf-8")
        assert asked.stdout.strip() in readme


def test_pages_of_a_composition(tutorial: str) -> None:
    page = rest.call(tutorial, "GET", "/classify/dag")
    assert page.status == 200
    assert "<svg " in page.text
    assert rest.call(tutorial, "GET", "/flashserve/alive").json() == {"alive": True}
    described = rest.call(tutorial, "GET", "/openapi.json").json()["paths"]
    assert [path for path, found in described.items() if "post" in found] == ["/classify"]
    for path, found in described.items():
        if "get" in found:
            assert rest.call(tutorial, "GET", path).status == 200
    for path in ("/docs", "/redoc"):
        assert 'data-openapi="/openapi.json"' in rest.call(tutorial, "GET", path).text


@pytest.mark.parametrize(
    ("path", "payload", "status", "answer"),
    [
        ("/classify", {"img": {}}, 422, ["body", "payload", "img", "data"]),
        ("/classify", {"img": {"data": "aGFsbG8"}}, 422, ["body", "payload", "img"]),
        ("/nothing", {}, 404, "Not Found"),
    ],
)
def test_what_does_not_fit_is_told(
    tutorial: str, path: str, payload: Mapping[str, Any], status: int, answer: Any
) -> None:
    reply = post(tutorial, path, payload)
    assert reply.status == status
    detail = reply.json()["detail"]
    assert (detail if status == 404 else detail[0]["loc"]) == answer


def test_an_empty_body_is_told(tutorial: str) -> None:
    reply = rest.call(tutorial, "POST", "/classify", "")
    assert (reply.status, reply.json()["detail"][0]["loc"]) == (422, ["body"])


def test_components_that_are_stages_pass_objects_of_the_script_on(chain: str) -> None:
    reply = post(chain, "/both", {"text": {"text": "c-a-b", "separator": "-"}, "more": {"count": 5}})
    assert reply.status == 200, reply.text
    assert reply.json() == {"result": {"total": 35, "first": ["a"]}, "session": "mine"}


def test_a_payload_takes_the_place_of_a_stage(chain: str) -> None:
    reply = post(chain, "/only", {"words": {"text": "a b c d"}, "more": {"count": 1}})
    assert (reply.status, reply.json()["result"]) == (200, {"total": 31})


def test_what_is_larger_than_other_requests_may_be_goes_through_all_stages(chain: str) -> None:
    large = "b" * 8_000_000
    reply = post(chain, "/both", {"text": {"text": f"{large} c"}, "more": {"count": 5}})
    assert (reply.status, reply.json()["result"]) == (200, {"total": 25, "first": [large]})


def test_what_a_stage_raises_or_can_not_read_ends_the_way(chain: str) -> None:
    reply = post(chain, "/only", {"words": {"text": "a"}, "more": {"count": -1}})
    assert (reply.status, reply.text) == (500, "Internal Server Error")
    reply = post(chain, "/both", {"text": {"text": "a"}})
    assert (reply.status, reply.json()["detail"][0]["loc"]) == (422, ["body", "payload", "more"])
