"""`mariner status --address` against an API of a few lines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ts._cli.main import main
from ts._cli.tests.answers import Api, answering

BOTH = {"server": "Mariner", "version": "1.2", "serves": ["inference", "management"]}


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Api]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with answering(Api) as server:
        yield server


def tell(api: Api, **documents: object) -> None:
    """Has the API answer `/NAME` with a document, whose status is 200 but for `readyz`, where it is 503."""
    for name, document in documents.items():
        status = 503 if name == "readyz" else 200
        api.replies["/" + name] = (status, "application/json", json.dumps(document).encode())


def version(**facts: object) -> dict[str, object]:
    return {"modelName": "m", "modelVersion": "1.0", "minWorkers": 1, "workers": [], **facts}


def test_a_server_elsewhere_is_shown_with_its_models(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    api.replies["/models/m/all"] = (
        200,
        "application/json",
        json.dumps([version(workers=[{"status": "READY"}])]).encode(),
    )
    tell(api, models={"models": [{"modelName": "m"}]})
    api.replies["/"] = (200, "application/json", json.dumps({**BOTH, "serves": ["management"]}).encode())
    assert main(["status", "--address", api.url]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{api.url}  ready  Mariner 1.2  management",
        "  MODEL  VERSION  STATE  WORKERS",
        "  m      1.0      ready  1/1",
    ]
    assert main(["status", "--address", api.url, "--json"]) == 0
    (shown,) = json.loads(capsys.readouterr().out)
    assert (shown["server"], shown["ready"], shown["models"][0]["modelName"]) == ("Mariner 1.2", True, "m")


def test_a_model_that_is_down_makes_it_not_ready(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    down = version(workers=[{"status": "LOADING"}], lastFailure="trace\nValueError: no")
    idle = version(modelVersion="2.0", minWorkers=0)
    api.replies["/models/m/all"] = (200, "application/json", json.dumps([down, idle]).encode())
    tell(api, models={"models": [{"modelName": "m"}]})
    # A server that says nothing of itself, as TorchServe.
    api.replies["/"] = (405, "application/json", b'{"code": 405, "message": "no"}')
    assert main(["status", "--address", api.url]) == 1
    assert capsys.readouterr().out.splitlines()[0] == f"{api.url}  not ready  management"
    api.replies["/"] = (200, "application/json", json.dumps(BOTH).encode())
    tell(api, readyz={"status": "Not ready"})
    assert main(["status", "--address", api.url]) == 1
    assert "  problem: m 1.0: failed, ValueError: no" in capsys.readouterr().out


def test_readiness_is_what_the_inference_address_tells(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    api.replies["/"] = (200, "application/json", json.dumps({**BOTH, "serves": ["inference"]}).encode())
    assert main(["status", "--address", api.url]) == 0
    assert capsys.readouterr().out == f"{api.url}  ready  Mariner 1.2  inference\n"
    tell(api, readyz={"status": "Not ready", "reasons": ["model m has no worker"]})
    assert main(["status", "--address", api.url]) == 1
    assert "  problem: model m has no worker\n" in capsys.readouterr().out


def test_an_address_that_tells_nothing_is_no_server_that_runs(
    api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status", "--address", "http://127.0.0.1:9"]) == 3
    assert "no server answers at http://127.0.0.1:9" in capsys.readouterr().err
    api.reply = (401, "application/json", b'{"message": "no token"}')
    assert main(["status", "--address", api.url]) == 1
    assert "no token (expected: --token-file" in capsys.readouterr().err
    api.replies["/"] = (200, "application/json", json.dumps({**BOTH, "serves": ["metrics"]}).encode())
    assert main(["status", "--address", api.url]) == 1
    assert "serves metrics (expected: the address of the management" in capsys.readouterr().err
