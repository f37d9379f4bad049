"""Applications: folders with stages, routes and pages of their own, from the start to the drain."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from support import rest
from support.packing import handler_path
from support.server import RunningServer
from support.waiting import eventually

from mariner.plan import Answer, Document, Node, Plan, Route, Stage
from ts._cli.client import Endpoint
from ts._cli.load import loads

SOURCE = Path(handler_path("application_stages")).read_text(encoding="utf-8")
FAILURES = {
    "QUEUE_FULL": Answer(429, "too many", "text/plain"),
    "DEADLINE_EXCEEDED": Answer(408, "too late", "text/plain"),
    "ROUTE_NOT_FOUND": Answer(404, "nothing is here"),
    "METHOD_NOT_ALLOWED": Answer(405, "not so"),
    "*": Answer(500, '{"detail": {json}}', "application/json"),
}


def stage(name: str, function: str, **options: object) -> Stage:
    return Stage(name, f"{SOURCE}\n\nhandle = {function}\n", options)


def chain(*stages: str) -> list[Node]:
    return [Node(s, s, stages[i - 1 : i] if i else ()) for i, s in enumerate(stages)]


def pets() -> Plan:
    stages = [
        stage("say", "say", minWorkers=2, maxWorkers=2, batchSize=4),
        stage("upper", "upper"),
        stage("act", "act"),
        stage("inputs", "inputs"),
        stage("describe", "describe"),
        stage("tell", "tell"),
        stage("narrow", "act", jobQueueSize=1),
    ]
    diamond = [
        Node("say", "say"),
        Node("left", "upper", ["say"]),
        Node("right", "act", ["say"]),
        Node("join", "inputs", ["left", "right"]),
    ]
    routes = [
        Route("/one", [Node("only", "say")], empty_body=Answer(422, "no body", "text/plain")),
        Route("/three", chain("act", "say", "upper")),
        Route("/diamond", diamond),
        Route("/timed", chain("act", "upper"), timeout_ms=300),
        Route("/form", [Node("inputs", "inputs")], body="inputs"),
        Route("/raw", [Node("describe", "describe")]),
        Route("/events", [Node("tell", "tell")], events=True),
        Route("/later/events", chain("act", "tell"), events=True),
        Route("/narrow", [Node("narrow", "narrow")]),
    ]
    documents = [
        Document("/", "text/html", b"<p>pets</p>"),
        Document("/metrics", "text/plain", b"pets_total 3\n"),
        Document("/health", "text/plain", b"well", health=True, drain_text="leaving"),
    ]
    return Plan("pets", stages, routes, documents, FAILURES)


def second() -> Plan:
    routes = [Route("/second/echo", chain("first", "last")), Route("/v1/second", [Node("n", "last")])]
    return Plan("second", [stage("first", "act"), stage("last", "upper")], routes)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    base = tmp_path_factory.mktemp("applications")
    app = pets().write(base / "pets")
    running = RunningServer(base / "server", arguments=["--enable-model-api", "--app", str(app)])
    second().write(running.store / "second")
    with running:
        yield running


def ask(server: RunningServer, path: str, body: str | None = "", **headers: str) -> rest.Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return rest.call(server.inference, "POST", path, body, named)


def models(server: RunningServer) -> set[str]:
    return {model["modelName"] for model in server.manage("GET", "/models").json()["models"]}


def test_stages_are_models_and_the_start_waits_for_them(server: RunningServer) -> None:
    assert {"pets__say", "pets__upper", "pets__tell"} <= models(server)
    assert len(server.workers("pets__say")) == 2
    assert len(server.workers("pets__upper")) == 1
    assert rest.call(server.inference, "GET", "/readyz").status == 200


def test_one_stage_answers_alone_and_knows_its_route(server: RunningServer) -> None:
    body, route, number = ask(server, "/one", "cat").text.split("|")
    assert (body, route) == ("cat", "0#only")
    assert number in "12"


def test_a_stage_serves_several_routes(server: RunningServer) -> None:
    answer = ask(server, "/three", "cat")
    assert answer.status == 200, answer.text
    assert answer.text.startswith("CAT|1#SAY|")


def test_a_join_is_given_the_answers_by_the_nodes_names(server: RunningServer) -> None:
    answer = ask(server, "/diamond", "cat").json()
    assert set(answer) == {"left", "right"}
    assert answer["left"] == answer["right"].upper()
    assert answer["right"].startswith("cat|2#say|")


def test_each_worker_has_a_number_and_its_successor_gets_it(server: RunningServer) -> None:
    def numbers() -> set[str]:
        return {ask(server, "/one", "x").text[-1] for _ in range(8)}

    eventually(lambda: numbers() == {"1", "2"})
    os.kill(server.workers("pets__say")[0]["pid"], signal.SIGKILL)
    eventually(lambda: len(server.workers("pets__say")) == 2)
    eventually(lambda: numbers() == {"1", "2"})


def test_a_raw_body_is_not_decoded_and_inputs_are(server: RunningServer) -> None:
    raw = ask(server, "/raw", '{"a": 1}', content_type="application/json").json()
    assert raw == ["bytearray", "application/json"]
    form = ask(server, "/form?c=3", "a=1&b=2", content_type="application/x-www-form-urlencoded")
    assert form.json() == {"a": "1", "b": "2", "c": "3"}


def test_an_empty_body_is_answered_as_the_route_says(server: RunningServer) -> None:
    answer = ask(server, "/one")
    assert (answer.status, answer.text, answer.headers["content-type"]) == (422, "no body", "text/plain")


def test_a_stages_own_status_ends_the_way_as_it_is(server: RunningServer) -> None:
    answer = ask(server, "/three", "refuse me")
    assert (answer.status, answer.text, answer.headers["x-stage"]) == (418, "refuse me", "act")


def test_failures_are_told_in_the_applications_words(server: RunningServer) -> None:
    raised = ask(server, "/three", "raise")
    assert (raised.status, raised.headers["content-type"]) == (500, "application/json")
    assert raised.json() == {"detail": "Error executing act: Prediction failed"}
    missing = ask(server, "/three/below", "x")
    assert (missing.status, missing.text) == (404, "nothing is here")
    assert "content-type" not in missing.headers
    assert ask(server, "/quite/elsewhere", "x").text == "nothing is here"
    wrong = rest.call(server.inference, "GET", "/three")
    assert (wrong.status, wrong.text, wrong.headers["allow"]) == (405, "not so", "POST")


def test_the_way_has_a_deadline_that_the_client_may_shorten(server: RunningServer, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    late = ask(server, "/timed", f"await {gate}")
    gate.touch()
    assert (late.status, late.text) == (408, "too late")
    other = tmp_path / "other"
    shortened = ask(server, "/three", f"await {other}", x_request_timeout_ms="200")
    other.touch()
    assert (shortened.status, shortened.text) == (408, "too late")
    eventually(lambda: ask(server, "/three", "back").status == 200)


@pytest.mark.parametrize("path", ["/events", "/later/events"])
def test_events_reach_the_client_as_the_stage_frames_them(server: RunningServer, path: str) -> None:
    answer = ask(server, path, "a b")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.text == "event: message\ndata: a\n\nevent: message\ndata: b\n\nevent: end\n\n"


def test_a_failure_among_events_is_the_last_one(server: RunningServer) -> None:
    answer = ask(server, "/events", "a raise b")
    assert answer.text.startswith("event: message\ndata: a\n\nevent: error\ndata: ")
    assert "Prediction failed" in answer.text


def test_a_full_queue_is_told_at_the_edge(server: RunningServer, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    with ThreadPoolExecutor(12) as clients:
        answers = [clients.submit(ask, server, "/narrow", f"await {gate}") for _ in range(12)]
        eventually(lambda: any(answer.done() for answer in answers))
        gate.touch()
        statuses = sorted(answer.result().status for answer in answers)
    assert set(statuses) == {200, 429}
    assert next(a.result() for a in answers if a.result().status == 429).headers["retry-after"] == "1"


def test_the_stage_that_the_others_wait_for_is_seen_while_it_works(
    server: RunningServer, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    with ThreadPoolExecutor(3) as clients:
        answers = [clients.submit(ask, server, "/three", f"await {gate}") for _ in range(3)]
        eventually((tmp_path / "gate.begun").exists)
        (load,) = loads([Endpoint(server.metrics)], 0.3)
        gate.touch()
        assert {answer.result().status for answer in answers} == {200}
    rows = {row.model: row for row in load or ()}
    assert [name for name, row in rows.items() if row.narrowest] == ["pets__act"]
    act = rows["pets__act"]
    assert (act.waiting, act.running, act.workers) == (2, 1, 1)
    assert act.busy == pytest.approx(1.0, abs=0.2)
    assert rows["pets__upper"].busy == 0.0
    assert rows["pets__say"].workers == 2


def test_a_killed_worker_takes_no_more_than_the_run_that_it_had(server: RunningServer) -> None:
    (victim,) = server.workers("pets__upper")
    with ThreadPoolExecutor(16) as clients:
        answers = [clients.submit(ask, server, "/three", f"n{number}") for number in range(200)]
        eventually(lambda: any(answer.done() for answer in answers))
        os.kill(victim["pid"], signal.SIGKILL)
    lost = []
    for number, answer in enumerate(answers):
        reply = answer.result()
        if reply.status == 200:
            assert reply.text.startswith(f"N{number}|")
        else:
            lost.append(reply.json()["detail"])
    assert len(lost) <= 1, lost
    assert all(detail.startswith("Error executing upper: Worker died") for detail in lost)


def test_a_request_that_kills_its_worker_ends_alone(server: RunningServer) -> None:
    answer = ask(server, "/three", "kill")
    assert answer.status == 500
    assert "Error executing act: " in answer.json()["detail"]
    eventually(lambda: ask(server, "/three", "back").status == 200)


def test_pages_stand_in_the_place_of_the_servers_own(server: RunningServer) -> None:
    page = rest.call(server.inference, "GET", "/")
    assert (page.status, page.text, page.headers["content-type"]) == (200, "<p>pets</p>", "text/html")
    assert rest.call(server.inference, "GET", "/metrics").text == "pets_total 3\n"
    assert rest.call(server.inference, "HEAD", "/metrics").status == 200
    assert rest.call(server.inference, "GET", "/health").text == "well"
    assert "pets__say" in rest.call(server.metrics, "GET", "/metrics").text


def test_an_application_is_registered_by_a_call_and_removed_whole(server: RunningServer) -> None:
    registered = server.manage("POST", "/workflows", url="second")
    assert registered.status == 200, registered.text
    assert ask(server, "/second/echo", "cat").text == "CAT"
    assert ask(server, "/v1/second", "dog").text == "DOG"
    (shown,) = server.manage("GET", "/workflows/second").json()
    assert shown["stages"] == ["first", "last"]
    assert shown["routes"][0]["path"] == "/second/echo"
    assert server.manage("POST", "/workflows", url="second").status == 409
    assert ask(server, "/wfpredict/second", "x").status == 404
    assert server.manage("DELETE", "/workflows/second").status == 200
    assert ask(server, "/second/echo", "cat").status == 404
    assert not {name for name in models(server) if name.startswith("second__")}


def test_a_taken_path_leaves_nothing_of_an_application(server: RunningServer) -> None:
    plan = Plan("rival", [stage("s", "upper")], [Route("/one", [Node("n", "s")])])
    plan.write(server.store / "rival")
    refused = server.manage("POST", "/workflows", url="rival")
    assert refused.status == 409
    assert "POST /one is a route of application pets" in refused.message
    assert "rival__s" not in models(server)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda head: head.update(format=2), "app.json: format: 2 (expected: a whole number from 1 to 1)"),
        (lambda head: head.update(rutes=[]), "app.json: rutes: unknown key (expected: routes)"),
        (
            lambda head: head["routes"][0]["nodes"][1].update(stage="lost"),
            "app.json: routes[0].nodes[1].stage: lost (expected: one of first, last)",
        ),
        (
            lambda head: head["routes"][0]["nodes"][1].update(inputs=["lost"]),
            "routes[0].nodes: The graph leads from lost to last, but there is no node lost",
        ),
        (
            lambda head: head["stages"]["first"].update(folder="../elsewhere"),
            "app.json: stages.first.folder: ../elsewhere (expected: a folder of the application)",
        ),
        (
            lambda head: head["failures"].update(NONE={"status": 1}),
            "app.json: failures.NONE.status: 1 (expected: a whole number from 200 to 599)",
        ),
    ],
)
def test_a_bad_description_is_refused_with_the_path_of_the_key(
    server: RunningServer, change: Callable[[dict[str, object]], None], message: str
) -> None:
    folder = server.store / "bad"
    if not folder.exists():
        second().write(folder)
    head = json.loads((server.store / "second" / "app.json").read_text(encoding="utf-8"))
    change(head)
    (folder / "app.json").write_text(json.dumps(head), encoding="utf-8")
    refused = server.manage("POST", "/workflows", url="bad")
    assert (refused.status, refused.message.rstrip(".")) == (400, message)


def test_a_stopping_server_finishes_ways_and_its_health_says_so(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    app = pets().write(tmp_path / "pets")
    with RunningServer(tmp_path / "server", arguments=["--app", str(app)]) as server:
        with ThreadPoolExecutor(1) as clients:
            answer: Future[rest.Reply] = clients.submit(ask, server, "/three", f"await {gate}")
            eventually((tmp_path / "gate.begun").exists)
            server.process.send_signal(signal.SIGTERM)
            eventually(lambda: rest.call(server.inference, "GET", "/health").status == 503)
            assert rest.call(server.inference, "GET", "/health").text == "leaving"
            gate.touch()
            assert answer.result().status == 200
        server.process.wait(30)
        assert server.process.returncode == 0


def test_an_application_that_is_not_there_is_a_failed_start(tmp_path: Path) -> None:
    running = RunningServer(tmp_path / "server", arguments=["--app", str(tmp_path / "nowhere")])
    with running as server:
        (row,) = server.state()["models"]
        assert row["state"] == "failed"
        assert rest.call(server.inference, "GET", "/readyz").status == 503
