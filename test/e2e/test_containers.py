"""Mariner as KServe and SageMaker start it."""

from __future__ import annotations

import json
from pathlib import Path

import psutil
from support import rest, rpc
from support.fixtures import ServerMaker
from support.operator import Operator
from support.packing import pack
from support.ports import free_port
from support.waiting import eventually

JSON = {"Content-Type": "application/json"}
SNAPSHOT = {"models": {"m": {"1.0": {"marName": "m.mar", "minWorkers": 1, "maxWorkers": 5, "batchSize": 1}}}}


def test_kserves_container_answers_on_kserves_ports(operator: Operator) -> None:
    pack(operator.store, "m", "echo")
    inference = f"http://127.0.0.1:{free_port()}"
    grpc_port = free_port()
    management = f"http://127.0.0.1:{free_port()}"
    config = operator.config(
        "kserve.properties",
        inference_address=management,
        management_address=management,
        enable_envvars_config="true",
        model_store=operator.store,
        model_snapshot=json.dumps(SNAPSHOT),
    )
    operator.environment.update(
        PROTOCOL_VERSION="v1",
        CONFIG_PATH=str(config),
        TS_SERVICE_ENVELOPE="kserve",
        MARINER_KSERVE_INFERENCE_ADDRESS=inference,
        MARINER_KSERVE_GRPC_INFERENCE_PORT=str(grpc_port),
    )
    process = operator.spawn("kserve", "--start", f"--model-store={operator.store}")
    try:
        eventually(lambda: "Model server started." in operator.spawned_text(), 60, "the server listens")
        eventually(lambda: rpc.ready(f"127.0.0.1:{grpc_port}", "m"), 60, "gRPC v2 says that m is ready")
        body = json.dumps({"instances": [{"data": 1}, {"data": 2}]})
        answer = rest.call(inference, "POST", "/v1/models/m:predict", body, JSON)
        assert (answer.status, answer.json()) == (200, {"predictions": [1, 2]})
        assert rest.call(inference, "GET", "/v2/models/m/ready").status == 200
        assert rest.call(inference, "GET", "/v1/models/m").json() == {"name": "m", "ready": True}
        assert rest.call(management, "GET", "/models/m").json()[0]["maxWorkers"] == 5
    finally:
        psutil.Process(process.pid).terminate()
        code = process.wait(60)
    assert code == 0, operator.spawned_text()


def test_kserves_container_without_its_configuration_says_so(operator: Operator) -> None:
    absent = operator.base / "absent.properties"
    done = operator.run("kserve", "--start", env={"CONFIG_PATH": str(absent)})
    assert (done.code, done.err.strip()) == (1, f"--ts-config file not found: {absent}")
    done = operator.run("kserve", "--start", env={"PROTOCOL_VERSION": "v3"})
    assert done.err.strip() == "PROTOCOL_VERSION: v3 (expected: one of v1, v2, grpc-v2)"


def test_sagemakers_container_serves_a_folder_on_one_port(make_server: ServerMaker, tmp_path: Path) -> None:
    address = f"http://127.0.0.1:{free_port()}"
    model = tmp_path / "opt" / "ml" / "model"
    server = make_server(
        profile="torchserve",
        models=[f"model={model}"],
        config={
            "inference_address": address,
            "management_address": address,
            "enable_envvars_config": "true",
            "decode_input_request": "false",
            "default_service_handler": "serving.py:handle",
        },
        arguments=["--disable-token-auth"],
    )
    model.mkdir(parents=True)
    (model / "model.pth").write_bytes(b"weights")
    (model / "serving.py").write_text(
        "def handle(data, context):\n    return data and [bytes(row['body']) for row in data]\n"
    )
    with server:
        assert rest.call(address, "GET", "/ping").status == 200
        answer = rest.call(address, "POST", "/invocations", b'{"a": 1}', JSON)
        assert (answer.status, answer.text) == (200, '{"a": 1}')
