"""Arguments of servers and runtimes, flags and variables, and the plan that is made of them."""

from __future__ import annotations

import io
import json
import multiprocessing
import pickle
import re
import socket
import sys
import threading
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mariner.errors import DefinitionError
from mariner.runner import Runner
from ts.compat.mosec import Runtime, Server, SSEWorker, ValidationError, Worker, get_logger
from ts.compat.mosec.arguments import Settings, parse_arguments
from ts.compat.mosec.errors import MosecError
from ts.compat.mosec.log import follow_environment
from ts.compat.mosec.mixin import MsgpackMixin, PlasmaShmIPCMixin
from ts.compat.mosec.openapi import document
from ts.compat.mosec.plan import plan_of
from ts.compat.mosec.protocol import HTTPStatusCode

SETTINGS = Settings("/nowhere/mosec")


class Echo(Worker):
    def forward(self, data: Any) -> Any:
        if data == "bad":
            raise ValidationError("bad")
        return data


class Locks(Worker):
    def forward(self, data: Any) -> Any:
        return threading.Lock()


class Letters(Worker):
    def forward(self, data: str) -> Any:
        return (letter for letter in data)


class Half(Worker):
    def forward(self, data: list[Any]) -> list[Any]:
        return data[1:]


class Generates(Worker):
    def forward(self, data: list[Any]) -> Any:
        return (one for one in data)


class Keys(Worker):
    def forward(self, data: list[Any]) -> Any:
        return {"a": 1}


class Object(Worker):
    def serialize(self, data: Any) -> Any:
        return {"a": data}

    serialize_ipc = serialize

    def forward(self, data: Any) -> Any:
        return data


class Ones(Echo):
    def forward(self, data: Any) -> Any:
        return np.ones((data, 2), dtype=np.float32)


class Sums(Echo):
    def forward(self, data: list[Any]) -> list[float]:
        return [float(one.sum()) for one in data]


class Shouts(PlasmaShmIPCMixin, Echo):
    def serialize_ipc(self, data: Any) -> Any:
        return super().serialize_ipc(data.upper())


class Pickles(Echo):
    def serialize_ipc(self, data: Any) -> bytes:
        return pickle.dumps(data)


class Unpickles(Echo):
    def deserialize_ipc(self, data: Any) -> Any:
        return pickle.loads(data)


class Packs(Echo):
    def serialize_ipc(self, data: Any) -> bytes:
        return zlib.compress(super().serialize_ipc(data))

    def deserialize_ipc(self, data: Any) -> Any:
        return super().deserialize_ipc(zlib.decompress(data))


class Refused(MosecError):
    code = HTTPStatusCode.VALIDATION_ERROR
    msg = "refused"


class Refuses(Worker):
    def forward(self, data: Any) -> Any:
        raise Refused(data)


class Mapped(Worker):
    def forward(self, data: dict[str, int]) -> Any:
        return list(data)


class Lost(Worker):
    def forward(self, data: Nowhere) -> int:  # type: ignore[name-defined]  # noqa: F821
        return 1


class Packed(MsgpackMixin, Echo):
    pass


class Annotated(Worker):
    def forward(self, data: list[dict[str, int]]) -> list[int]:
        return [len(one) for one in data]


class Tells(SSEWorker):
    def forward(self, data: Any) -> None:
        self.send_stream_event("x\n")
        self.send_stream_event("")
        self.send_stream_event("\n")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Server:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    monkeypatch.setattr(sys, "argv", ["script.py", "--port", port, "--path", str(tmp_path), "--own", "x"])
    for name in ("MOSEC_LOG_LEVEL", "MOSEC_DEBUG"):
        monkeypatch.setenv(name, "")
    return Server()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"num": 0}, "worker number must be no less than 1"),
        ({"max_batch_size": 0}, "maximum batch size must be no less than 1"),
        ({"max_wait_time": -1}, "maximum wait time must be no less than 0"),
        ({"timeout": -0.1}, "forward timeout must be no less than 0"),
        ({"num": "2"}, "worker number must be integer but you give <class 'str'>"),
        ({"max_wait_time": 2.5}, "maximum wait time must be integer but you give <class 'float'>"),
        ({"start_method": "thread"}, "start method must be one of"),
        ({"num": 2, "env": [{}]}, r"len\(env\) must equal to num"),
        ({"env": [{"A": 1}]}, "env must be a list of string dictionary"),
        ({"worker": int}, "worker must be inherited from mosec.Worker"),
        ({"worker": Echo()}, "worker must be inherited from mosec.Worker"),
    ],
)
def test_arguments_out_of_bounds_are_refused(server: Server, arguments: dict[str, Any], text: str) -> None:
    with pytest.raises(AssertionError, match=text):
        server.append_worker(**{"worker": Echo, **arguments})


@pytest.mark.parametrize(
    "route", ["/", "/metrics", "/openapi", "/openapi/swagger/", "/openapi/metadata.json", "plain"]
)
def test_reserved_routes_are_refused(server: Server, route: str) -> None:
    with pytest.raises(ValueError, match=r"try another one|expected: a path"):
        server.append_worker(Echo, route=["/fine", route])
    with pytest.raises(ValueError, match=r"try another one|expected: a path"):
        server.register_runtime({route: [Runtime(Echo)]})
    with pytest.raises(AssertionError, match="no worker registered"):
        server.run()


def test_runtimes_are_only_for_an_empty_server(server: Server) -> None:
    server.append_worker(Echo)
    with pytest.raises(RuntimeError, match="empty mosec server"):
        server.register_runtime({"/a": [Runtime(Echo)]})


def test_a_daemon_is_a_process(server: Server) -> None:
    with pytest.raises(AssertionError, match="is not a process or subprocess"):
        server.register_daemon("a", object())  # type: ignore[arg-type]
    server.register_daemon("a", multiprocessing.get_context("spawn").Process(target=print))


def test_an_address_in_use_is_told_when_the_server_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        monkeypatch.setattr(sys, "argv", ["x", "--address", "127.0.0.1", "--port", str(port)])
        monkeypatch.setenv("MOSEC_LOG_LEVEL", "")
        monkeypatch.setenv("MOSEC_DEBUG", "")
        with pytest.raises(RuntimeError, match=f"127.0.0.1:{port} is in use"):
            Server()


def test_flags_count_more_than_variables_and_these_more_than_defaults() -> None:
    variables = {"MOSEC_PORT": "81", "MOSEC_TIMEOUT": "5", "MOSEC_DRY_RUN": "true", "MOSEC_WAIT": "1"}
    found = parse_arguments(["--port", "82", "--other", "--debug"], variables)
    assert (found.port, found.timeout, found.dry_run, found.debug) == (82, 5, True, True)
    assert (found.wait, found.capacity, found.max_request_size) == (10, 1024, 10_485_760)
    assert (found.address, found.namespace, found.log_level) == ("0.0.0.0", "mosec_service", "info")


@pytest.mark.parametrize(
    ("arguments", "variables", "text"),
    [
        (["--capacity", "0"], {}, "--capacity: 0 (expected: >= 1)"),
        (["--port", "70000"], {}, "--port: 70000 (expected: 1 to 65535)"),
        ([], {"MOSEC_TIMEOUT": "soon"}, "MOSEC_TIMEOUT: 'soon' (expected: a whole number)"),
        ([], {"MOSEC_LOG_LEVEL": "loud"}, "MOSEC_LOG_LEVEL: 'loud' (expected: debug or"),
    ],
)
def test_malformed_values_end_the_command(
    arguments: list[str], variables: dict[str, str], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        parse_arguments(arguments, variables)
    assert end.value.code == 2
    assert text in capsys.readouterr().err


def test_options_of_a_stage() -> None:
    pool = Runtime(Echo, num=3, max_batch_size=8, timeout=0.5)
    (stage,) = plan_of({"/a": [pool]}, Settings("/nowhere", capacity=7)).stages
    assert stage.name == pool.name
    expected = {"minWorkers": 3, "maxWorkers": 3, "batchSize": 8, "maxBatchDelay": 10, "jobQueueSize": 7}
    assert expected.items() <= stage.options.items()
    assert stage.options["responseTimeout"] == 3
    (alone,) = plan_of({"/a": [Runtime(Echo)]}, SETTINGS).stages
    assert "maxBatchDelay" not in alone.options


def test_a_class_that_another_process_cannot_find_is_refused() -> None:
    class Local(Echo):
        pass

    with pytest.raises(DefinitionError, match=r"Local.*expected: a class at the top level of a module"):
        plan_of({"/a": [Runtime(Local)]}, SETTINGS)


def test_a_stage_that_streams_to_another_one_is_refused() -> None:
    first, last = Runtime(Tells), Runtime(Echo)
    told = rf"/a: {first.name} is an SSEWorker before {last.name} \(expected: only"
    with pytest.raises(DefinitionError, match=told):
        plan_of({"/a": [first, last]}, SETTINGS)


@pytest.mark.parametrize(
    ("worker", "told"),
    [
        (Locks, r"Locks_\d+: Traceback .*lock can't go to another stage: cannot pickle"),
        (Letters, r"Letters_\d+: Traceback .*generator can't go to another stage: cannot pickle 'generator'"),
        (Half, r"ValueError: Half_\d+: 0 outputs \(expected: 1, as many as inputs\)"),
        (Keys, r"TypeError: Keys_\d+: a dict of outputs \(expected: 1, as many as inputs\)"),
        (Generates, r"TypeError: Generates_\d+: a generator of outputs \(expected: 1, as many as inputs\)"),
    ],
)
def test_what_can_not_go_on_is_an_internal_error_whose_log_names_the_stage(
    worker: type[Worker], told: str, caplog: pytest.LogCaptureFixture
) -> None:
    size = 4 if worker in (Half, Keys, Generates) else 1
    plan = plan_of({"/a": [Runtime(worker, max_batch_size=size), Runtime(Echo)]}, SETTINGS)
    with Runner(plan) as runner:
        answer = runner.post("/a", json="x")
    assert (answer.status, answer.text) == (500, "inference internal error")
    assert re.search(told, caplog.text, re.DOTALL)


@pytest.mark.parametrize(("more", "method"), [([], "serialize"), ([Echo], "serialize_ipc")])
def test_a_body_that_is_not_made_of_bytes_is_an_encoding_error(more: list[type[Worker]], method: str) -> None:
    kinds: list[type[Worker]] = [Object, *more]
    way = [Runtime(kind) for kind in kinds]
    with Runner(plan_of({"/a": way}, SETTINGS)) as runner:
        answer = runner.post("/a", json="x")
    told = f"encoding error: {way[0].name}.{method}: dict (expected: bytes)"
    assert (answer.status, answer.text) == (500, told)


def test_a_class_may_stand_twice_and_a_runtime_too() -> None:
    pool, other = Runtime(Echo), Runtime(Echo)
    plan = plan_of({"/a": [pool, other, pool], "/b": [pool]}, SETTINGS)
    assert [stage.name for stage in plan.stages] == [pool.name, other.name]
    with Runner(plan) as runner:
        assert runner.post("/a", json=[1]).json() == [1]
        assert runner.post("/b", json="bad").text == "request validation error: bad"


def test_an_exception_ends_the_way() -> None:
    with Runner(plan_of({"/a": [Runtime(Echo), Runtime(Shouts), Runtime(Echo)]}, SETTINGS)) as runner:
        assert runner.post("/a", json="word").json() == "WORD"
        answer = runner.post("/a", json="bad")
        assert (answer.status, answer.text) == (422, "request validation error: bad")
        assert "content-type" not in answer.headers


def test_a_batch_is_a_list_even_of_one() -> None:
    with Runner(plan_of({"/a": [Runtime(Ones), Runtime(Sums, max_batch_size=4)]}, SETTINGS)) as runner:
        assert runner.post("/a", json=2).json() == 4.0
        answers = runner.batch("POST", "/a", [(b"1", {}), (b"x", {}), (b"3", {})])
        assert [answer.status for answer in answers] == [200, 400, 200]
        assert json.loads(answers[2].body) == 6.0


def test_msgpack_comes_with_tuples() -> None:
    msgpack = pytest.importorskip("msgpack")
    with Runner(plan_of({"/a": [Runtime(Packed)]}, SETTINGS)) as runner:
        answer = runner.post("/a", content=msgpack.packb([1, [b"x"]]))
        assert (msgpack.unpackb(answer.body), answer.headers["content-type"]) == (
            [1, [b"x"]],
            "application/msgpack",
        )
        assert runner.post("/a", content=b"\xc1").text == "decoding error: decoding error"


def test_events_in_this_process() -> None:
    with Runner(plan_of({"/a": [Runtime(Tells)]}, SETTINGS)) as runner:
        assert runner.post("/a", json=1).body == b"data: x\n\n\ndata: \n\n"


def test_runtimes_are_numbered_as_they_are_made() -> None:
    first, second, third = Runtime(Echo), Runtime(Half), Runtime(Echo)
    plan = plan_of({"/a": [third, first], "/b": [second]}, SETTINGS)
    assert [stage.name for stage in plan.stages] == [third.name, first.name, second.name]
    numbers = [int(one.name.rpartition("_")[2]) for one in (first, second, third)]
    assert numbers == list(range(numbers[0], numbers[0] + 3))


def test_a_worker_can_be_told_what_a_server_would_tell_it() -> None:
    worker = Echo()
    worker.stage, worker.max_batch_size, worker.worker_id = "Echo_1", 8, 2
    assert (worker.stage, worker.max_batch_size, worker.worker_id) == ("Echo_1", 8, 2)
    assert (Echo().stage, Echo().max_batch_size, Echo().worker_id) == ("", 1, 0)


def test_a_subclass_of_an_error_may_have_a_code_of_its_own() -> None:
    with Runner(plan_of({"/a": [Runtime(Refuses)]}, SETTINGS)) as runner:
        answer = runner.post("/a", json="x")
    assert (answer.status, answer.text) == (422, "refused: x")


@pytest.mark.parametrize("way", [[Pickles, Echo], [Echo, Unpickles], [Pickles, Unpickles], [Packs, Packs]])
def test_one_of_two_stages_may_pickle_values_itself(way: list[type[Worker]]) -> None:
    with Runner(plan_of({"/a": [Runtime(kind) for kind in way]}, SETTINGS)) as runner:
        assert runner.post("/a", json={"a": [1, "x"]}).json() == {"a": [1, "x"]}


def test_values_between_stages_are_pickles_outside_of_a_server() -> None:
    body = Echo().serialize_ipc({"a": 1})
    assert pickle.loads(body) == Echo().deserialize_ipc(body) == {"a": 1}


def test_records_of_the_scripts_own_logger_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = io.StringIO()
    monkeypatch.setattr(get_logger().handlers[0], "stream", texts)
    try:
        raise KeyError("k")
    except KeyError:
        get_logger().exception("m")
    line = json.loads(texts.getvalue())
    assert (line["level"], line["fields"]["message"]) == ("ERROR", "m")
    assert line["target"] == "user::test_server.py:test_records_of_the_scripts_own_logger_say_so"
    assert line["fields"]["exc_info"].endswith("KeyError: 'k'")


def test_a_logger_that_was_asked_for_early_follows_the_flags(
    monkeypatch: pytest.MonkeyPatch, server: Server
) -> None:
    texts = io.StringIO()
    monkeypatch.setattr(get_logger().handlers[0], "stream", texts)
    monkeypatch.setattr(sys, "argv", [*sys.argv, "--log-level", "debug"])
    Server()
    get_logger().debug("fine")
    monkeypatch.setenv("MOSEC_LOG_LEVEL", "info")
    follow_environment()
    get_logger().debug("not this")
    assert re.fullmatch(
        r"\S+ \x1b\[34mDEBUG\x1b\[0m user::test_server\.py:\d+ \[\d+\]: fine\n", texts.getvalue()
    )


def test_flags_may_be_shortened() -> None:
    assert parse_arguments(["--cap", "7", "--addr", "127.0.0.1"], {}).capacity == 7
    with pytest.raises(SystemExit):
        parse_arguments(["--p", "7"], {})


def test_only_the_list_of_a_batch_is_left_out_of_the_document() -> None:
    api = document({"/a": [Runtime(Mapped, max_batch_size=2)], "/b": [Runtime(Tells)], "/c": [Runtime(Lost)]})
    kind = api["paths"]["/a"]["post"]["requestBody"]["content"]["application/json"]["schema"]["type"]
    assert kind == "object"
    told = api["paths"]["/b"]["post"]["responses"]["200"]
    assert told["description"] == "Server-sent event stream"
    assert told["content"] == {"text/event-stream": {"schema": {"type": "null"}}}
    lost = api["paths"]["/c"]["post"]
    assert "requestBody" not in lost
    assert lost["responses"]["200"]["content"] == {"application/json": {"schema": {"type": "integer"}}}


def test_the_document_has_the_types_of_forward() -> None:
    api = document({"/a": [Runtime(Annotated, max_batch_size=2)], "/b": [Runtime(Echo)]})
    post = api["paths"]["/a"]["post"]
    asked = post["requestBody"]["content"]["application/json"]["schema"]
    assert asked == {"type": "object", "additionalProperties": {"type": "integer"}}
    assert post["responses"]["200"]["content"]["application/json"]["schema"] == {"type": "integer"}
    plain = api["paths"]["/b"]["post"]
    assert "requestBody" not in plain
    assert "content" not in plain["responses"]["200"]
