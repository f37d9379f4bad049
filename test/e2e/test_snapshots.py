"""Snapshots: what is written of the models, and how a later start finds them again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from support import rest
from support.fixtures import ServerMaker
from support.operator import Operator
from support.packing import pack
from support.ports import free_port
from support.waiting import eventually

from ts._cli import properties

KSERVE: dict[str, Any] = {
    "name": "startup.cfg",
    "modelCount": 1,
    "models": {
        "m": {
            "1.0": {
                "defaultVersion": True,
                "marName": "m.mar",
                "minWorkers": 1,
                "maxWorkers": 5,
                "batchSize": 1,
                "maxBatchDelay": 10,
                "responseTimeout": 120,
            }
        }
    },
}


def newest(folder: Path, kind: str) -> dict[str, Any]:
    """Returns the models of the newest snapshot, which has to be of that kind; {}: not yet."""
    files = sorted(folder.glob("*.cfg"))
    if kind == "snapshot" and not files[-1].name.endswith("-snapshot.cfg"):
        return {}
    assert files[-1].name.endswith(f"-{kind}.cfg"), files
    snapshot = json.loads(properties.parse(files[-1].read_text("ascii"))["model_snapshot"])
    assert snapshot["name"] == files[-1].name
    return dict(snapshot["models"])


def test_a_restart_without_a_file_serves_what_was_served(operator: Operator) -> None:
    pack(operator.store, "echo", "echo")
    pack(operator.store, "echo", "echo", "2.0", file_name="echo2.mar")
    pack(operator.store, "other", "echo")
    folder = operator.work / "logs" / "config"
    management = f"http://127.0.0.1:{free_port()}"
    inference = f"http://127.0.0.1:{free_port()}"
    config = operator.config("first.properties", inference_address=inference, management_address=management)
    flags = ["--start", "--model-store", operator.store]
    named = ["--ts-config", config, "--disable-token-auth", "--enable-model-api", "--models", "m=echo.mar"]
    assert operator.run("torchserve", *flags, *named).code == 0
    eventually(lambda: list(folder.glob("*-startup.cfg")), 30, "a snapshot of the start")
    for call in (
        ("POST", "/models?url=echo2.mar&model_name=m&initial_workers=1&synchronous=true&batch_size=3"),
        ("PUT", "/models/m/2.0/set-default"),
        ("PUT", "/models/m/1.0?min_worker=0&max_worker=2&synchronous=true"),
    ):
        assert rest.call(management, *call).status == 200, call
    eventually(
        lambda: newest(folder, "snapshot").get("m", {}).get("1.0", {}).get("maxWorkers") == 2,
        10,
        "a snapshot of the last change",
    )
    assert operator.run("torchserve", "--stop", "--foreground").code == 0
    models = newest(folder, "shutdown")
    assert set(models["m"]) == {"1.0", "2.0"}
    assert (models["m"]["2.0"]["defaultVersion"], models["m"]["2.0"]["batchSize"]) == (True, 3)
    assert (models["m"]["1.0"]["minWorkers"], models["m"]["1.0"]["marName"]) == (0, "echo.mar")

    operator.config(job_queue_size=1)
    restored = operator.run("torchserve", *flags, "--models", "other.mar")
    try:
        assert restored.code == 0, restored.text
        eventually(lambda: rest.call(inference, "POST", "/predictions/m", "x").status == 200, 60, "m serves")
        described = rest.call(management, "GET", "/models/m/all").json()
        found = {d["modelVersion"]: (d["minWorkers"], d["maxWorkers"], d["batchSize"]) for d in described}
        assert found == {"1.0": (0, 2, 1), "2.0": (1, 1, 3)}
        assert rest.call(management, "GET", "/models/m").json()[0]["modelVersion"] == "2.0"
        assert rest.call(management, "GET", "/models/other").status == 404
        log = (operator.work / "logs" / "ts_log.log").read_text("utf-8")
        assert "load_models: other.mar is not loaded, since model_snapshot says what is" in log
        assert "config.properties is not read" in log
    finally:
        assert operator.run("torchserve", "--stop", "--foreground").code == 0

    (operator.store / "echo.mar").unlink()
    broken = operator.run("torchserve", *flags)
    assert broken.code == 1
    before = sorted(folder.glob("*.cfg"))
    assert "model_snapshot.models.m.1.0.marName: echo.mar (expected: an archive in the model" in broken.text
    assert f"the one before it, with --ts-config {before[-2]}" in broken.text
    assert sorted(folder.glob("*.cfg")) == before


def test_a_snapshot_within_the_configuration_is_served_as_kserve_gives_it(make_server: ServerMaker) -> None:
    server = make_server(
        profile="torchserve",
        config={
            "enable_envvars_config": "true",
            "model_snapshot": json.dumps(KSERVE),
            "config_snapshots_kept": 2,
        },
        arguments=["--disable-token-auth", "--enable-model-api"],
    )
    pack(server.store, "m", "echo")
    pack(server.store, "gone", "echo")
    folder = server.logs / "config"
    with server:
        assert server.predict("m", "x").status == 200
        described = server.describe("m")
        assert (described["minWorkers"], described["maxWorkers"], described["maxBatchDelay"]) == (1, 5, 10)
        eventually(lambda: list(folder.glob("*-startup.cfg")), 10, "a snapshot of the start")
        assert server.manage("POST", "/models", url="gone.mar").status == 200
        eventually(lambda: "gone" in newest(folder, "snapshot"), 10, "a snapshot of the registration")
        assert server.manage("DELETE", "/models/gone").status == 200
        eventually(lambda: set(newest(folder, "snapshot")) == {"m"}, 10, "a snapshot of the removal")
    assert newest(folder, "shutdown")["m"]["1.0"]["maxWorkers"] == 5
    assert len(list(folder.iterdir())) == 2


def test_a_model_that_fails_to_load_stays_in_the_snapshots(make_server: ServerMaker) -> None:
    models = {"m": KSERVE["models"]["m"], "bad": {"1.0": {"marName": "bad.mar"}}}
    server = make_server(
        profile="torchserve",
        config={"model_snapshot": json.dumps({"models": models})},
        arguments=["--disable-token-auth"],
    )
    pack(server.store, "m", "echo")
    (server.store / "bad.mar").write_bytes(b"this is no archive")
    folder = server.logs / "config"
    with server:
        assert server.predict("m", "x").status == 200
        eventually(lambda: list(folder.glob("*-startup.cfg")), 10, "a snapshot of the start")
        assert newest(folder, "startup")["bad"] == {"1.0": {"marName": "bad.mar"}}
