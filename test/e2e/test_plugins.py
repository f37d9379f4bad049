"""Plugins of every kind, built from source and loaded by a real server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest
from support import plugins, rest, rpc
from support.operator import Operator
from support.packing import pack
from support.ports import free_port
from support.server import RunningServer
from support.waiting import eventually

GET = "public void doGet(Request request, Response response, Context context) throws java.io.IOException"
THROWS = f'{GET} {{ throw new IllegalStateException(request.getParameter("why").get(0)); }}'
SAYS = f'{GET} {{ throw new ModelServerEndpointException("no tea left"); }}'
LINKS = f'{GET} {{ throw new NoClassDefFoundError("missing.Library"); }}'
SLEEPS = f"{GET} {{ try {{ Thread.sleep(600000); }} catch (InterruptedException e) {{ return; }} }}"
ECHOES = (
    "public void doPut(Request request, Response response, Context context) throws java.io.IOException {"
    " response.setContentType(request.getContentType());"
    " request.getInputStream().transferTo(response.getOutputStream()); }"
)
TIMEOUT = 'context.getConfig().getProperty("plugin_timeout")'
CONFIG = f"{GET} {{ response.getOutputStream().write({TIMEOUT}.getBytes()); }}"


# What the header says is what happens; without it, nothing does.
GUARD = """
public Verdict authorize(Call call) throws Exception {
  switch (call.header("x-guard").orElse("")) {
    case "refuse": return Verdict.refuse(429, "Not now: " + call.listener() + " " + call.route());
    case "throw": throw new NoClassDefFoundError("missing.Library");
    case "null": return null;
    case "sleep": Thread.sleep(600000); return Verdict.allow();
    default: return Verdict.allow();
  }
}
"""
POLICY = 'public String name() {{ return "{}"; }} public BatchChoice choose(QueueView queue) {{ {} }}'


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server with a folder full of plugins, good ones and bad ones."""
    base = tmp_path_factory.mktemp("plugins") / "server"
    folder = base / "plugins"
    faulty = 'throw new IllegalStateException("no batches today");'
    jars = plugins.Jars(folder).example("endpoint").example("authorizer").example("batching")
    for name, body in (("Throws", THROWS), ("Says", SAYS), ("Links", LINKS), ("Sleeps", SLEEPS)):
        jars.endpoint(name, name.lower(), body)
    jars.endpoint("Echoes", "echoes", ECHOES, "MANAGEMENT")
    jars.endpoint("Tells", "tells", CONFIG, "METRIC")
    jars.of_ours("Guard", "Authorizer", GUARD)
    jars.of_ours("Faulty", "BatchingPolicy", POLICY.format("faulty", faulty))
    jars.build()
    (base / "model-keys.properties").write_text("secret=sesame\n")
    pack(base / "store", "echo", "echo")
    pack(base / "store", "secret", "echo")
    for name in ("even", "faulty", "unknown"):
        options = {"batchSize": 8, "maxBatchDelay": 200, "minWorkers": 1, "batchPlugin": name}
        pack(base / "store", name, "batching:handle", config=options)
    server = RunningServer(
        base,
        models=["echo=echo.mar", "secret=secret.mar", "even=even.mar", "faulty=faulty.mar"],
        arguments=["--plugins-path", str(folder)],
        config={
            "plugin_threads": 2,
            "plugin_timeout": "1s",
            "authorizer_threads": 2,
            "authorizer_timeout": "1s",
            "max_response_size": 100_000,
        },
    )
    server.expects_java_traces = True
    with server:
        yield server


def test_an_endpoint_sees_models_and_their_workers(server: RunningServer) -> None:
    reply = rest.call(server.inference, "GET", "/model-names/below?x=1")
    assert (reply.status, reply.body) == (200, b"echo: 1\neven: 1\nfaulty: 1\nsecret: 1\n")
    assert reply.headers["content-type"] == "text/plain"


def test_an_endpoint_reads_a_body_and_sets_status_and_headers(server: RunningServer) -> None:
    reply = rest.call(server.inference, "POST", "/model-names", body=b"x" * 300_000)
    assert (reply.status, reply.reason, reply.body) == (201, "Counted", b"300000")
    assert reply.headers["x-bytes"] == "300000"


def test_a_method_that_no_plugin_answers_is_refused(server: RunningServer) -> None:
    reply = rest.call(server.inference, "DELETE", "/model-names")
    assert reply.status == 405
    assert "GET" in reply.headers["allow"]
    assert "POST" in reply.headers["allow"]


def test_management_and_metrics_have_endpoints_too(server: RunningServer) -> None:
    put = rest.call(server.management, "PUT", "/echoes", body=b"ab", headers={"Content-Type": "a/b; c=d"})
    assert (put.status, put.body, put.headers["content-type"]) == (200, b"ab", "a/b")
    assert rest.call(server.inference, "PUT", "/echoes", body=b"").status == 404
    assert rest.call(server.metrics, "GET", "/tells").body == b"1s"


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("/throws?why=x", 500, "the server's log has the details"),
        ("/throws", 500, "the server's log has the details"),
        ("/says", 500, "no tea left"),
        ("/links", 500, "the server's log has the details"),
        ("/sleeps", 504, "plugin_timeout"),
    ],
)
def test_a_plugin_that_fails_costs_only_its_request(
    server: RunningServer, path: str, status: int, text: str
) -> None:
    reply = rest.call(server.inference, "GET", path)
    assert reply.status == status
    assert text in reply.json()["message"]
    assert rest.call(server.inference, "POST", "/predictions/echo", body=b"hi").body == b"hi"


def test_an_answer_beyond_the_limit_is_refused(server: RunningServer) -> None:
    reply = rest.call(server.management, "PUT", "/echoes", body=b"x" * 200_000)
    assert reply.status == 500
    assert "max_response_size" in reply.json()["message"]


def test_busy_plugins_hold_up_nothing_and_are_bounded(server: RunningServer) -> None:
    statuses: list[int] = []

    def ask() -> None:
        statuses.append(rest.call(server.inference, "GET", "/sleeps").status)

    threads = [threading.Thread(target=ask) for _ in range(40)]
    for thread in threads:
        thread.start()
    assert rest.call(server.inference, "POST", "/predictions/echo", body=b"hi").body == b"hi"
    for thread in threads:
        thread.join(60)
    assert set(statuses) == {503, 504}
    eventually(lambda: rest.call(server.inference, "GET", "/model-names").status == 200, 30, "a free thread")


def test_the_api_description_lists_endpoints(server: RunningServer) -> None:
    inference = rest.call(server.inference, "OPTIONS", "/").json()["paths"]
    assert set(inference["/model-names/{url_path}"]) >= {"get", "post"}
    assert "/echoes/{url_path}" in rest.call(server.management, "OPTIONS", "/").json()["paths"]


def test_an_authorizer_lets_in_who_has_the_key(server: RunningServer) -> None:
    def ask(key: str | None) -> rest.Reply:
        headers = {} if key is None else {"X-Model-Key": key}
        return rest.call(server.inference, "POST", "/predictions/secret", body=b"hi", headers=headers)

    nobody = ask(None)
    assert (nobody.status, nobody.json()["type"]) == (401, "AccessRefusedException")
    assert nobody.json()["message"] == "Model secret asks for x-model-key."
    assert ask("open").status == 403
    assert (ask("sesame").status, ask("sesame").body) == (200, b"hi")
    with rpc.inference(server.grpc_inference) as stub:
        request = rpc.inference_messages().PredictionsRequest(model_name="secret", input={"data": b"hi"})
        with pytest.raises(grpc.RpcError) as refused:
            stub.Predictions(request)
        assert refused.value.code() == grpc.StatusCode.UNAUTHENTICATED
        answer = stub.Predictions(request, metadata=[("x-model-key", "sesame")])
        assert answer.prediction == b"hi"


def test_every_listener_asks_the_authorizer(server: RunningServer) -> None:
    refuse = {"X-Guard": "refuse"}
    for address, path, area in (
        (server.inference, "/predictions/{model}", "INFERENCE"),
        (server.inference, "/v2/models/{model}/infer", "INFERENCE"),
        (server.management, "/models/{model}", "MANAGEMENT"),
        (server.metrics, "/metrics", "METRICS"),
    ):
        reply = rest.call(address, "GET", path.replace("{model}", "echo"), headers=refuse)
        assert (reply.status, f"Not now: {area} {path}" in reply.text) == (429, True), reply
    assert rest.call(server.inference, "GET", "/ping", headers=refuse).status == 200
    with rpc.management(server.grpc_management) as stub, pytest.raises(grpc.RpcError) as refused:
        stub.ListModels(rpc.management_messages().ListModelsRequest(), metadata=[("x-guard", "refuse")])
    assert refused.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED


@pytest.mark.parametrize(
    ("guard", "status", "code", "text"),
    [
        ("throw", 500, grpc.StatusCode.INTERNAL, "the server's log has the details"),
        ("null", 500, grpc.StatusCode.INTERNAL, "the server's log has the details"),
        ("sleep", 503, grpc.StatusCode.UNAVAILABLE, "authorizer_timeout"),
    ],
)
def test_an_authorizer_that_fails_opens_no_door(
    server: RunningServer, guard: str, status: int, code: grpc.StatusCode, text: str
) -> None:
    reply = rest.call(server.inference, "POST", "/predictions/echo", body=b"hi", headers={"X-Guard": guard})
    assert reply.status == status
    assert text in reply.json()["message"]
    request = rpc.inference_messages().PredictionsRequest(model_name="echo", input={"data": b"hi"})
    with rpc.inference(server.grpc_inference) as stub, pytest.raises(grpc.RpcError) as refused:
        stub.Predictions(request, metadata=[("x-guard", guard)])
    assert refused.value.code() == code
    assert rest.call(server.inference, "POST", "/predictions/echo", body=b"hi").body == b"hi"


def test_calls_that_wait_for_authorizers_are_bounded(server: RunningServer) -> None:
    def ask(_: int) -> rest.Reply:
        headers = {"X-Guard": "sleep"}
        return rest.call(server.inference, "POST", "/predictions/echo", body=b"hi", headers=headers)

    with ThreadPoolExecutor(60) as clients:
        replies = list(clients.map(ask, range(60)))
    assert {reply.status for reply in replies} == {503}
    assert any("authorizer_threads" in reply.json()["message"] for reply in replies)
    eventually(
        lambda: rest.call(server.inference, "POST", "/predictions/echo", body=b"hi").status == 200, 30, "room"
    )


def test_a_policy_of_a_plugin_forms_the_batches(server: RunningServer, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    with ThreadPoolExecutor(8) as clients:

        def ask(text: str) -> str:
            return rest.call(server.inference, "POST", "/predictions/even", body=text.encode()).text

        first = clients.submit(ask, f"hold {gate}")
        eventually(lambda: gate.with_suffix(".began").exists(), 30, "the worker's first run")
        others = [clients.submit(ask, "x") for _ in range(6)]
        eventually(lambda: _waiting(server, "even") == 6, 30, "six that wait")
        gate.write_text("go")
        assert first.result() == "1"
        # Six wait for two more, until the delay is over: four, then the two that are left.
        assert sorted(other.result() for other in others) == ["2", "2", "4", "4", "4", "4"]


def _waiting(server: RunningServer, model: str) -> int:
    described = rest.call(server.management, "GET", f"/models/{model}").json()
    return int(described[0]["jobQueueStatus"]["pendingRequests"])


def test_a_policy_that_throws_costs_no_request_and_is_logged_once(server: RunningServer) -> None:
    for _ in range(3):
        assert rest.call(server.inference, "POST", "/predictions/faulty", body=b"x").text == "1"
    logged = (server.logs / "ts_log.log").read_text("utf-8")
    assert logged.count("is served by its batchPolicy in place of class Faulty of plugin Faulty.jar") == 1
    assert "no batches today" in logged


def test_a_policy_that_no_plugin_has_is_refused(server: RunningServer) -> None:
    reply = rest.call(server.management, "POST", "/models?url=unknown.mar")
    assert reply.status == 400
    assert "batchPlugin: unknown (expected: one of the plugins' policies, even, faulty)" in reply.text
    assert rest.call(server.management, "GET", "/models/unknown").status == 404


def _refusal(operator: Operator, folder: Path, command: str = "mariner") -> str:
    action = ["start"] if command == "mariner" else ["--start", "--ncs"]
    store = ["--model-store", operator.store]
    done = operator.run(command, *action, *store, "--foreground", "--plugins-path", folder)
    assert done.code not in (0, None)
    return done.out + done.err


def test_what_cannot_be_loaded_stops_the_start(operator: Operator, tmp_path: Path) -> None:
    assert "(expected: a folder of jars, or a jar)" in _refusal(operator, tmp_path / "nowhere")
    torn = tmp_path / "torn"
    torn.mkdir()
    (torn / "torn.jar").write_bytes(b"no jar")
    assert "torn.jar can't be read" in _refusal(operator, torn)
    bad = tmp_path / "bad"
    plugins.endpoint(bad, "Bad", "bad", 'public Bad() { throw new IllegalStateException("no key"); }')
    said = _refusal(operator, bad)
    assert "Bad.jar: class Bad: its constructor threw java.lang.IllegalStateException: no key" in said


def test_an_authorizer_that_cannot_be_made_stops_the_start(operator: Operator, tmp_path: Path) -> None:
    keyless = tmp_path / "keyless"
    plugins.example(keyless, "authorizer")
    assert "its constructor threw java.lang.IllegalStateException" in _refusal(operator, keyless)
    twice = tmp_path / "twice"
    body = POLICY.format("even", "return BatchChoice.take(1);")
    jars = plugins.Jars(twice).of_ours("One", "BatchingPolicy", body)
    jars.of_ours("Two", "BatchingPolicy", body).build()
    assert "class Two of plugin Two.jar: name(): even: class One of plugin One.jar" in _refusal(
        operator, twice
    )


def test_two_owners_of_a_path_stop_the_start(operator: Operator, tmp_path: Path) -> None:
    both = tmp_path / "both"
    plugins.Jars(both).endpoint("One", "word", SAYS).endpoint("Two", "word", SAYS).build()
    said = _refusal(operator, both)
    assert "class Two of plugin Two.jar: /word: it is also a path of class One of plugin One.jar" in said
    ours = tmp_path / "ours"
    plugins.endpoint(ours, "Ping", "ping", SAYS)
    assert "class Ping of plugin Ping.jar: /ping: it is a path of the server" in _refusal(operator, ours)


def test_a_plugin_keeps_snapshots_and_a_restart_finds_them(operator: Operator, tmp_path: Path) -> None:
    pack(operator.store, "echo", "echo")
    folder = tmp_path / "plugins"
    jars = plugins.Jars(folder).example("snapshots")
    # The drop-in command lets a plugin take the place of a route, as SageMaker's do with /ping.
    jars.endpoint("Ping", "ping", f"{GET} {{ response.setStatus(299); }}").build()
    inference = f"http://127.0.0.1:{free_port()}"
    management = f"http://127.0.0.1:{free_port()}"
    config = operator.config("first.properties", inference_address=inference, management_address=management)
    flags = ["--start", "--model-store", operator.store, "--plugins-path", folder]
    named = ["--ts-config", config, "--disable-token-auth", "--models", "m=echo.mar"]
    kept = operator.work / "last.snapshot"
    assert operator.run("torchserve", *flags, *named).code == 0
    eventually(lambda: kept.exists() and "echo.mar" in kept.read_text("utf-8"), 30, "a snapshot")
    assert rest.call(inference, "GET", "/ping").status == 299
    assert operator.run("torchserve", "--stop", "--foreground").code == 0
    assert operator.run("torchserve", *flags).code == 0
    eventually(
        lambda: rest.call(inference, "POST", "/predictions/m", body=b"hi").status == 200, 60, "the model"
    )
    assert operator.run("torchserve", "--stop", "--foreground").code == 0
    assert not list((operator.work / "logs" / "config").glob("*.cfg"))
