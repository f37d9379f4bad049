"""Scripts of Mosec's users on real servers: answers, statuses and texts are those of Mosec 0.9.8."""

from __future__ import annotations

import gzip
import json
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest
from support import rest
from support.places import ROOT
from support.scripts import START_SECONDS, STOP_SECONDS, RunningScript
from support.waiting import eventually

APPS = ROOT / "test" / "support" / "apps"
SCRIPT = APPS / "mosec_features.py"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningScript]:
    base = tmp_path_factory.mktemp("mosec")
    flags = ["--path", str(base / "path"), "--max-request-size", "1000", "--compression"]
    with RunningScript(SCRIPT, base, flags) as running:
        yield running


def ask(server: RunningScript, path: str, value: Any) -> rest.Reply:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return rest.call(server.address, "POST", path, body)


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        ({"wish": "validation"}, 422, "request validation error: a - b"),
        ({"wish": "nothing"}, 422, "request validation error: request validation error"),
        ({"wish": "own"}, 422, "mine: q"),
        ({"wish": "client"}, 400, "bad request: x"),
        ({"wish": "server"}, 500, "internal error: x"),
        ({"wish": "other"}, 500, "inference internal error"),
        ({"wish": "unserialisable"}, 500, "encoding error: encoding error"),
        (b"{", 400, "decoding error: decoding error"),
        ({"wish": "slow"}, 408, "mosec timeout error: [14]`forward` timeout after 0.5s"),
        (b" " * 1001, 413, "request body is too large"),
    ],
)
def test_failures_have_mosecs_statuses_and_texts(
    server: RunningScript, body: Any, status: int, text: str
) -> None:
    answer = ask(server, "/inference", body)
    assert (answer.status, answer.text) == (status, text)
    assert "content-type" not in answer.headers


def test_an_answer_is_indented_json_whatever_the_requests_type(server: RunningScript) -> None:
    answer = rest.call(server.address, "POST", "/inference", b'{"a": 1}', {"Content-Type": "text/x"})
    assert (answer.status, answer.text) == (200, '{\n  "a": 1\n}')
    assert answer.headers["content-type"] == "application/json"


def test_one_answer_is_no_event_whatever_the_client_accepts(server: RunningScript) -> None:
    headers = {"Accept": "text/event-stream"}
    answer = rest.call(server.address, "POST", "/inference", b'{"a": 1}', headers)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() == {"a": 1}


def test_the_console_has_what_workers_print_and_lines_of_json(server: RunningScript) -> None:
    assert ask(server, "/inference", {"wish": "print"}).status == 200
    assert ask(server, "/inference", {"wish": "other"}).status == 500
    eventually(lambda: "printed by a worker\n" in server.text() and "Traceback" in server.text())
    others = {"printed by a worker", "Model server started."}
    for line in filter(lambda line: line not in others, server.text().splitlines()):
        assert {"timestamp", "level", "fields", "target"} <= json.loads(line).keys()


def test_bodies_are_packed_both_ways(server: RunningScript) -> None:
    value = {"a": [0] * 300}
    body = gzip.compress(json.dumps(value).encode())
    plain = {"Content-Encoding": "gzip"}
    answer = rest.call(server.address, "POST", "/inference", body, plain)
    assert (answer.status, answer.json()) == (200, value)
    packed = rest.call(server.address, "POST", "/inference", body, {**plain, "Accept-Encoding": "gzip"})
    assert (packed.status, packed.headers["content-encoding"]) == (200, "gzip")
    assert gzip.decompress(packed.body) == answer.body
    small = rest.call(server.address, "POST", "/inference", b"{}", {"Accept-Encoding": "gzip"})
    assert (small.text, small.headers.get("content-encoding")) == ("{}", None)


def test_an_empty_body_is_answered_by_the_server(server: RunningScript) -> None:
    answer = ask(server, "/inference", b"")
    assert (answer.status, answer.text) == (200, "no data provided")


def test_unknown_paths_and_wrong_verbs_have_no_body(server: RunningScript) -> None:
    assert (ask(server, "/nowhere", b"x").status, ask(server, "/nowhere", b"x").body) == (404, b"")
    wrong = rest.call(server.address, "GET", "/inference")
    assert (wrong.status, wrong.body, wrong.headers["allow"]) == (405, b"", "POST")


def test_a_worker_knows_itself_after_its_constructor(server: RunningScript) -> None:
    assert ask(server, "/inference", {"wish": "facts"}).json() == [["", 0, 1], "Cases_2", 1, 1]


def test_bodies_are_bytearrays_and_views_are_answers(server: RunningScript) -> None:
    answer = ask(server, "/bytes", b"\x00\xff")
    assert (answer.body, answer.headers["content-type"]) == (b"\x00\xff", "image/png")


def test_stages_pass_arrays_on(server: RunningScript) -> None:
    assert ask(server, "/pipeline", {"x": 2}).json() == {"sum": 8.0, "batch": 1, "stage": "Postprocess_5"}


def test_one_runtime_is_the_middle_of_a_route_and_the_edge_of_another(server: RunningScript) -> None:
    paths = ["/pipeline", "/model"] * 2
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda path: ask(server, path, {"x": 1}).json(), paths))
    assert [answer["sum"] for answer in answers] == [4.0, 1.0, 4.0, 1.0]
    assert max(answer["batch"] for answer in answers) > 1


def test_a_batch_of_the_wrong_length_fails(server: RunningScript) -> None:
    answer = ask(server, "/model", {"x": 13})
    assert (answer.status, answer.text) == (500, "inference internal error")


def test_a_request_that_cannot_be_read_fails_alone(server: RunningScript) -> None:
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda body: ask(server, "/model", body), [{"x": 1}, b"{", {"x": 2}]))
    assert [answer.status for answer in answers] == [200, 400, 200]


def test_each_worker_has_its_number_and_its_environment_before_the_import(server: RunningScript) -> None:
    def workers() -> dict[int, Any]:
        # What a killed worker held has failed.
        answers = [reply for reply in (ask(server, "/coloured", {}) for _ in range(8)) if reply.status == 200]
        return {number: (colour, pid) for number, colour, pid in (reply.json() for reply in answers)}

    before: dict[int, Any] = {}

    def are_known() -> bool:
        before.update(workers())
        return len(before) == 2

    eventually(are_known)
    assert (before[1][0], before[2][0]) == ("red", "blue")
    os.kill(before[1][1], signal.SIGKILL)

    def is_back() -> bool:
        seen = workers()
        return len(seen) == 2 and seen[1][1] != before[1][1]

    # One of two works on meanwhile.
    assert rest.call(server.address, "GET", "/").text == "MOSEC service"
    eventually(is_back)
    assert workers()[1][0] == "red"


def test_events_end_with_forward_and_an_error_is_the_last(server: RunningScript) -> None:
    answer = ask(server, "/events", {})
    assert (answer.status, answer.headers["content-type"]) == (200, "text/event-stream")
    assert answer.text == "data: a\ndata: b\n\ndata: two\n\n"
    told = "SSE inference error: 422: Unprocessable Content: request validation error: oh"
    assert ask(server, "/events", {"bad": 1}).text == f"data: a\ndata: b\n\nevent: error\ndata: {told}\n\n"
    broken = ask(server, "/events", b"{")
    told = "SSE inference error: 400: Bad Request: decoding error: decoding error"
    assert (broken.status, broken.text) == (200, f"event: error\ndata: {told}\n\n")


def test_typed_msgpack_is_checked(server: RunningScript) -> None:
    answer = ask(server, "/typed", msgspec.msgpack.encode({"a": 1, "b": 2}))
    assert (msgspec.msgpack.decode(answer.body), answer.headers["content-type"]) == (3, "application/msgpack")
    wrong = ask(server, "/typed", msgspec.msgpack.encode({"a": "x"}))
    text = "request validation error: Expected `int`, got `str` - at `$[...]`"
    assert (wrong.status, wrong.text) == (422, text)
    assert ask(server, "/typed", b"\xc1").status == 400


def test_pages(server: RunningScript) -> None:
    health = rest.call(server.address, "GET", "/")
    assert (health.text, health.headers["content-type"]) == ("MOSEC service", "text/plain; charset=utf-8")
    api = rest.call(server.address, "GET", "/openapi/metadata.json").json()
    typed = api["paths"]["/typed"]["post"]
    assert typed["requestBody"]["content"]["application/msgpack"]["schema"]["type"] == "object"
    assert "requestBody" not in api["paths"]["/inference"]["post"]
    for path in ("/openapi/swagger", "/openapi/swagger/"):
        page = rest.call(server.address, "GET", path).text
        assert 'data-openapi="/openapi/metadata.json"' in page
    assert rest.call(server.address, "GET", "/docs/start.js").status == 200


def test_the_first_answer_is_already_the_scripts(tmp_path: Path) -> None:
    running = RunningScript(APPS / "mosec_ends.py", tmp_path)
    process = running.spawn("--port", str(running.port), "--address", "127.0.0.1")
    answers: list[rest.Reply] = []

    def answer() -> bool:
        assert process.poll() is None, running.text()
        try:
            answers.append(rest.call(running.address, "GET", "/"))
        except OSError:
            return False
        return answers[-1].status == 200

    try:
        eventually(answer, START_SECONDS)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(STOP_SECONDS)
    assert answers[-1].text == "MOSEC service"
    assert {one.status for one in answers[:-1]} <= {503}


def test_the_drain_finishes_what_was_accepted_and_run_returns(tmp_path: Path) -> None:
    path = tmp_path / "path"
    with RunningScript(
        APPS / "mosec_ends.py", tmp_path, ["--path", str(path), "--timeout", "30000"]
    ) as running:
        assert running.process is not None
        with ThreadPoolExecutor(1) as pool:
            late = pool.submit(ask, running, "/inference", {"wish": "wait"})
            eventually(lambda: "waiting" in running.text())
            running.process.send_signal(signal.SIGTERM)
            eventually(lambda: rest.call(running.address, "GET", "/").status == 503)
            refused = ask(running, "/inference", {})
            assert (refused.status, refused.text) == (503, "gracefully shutting down")
            assert rest.call(running.address, "GET", "/").text == "gracefully shutting down"
            (tmp_path / "go").touch()
            assert late.result().json() == "waited"
        assert running.process.wait(STOP_SECONDS) == 0
    assert "run returned" in running.text()
    assert not path.exists()


def test_the_server_ends_when_all_workers_of_a_stage_have_died(tmp_path: Path) -> None:
    with RunningScript(APPS / "mosec_ends.py", tmp_path) as running:
        assert running.process is not None
        assert ask(running, "/inference", {"wish": "exit"}).status == 500
        assert running.process.wait(STOP_SECONDS) == 1
    assert "all the Ends_1 workers exited" in running.text()
    assert not [one for one in psutil.process_iter(["cmdline"]) if str(tmp_path) in str(one.info["cmdline"])]


@pytest.mark.parametrize(
    ("mode", "text"),
    [
        ("constructor", "no weights"),
        ("daemon 3", "mosec daemon [d] exited on error code: 3"),
        ("daemon 0", "mosec daemon [d] exited on error code: 0"),
    ],
)
def test_the_server_ends_when_it_cannot_go_on(tmp_path: Path, mode: str, text: str) -> None:
    running = RunningScript(APPS / "mosec_ends.py", tmp_path, environment={"MODE": mode})
    process = running.spawn("--port", str(running.port), "--address", "127.0.0.1")
    assert process.wait(90) == 1
    assert text in running.text()


@pytest.mark.parametrize(
    ("mode", "code", "texts"),
    [
        ("", 0, ["dry run init successful"]),
        ("bare", 0, ["cannot find the example in the 1st stage worker, skip warmup"]),
        ("failing", 1, ["dry run failed at First_1", "no such layer"]),
    ],
)
def test_a_dry_run_sends_the_example_through_all_stages(
    tmp_path: Path, mode: str, code: int, texts: list[str]
) -> None:
    running = RunningScript(APPS / "mosec_dry.py", tmp_path, environment={"MODE": mode})
    assert running.spawn("--dry-run").wait(60) == code, running.text()
    assert all(text in running.text() for text in texts), running.text()


def test_a_dry_run_tells_what_each_stage_took(tmp_path: Path) -> None:
    running = RunningScript(APPS / "mosec_dry.py", tmp_path)
    assert running.spawn("--dry-run").wait(60) == 0, running.text()
    lines = [json.loads(line)["fields"]["message"] for line in running.text().splitlines()]
    result = json.loads(lines[-1].removeprefix("dry run result: "))
    assert (result["endpoint"], result["request"], result["result_size"]) == ("/inference", {"x": 3}, 36)
    assert [stage["stage"] for stage in result["stage_metrics"]] == ["First_1", "Second_2"]
    names = {"stage", "wall_time_seconds", "cpu_time_seconds", "max_rss_bytes"}
    assert all(stage.keys() >= names for stage in result["stage_metrics"])


def test_a_script_without_a_guard_is_told_so(tmp_path: Path) -> None:
    running = RunningScript(APPS / "mosec_dry.py", tmp_path, environment={"MODE": "unguarded"})
    assert running.spawn("--port", str(running.port), "--address", "127.0.0.1").wait(90) == 1
    assert "while a worker imports the script" in running.text()


def test_metrics_have_mosecs_names(server: RunningScript) -> None:
    assert ask(server, "/bytes", b"x").status == 200
    assert ask(server, "/inference", {"wish": "client"}).status == 400

    def page() -> set[str]:
        return set(rest.call(server.address, "GET", "/metrics").text.splitlines())

    def counts(series: str) -> bool:
        return any(line.startswith(series) and float(line.rpartition(" ")[2]) >= 1 for line in page())

    head = "mosec_service_"
    eventually(lambda: counts(head + 'throughput_total{code="200",endpoint="/bytes"}'))
    eventually(lambda: counts(head + 'throughput_total{code="400",endpoint="/inference"}'))
    eventually(lambda: counts(head + 'process_duration_second_count{stage="Bytes_3",connection="all"}'))
    eventually(lambda: counts(head + 'process_duration_second_count{stage="total",connection="total"}'))
    eventually(lambda: counts(head + 'batch_size_bucket{stage="Bytes_3",connection="all",le="1.0"}'))
    assert f"{head}remaining_task 0" in page()
