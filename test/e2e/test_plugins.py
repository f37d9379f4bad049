"""Plugins: endpoints and keepers of snapshots, built from source and loaded by a real server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import plugins, rest
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


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server with a folder full of plugins, good ones and bad ones."""
    base = tmp_path_factory.mktemp("plugins") / "server"
    folder = base / "plugins"
    plugins.example(folder, "endpoint")
    for name, body in (("Throws", THROWS), ("Says", SAYS), ("Links", LINKS), ("Sleeps", SLEEPS)):
        plugins.endpoint(folder, name, name.lower(), body)
    plugins.endpoint(folder, "Echoes", "echoes", ECHOES, "MANAGEMENT")
    plugins.endpoint(folder, "Tells", "tells", CONFIG, "METRIC")
    pack(base / "store", "echo", "echo")
    server = RunningServer(
        base,
        models=["echo=echo.mar"],
        arguments=["--plugins-path", str(folder)],
        config={"plugin_threads": 2, "plugin_timeout": "1s", "max_response_size": 100_000},
    )
    server.expects_java_traces = True
    with server:
        yield server


def test_an_endpoint_sees_models_and_their_workers(server: RunningServer) -> None:
    reply = rest.call(server.inference, "GET", "/model-names/below?x=1")
    assert (reply.status, reply.body) == (200, b"echo: 1\n")
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


def test_two_owners_of_a_path_stop_the_start(operator: Operator, tmp_path: Path) -> None:
    both = tmp_path / "both"
    plugins.endpoint(both, "One", "word", SAYS)
    plugins.endpoint(both, "Two", "word", SAYS)
    said = _refusal(operator, both)
    assert "class Two of plugin Two.jar: /word: it is also a path of class One of plugin One.jar" in said
    ours = tmp_path / "ours"
    plugins.endpoint(ours, "Ping", "ping", SAYS)
    assert "class Ping of plugin Ping.jar: /ping: it is a path of the server" in _refusal(operator, ours)


def test_a_plugin_keeps_snapshots_and_a_restart_finds_them(operator: Operator, tmp_path: Path) -> None:
    pack(operator.store, "echo", "echo")
    folder = tmp_path / "plugins"
    plugins.example(folder, "snapshots")
    # The drop-in command lets a plugin take the place of a route, as SageMaker's do with /ping.
    plugins.endpoint(folder, "Ping", "ping", f"{GET} {{ response.setStatus(299); }}")
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
