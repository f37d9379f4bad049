"""Contract cases: read from yaml, run over REST or gRPC, compared with what they expect.

A case has a name (`case`) and one step or a list of `steps`. A step has a verb with its arguments (VERBS) and
what it expects by API; an API that a step does not name is not run. What differs in one profile stands under
`mariner` or `torchserve`.

Expected values: a mapping asks for its keys, a list for its items, a text that begins with `~` is a regular
expression for the whole text, null says that there is nothing. `${model}` is a name that only this run has.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import grpc
import yaml

from support import rest, rpc
from support.server import RunningServer

APIS = ("rest", "grpc")
PROFILES = ("mariner", "torchserve")
VERBS = (
    "predict",
    "http",
    "ready",
    "list",
    "describe",
    "register",
    "scale",
    "set_default",
    "unregister",
    "swap",
)


@dataclass(frozen=True)
class Case:
    """One case for one API and one profile."""

    name: str
    api: str
    profile: str
    steps: tuple[Mapping[str, Any], ...]


def load(folder: Path) -> Iterator[Case]:
    """Returns the cases of all yaml files."""
    for file in sorted(folder.glob("*.yaml")):
        for raw in yaml.safe_load(file.read_text(encoding="utf-8")):
            yield from _expand(file.stem, raw)


def _expand(stem: str, raw: Mapping[str, Any]) -> Iterator[Case]:
    steps = raw.get("steps", [raw])
    for step in steps:
        assert sum(verb in step for verb in VERBS) == 1, f"{stem}: {raw['case']}: one verb in each step"
    for api in APIS:
        if all(api in step for step in steps):
            for profile in raw.get("profiles", PROFILES):
                yield Case(f"{stem}: {raw['case']}", api, profile, tuple(steps))


def run(case: Case, server: RunningServer) -> None:
    """Runs all steps; removes what the case registered."""
    model = f"case-{uuid.uuid4().hex[:12]}"
    try:
        for step in case.steps:
            filled = _fill(step, {"model": model, "store": str(server.store)})
            verb = next(verb for verb in VERBS if verb in filled)
            expected = {**filled[case.api], **filled.get(case.profile, {}).get(case.api, {})}
            (_run_rest if case.api == "rest" else _run_grpc)(server, verb, filled[verb] or {}, expected)
    finally:
        _remove(server, model)


def _fill(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        for name, text in names.items():
            value = value.replace(f"${{{name}}}", text)
        return value
    if isinstance(value, Mapping):
        return {_fill(key, names): _fill(item, names) for key, item in value.items()}
    return [_fill(item, names) for item in value] if isinstance(value, list) else value


def _remove(server: RunningServer, model: str) -> None:
    answer = server.manage("GET", f"/models/{model}/all")
    if answer.status != 200:
        return
    described = answer.json()
    for version in sorted(described, key=lambda one: bool(one.get("defaultVersion"))):
        server.manage("DELETE", f"/models/{model}/{version['modelVersion']}")


def _body(arguments: Mapping[str, Any]) -> bytes:
    if "json" in arguments:
        return json.dumps(arguments["json"]).encode()
    if "size" in arguments:
        return b"x" * int(arguments["size"])
    return str(arguments.get("body", "")).encode()


def _rest_call(server: RunningServer, verb: str, arguments: Mapping[str, Any]) -> rest.Reply:
    if verb == "http":
        address = getattr(server, arguments.get("listener", "inference"))
        body = _body(arguments) if {"json", "body", "size"} & set(arguments) else None
        return rest.call(
            address, arguments.get("method", "GET"), arguments["path"], body, arguments.get("headers")
        )
    if verb == "predict":
        version = f"/{arguments['version']}" if "version" in arguments else ""
        path = f"/predictions/{arguments['model']}{version}"
        # http.client would add a type of its own to nothing; an explicit empty one keeps bytes what they are.
        return rest.call(server.inference, "POST", path, _body(arguments), arguments.get("headers"))
    if verb == "ready":
        return rest.call(server.inference, "GET", _ready_path(**arguments))
    query = {key: _plain(value) for key, value in arguments.items() if key not in ("model", "version")}
    path = "/models" + "".join(f"/{arguments[key]}" for key in ("model", "version") if key in arguments)
    method = {
        "list": "GET",
        "describe": "GET",
        "register": "POST",
        "swap": "POST",
        "unregister": "DELETE",
    }.get(verb, "PUT")
    path += {"set_default": "/set-default", "swap": "/swap"}.get(verb, "")
    return rest.call(server.management, method, f"{path}?{urlencode(query)}" if query else path)


def _ready_path(model: str = "", version: str = "") -> str:
    versions = f"/versions/{version}" if version else ""
    return f"/v2/models/{model}{versions}/ready" if model else "/v2/health/ready"


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _run_rest(
    server: RunningServer, verb: str, arguments: Mapping[str, Any], expected: Mapping[str, Any]
) -> None:
    reply = _rest_call(server, verb, arguments)
    seen = f"{reply.status} {reply.reason} {dict(reply.headers)} {reply.body[:2000]!r}"
    assert reply.status == expected["status"], seen
    for name, value in expected.get("headers", {}).items():
        check(value, reply.headers.get(name.lower()), f"header {name} of {seen}")
    if "body" in expected:
        check(expected["body"], reply.text, f"body of {seen}")
    if "says" in expected:
        assert reply.json() == {"status": expected["says"]}, seen
    if "json" in expected:
        check(expected["json"], reply.json(), f"body of {seen}")
    if "type" in expected:
        assert reply.headers.get("content-type") == "application/json", seen
        error = reply.json()
        assert set(error) == {"code", "type", "message"}, seen
        check(reply.status, error["code"], f"code of {seen}")
        check(expected["type"], error["type"], f"type of {seen}")
        check(expected["message"], error["message"], f"message of {seen}")


_CALLS = {
    "list": ("ListModels", "ListModelsRequest"),
    "describe": ("DescribeModel", "DescribeModelRequest"),
    "register": ("RegisterModel", "RegisterModelRequest"),
    "scale": ("ScaleWorker", "ScaleWorkerRequest"),
    "set_default": ("SetDefault", "SetDefaultRequest"),
    "unregister": ("UnregisterModel", "UnregisterModelRequest"),
}
# The same parameter has another name in the messages.
_FIELDS = {"model": "model_name", "version": "model_version", "min_worker": "min_worker"}


def _grpc_call(server: RunningServer, verb: str, arguments: Mapping[str, Any]) -> bytes:
    if verb == "predict":
        inputs = {key: str(value).encode() for key, value in arguments.get("inputs", {}).items()}
        request = rpc.prediction(
            arguments["model"], _body(arguments), str(arguments.get("version", "")), **inputs
        )
        with rpc.inference(server.grpc_inference) as stub:
            return bytes(stub.Predictions(request, timeout=60).prediction)
    if verb == "ready":
        return json.dumps({"ready": rpc.ready(server.grpc_inference, **arguments)}).encode()
    if verb == "swap":
        fields = {_FIELDS.get(key, key): value for key, value in arguments.items()}
        with rpc.extension(server.grpc_management) as stub:
            done = stub.SwapModel(rpc.extension_messages().SwapModelRequest(**fields), timeout=60)
        steps = [{"step": step.step} for step in done.steps]
        names = {"model": done.model, "from": getattr(done, "from"), "to": done.to, "steps": steps}
        return json.dumps({**names, "workers": done.workers, "oldKept": done.old_kept}).encode()
    method, message = _CALLS[verb]
    fields = {_FIELDS.get(key, key): value for key, value in arguments.items()}
    with rpc.management(server.grpc_management) as stub:
        request = getattr(rpc.management_messages(), message)(**fields)
        return str(getattr(stub, method)(request, timeout=60).msg).encode()


def _run_grpc(
    server: RunningServer, verb: str, arguments: Mapping[str, Any], expected: Mapping[str, Any]
) -> None:
    code, lines, answer = "OK", [""], b""
    try:
        answer = _grpc_call(server, verb, arguments)
    except grpc.RpcError as fault:
        code, lines = fault.code().name, (fault.details() or "").split("\n")
    seen = f"{code} {lines} {answer[:2000]!r}"
    assert code == expected.get("code", "OK"), seen
    if "message" in expected:
        check(expected["message"], lines[0], f"description of {seen}")
    if "body" in expected:
        check(expected["body"], answer.decode(), f"answer of {seen}")
    if "says" in expected:
        assert answer.decode().strip() == expected["says"], seen
    if "json" in expected:
        check(expected["json"], json.loads(answer), f"answer of {seen}")


def check(expected: Any, found: Any, where: str) -> None:
    """Fails unless `found` is as expected."""
    if isinstance(expected, Mapping):
        assert isinstance(found, Mapping), where
        for key, value in expected.items():
            check(value, found.get(key), f"{key} in {where}")
    elif isinstance(expected, list):
        assert isinstance(found, list), where
        assert len(found) == len(expected), where
        for index, value in enumerate(expected):
            check(value, found[index], f"[{index}] in {where}")
    elif isinstance(expected, str) and expected.startswith("~"):
        assert found is not None, f"nothing: {where}"
        assert re.fullmatch(expected[1:], str(found), re.DOTALL), (
            f"{found!r} (expected: {expected!r}): {where}"
        )
    else:
        assert type(found) is type(expected), f"{found!r} (expected: {expected!r}): {where}"
        assert found == expected, f"{found!r} (expected: {expected!r}): {where}"
