"""Who may call: tokens and their rotation, and the switch of the model API."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from support import rest, rpc
from support.packing import pack
from support.server import RunningServer
from support.waiting import eventually

REFUSED = "Token Authorization failed. Token either incorrect, expired, or not provided correctly"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    base = tmp_path_factory.mktemp("guarded") / "torchserve"
    server = RunningServer(base, profile="torchserve", models=["echo=echo.mar"])
    pack(server.store, "echo", "echo")
    with server:
        yield server


def keys(server: RunningServer) -> dict[str, Any]:
    return dict(json.loads((server.base / "key_file.json").read_text(encoding="utf-8")))


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def ping(server: RunningServer, key: str | None) -> rest.Reply:
    return rest.call(server.inference, "GET", "/ping", headers={} if key is None else bearer(key))


def models(server: RunningServer, key: str | None) -> rest.Reply:
    return rest.call(server.management, "GET", "/models", headers={} if key is None else bearer(key))


def test_the_key_file_is_private_and_has_torchserves_shape(guarded: RunningServer) -> None:
    file = guarded.base / "key_file.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    found = keys(guarded)
    assert set(found) == {"management", "inference", "API"}
    assert set(found["management"]) == {"key", "expiration time"}
    assert set(found["inference"]) == {"key", "expiration time"}
    assert set(found["API"]) == {"key"}
    assert len({found[name]["key"] for name in found}) == 3


@pytest.mark.parametrize("key", [None, "wrong", ""])
def test_without_the_key_a_call_is_refused_and_the_message_names_the_mend(
    guarded: RunningServer, key: str | None
) -> None:
    for answer in (ping(guarded, key), models(guarded, key)):
        assert answer.status == 400
        assert answer.json()["type"] == "InvalidKeyException"
        assert answer.message.startswith(REFUSED)
        assert "key_file.json" in answer.message
        assert "disable" in answer.message


def test_each_listener_wants_its_own_key(guarded: RunningServer) -> None:
    found = keys(guarded)
    assert ping(guarded, found["inference"]["key"]).status == 200
    assert models(guarded, found["management"]["key"]).status == 200
    assert ping(guarded, found["management"]["key"]).status == 400
    assert models(guarded, found["inference"]["key"]).status == 400
    assert models(guarded, found["API"]["key"]).status == 400


def test_a_prediction_needs_the_key(guarded: RunningServer) -> None:
    key = keys(guarded)["inference"]["key"]
    assert rest.call(guarded.inference, "POST", "/predictions/echo", "x").status == 400
    answer = rest.call(guarded.inference, "POST", "/predictions/echo", "x", bearer(key))
    assert (answer.status, answer.body) == (200, b"x")


def test_metrics_and_descriptions_need_no_key(guarded: RunningServer) -> None:
    assert rest.call(guarded.metrics, "GET", "/metrics").status == 200
    assert rest.call(guarded.inference, "OPTIONS", "/").status == 200
    assert rest.call(guarded.management, "GET", "/api-description").status == 200


def test_grpc_wants_the_same_keys(guarded: RunningServer) -> None:
    found = keys(guarded)
    request = rpc.prediction("echo", b"x")
    with rpc.inference(guarded.grpc_inference) as stub:
        with pytest.raises(grpc.RpcError) as refused:
            stub.Predictions(request, timeout=30)
        assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED
        assert refused.value.details().startswith(REFUSED)
        token = (("authorization", f"Bearer {found['inference']['key']}"),)
        assert stub.Predictions(request, metadata=token, timeout=30).prediction == b"x"
    with rpc.management(guarded.grpc_management) as stub:
        listing = rpc.management_messages().ListModelsRequest(limit=10)
        wrong = (("authorization", f"Bearer {found['inference']['key']}"),)
        with pytest.raises(grpc.RpcError) as refused:
            stub.ListModels(listing, metadata=wrong, timeout=30)
        assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED
        right = (("authorization", f"Bearer {found['management']['key']}"),)
        assert "echo" in stub.ListModels(listing, metadata=right, timeout=30).msg


def test_the_api_key_rotates_a_key_and_the_old_one_ends(guarded: RunningServer) -> None:
    before = keys(guarded)
    answer = rest.call(
        guarded.management, "GET", "/token?type=inference", headers=bearer(before["API"]["key"])
    )
    assert (answer.status, answer.body) == (200, b"\n")
    after = keys(guarded)
    assert after["inference"]["key"] != before["inference"]["key"]
    assert after["management"] == before["management"]
    assert after["API"] == before["API"]
    assert ping(guarded, before["inference"]["key"]).status == 400
    assert ping(guarded, after["inference"]["key"]).status == 200
    assert stat.S_IMODE((guarded.base / "key_file.json").stat().st_mode) == 0o600


def test_rotation_needs_the_api_key_and_a_known_type(guarded: RunningServer) -> None:
    found = keys(guarded)
    for key in (found["management"]["key"], found["inference"]["key"], "wrong"):
        answer = rest.call(guarded.management, "GET", "/token?type=inference", headers=bearer(key))
        assert answer.status == 400
        assert answer.message.startswith("Token Authentication failed.")
    answer = rest.call(guarded.management, "GET", "/token?type=all", headers=bearer(found["API"]["key"]))
    assert answer.status == 400
    assert keys(guarded) == found


def test_the_torchserve_profile_registers_and_removes_nothing_by_default(guarded: RunningServer) -> None:
    token = bearer(keys(guarded)["management"]["key"])
    for method, path in (("POST", "/models?url=echo.mar"), ("DELETE", "/models/echo")):
        answer = rest.call(guarded.management, method, path, headers=token)
        assert answer.status == 405
        assert answer.json()["type"] == "MethodNotAllowedException"
        assert "enable_model_api" in answer.message
    scaled = rest.call(guarded.management, "PUT", "/models/echo?min_worker=1", headers=token)
    assert scaled.status == 202
    default = rest.call(guarded.management, "PUT", "/models/echo/1.0/set-default", headers=token)
    assert default.status == 200
    messages = rpc.management_messages()
    metadata = tuple((name.lower(), value) for name, value in token.items())
    with rpc.management(guarded.grpc_management) as stub:
        for call, request in (
            (stub.RegisterModel, messages.RegisterModelRequest(url="echo.mar")),
            (stub.UnregisterModel, messages.UnregisterModelRequest(model_name="echo")),
        ):
            with pytest.raises(grpc.RpcError) as refused:
                call(request, metadata=metadata, timeout=30)
            assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED
            assert refused.value.details().startswith("Model API disabled")


def test_a_key_expires(make_server: Any) -> None:
    server = make_server(profile="torchserve", config={"token_expiration_min": 0.05})
    with server:
        found = keys(server)
        assert ping(server, found["inference"]["key"]).status == 200
        expired = eventually(
            lambda: ping(server, found["inference"]["key"]).status == 400, 15, "the key expires"
        )
        assert expired
        rest.call(server.management, "GET", "/token?type=inference", headers=bearer(found["API"]["key"]))
        assert ping(server, keys(server)["inference"]["key"]).status == 200


def test_the_mariner_profile_asks_for_a_token_when_told(make_server: Any) -> None:
    with make_server(config={"disable_token_authorization": "false"}) as server:
        answer = ping(server, None)
        assert answer.status == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.json()["type"] == "InvalidKeyException"
        assert rest.call(server.inference, "GET", "/livez").status == 200
        assert ping(server, keys(server)["inference"]["key"]).status == 200


def test_given_tokens_change_without_breaking_clients(make_server: Any, tmp_path: Path) -> None:
    file = tmp_path / "tokens.json"

    def give(token: str) -> None:
        file.write_text(json.dumps({"inference": {"key": token}}), encoding="utf-8")

    give("first-token")
    config = {"token_file": file, "management_token": "$$MANAGERS_TOKEN$$"}
    with make_server(config=config, environment={"MANAGERS_TOKEN": "managers-token"}) as server:
        assert ping(server, "first-token").status == 200
        assert models(server, "managers-token").status == 200
        assert (ping(server, None).status, models(server, "first-token").status) == (401, 401)
        assert not (server.base / "key_file.json").exists()
        give("second-token")
        eventually(lambda: ping(server, "second-token").status == 200, 30, "the new token lets in")
        assert ping(server, "first-token").status == 200
        assert "managers-token" not in server.text()


def test_the_mariner_profile_asks_for_no_token_on_loopback(mariner_server: RunningServer) -> None:
    assert ping(mariner_server, None).status == 200
    assert models(mariner_server, None).status == 200
    assert not (mariner_server.base / "key_file.json").exists()


def test_pages_are_counted_by_the_limit_of_grpc_too(shared_server: RunningServer) -> None:
    with rpc.management(shared_server.grpc_management) as stub:
        answer = json.loads(stub.ListModels(rpc.management_messages().ListModelsRequest(), timeout=30).msg)
    assert {model["modelName"] for model in answer["models"]} >= {"echo", "act", "inspect"}
