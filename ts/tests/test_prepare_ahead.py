"""What a worker does that prepares its next batch while one runs."""

from __future__ import annotations

import itertools
import pickle
import random
from pathlib import Path

import pytest

from ts._wire.messages import ALONE, Cancel, ErrorCode, Frame, FrameType
from ts.context import Context
from ts.tests.frontend import Frontend, ThreadWorker, item, write_model

STEPS = """
    import threading

    class Steps:
        def __init__(self):
            self.events = []
            self.prepared = threading.Event()

        def initialize(self, context):
            self.context = context

        def preprocess(self, data):
            texts = [bytes(row["body"]).decode() for row in data]
            self.events.append("prepare " + texts[0])
            if texts[0] == "next":
                self.prepared.set()
            if texts[0] == "bad":
                raise ValueError("bad input")
            return texts

        def inference(self, texts):
            self.events.append("run " + texts[0])
            if texts[0] == "waits" and not self.prepared.wait(30):
                raise TimeoutError("nothing was prepared meanwhile")
            return [text.upper() for text in texts]

        def postprocess(self, texts):
            self.events.append("done " + texts[0].lower())
            return texts

        def handle(self, data, context):
            if data[0]["body"] == b"events":
                return [" ".join(self.events)]
            return self.postprocess(self.inference(self.preprocess(data)))
"""


@pytest.fixture
def ahead(frontend: Frontend, tmp_path: Path) -> Frontend:
    """A worker with `STEPS` that has served the batches which are prepared while nothing runs."""
    frontend.serving(write_model(tmp_path / "m", STEPS), prepare_ahead="true")
    for _ in range(3):
        assert frontend.one(b"first").text == "FIRST"
    return frontend


def events(frontend: Frontend) -> list[str]:
    """What the handler did since the first batches, as words."""
    frontend.send(frame := frontend.frame(item(1, b"events"))._replace(flags=ALONE))
    words = frontend.result(frame.run)[0].text.split()
    pairs = [f"{step} {text}" for step, text in zip(words[::2], words[1::2], strict=True)]
    return [pair for pair in pairs if not pair.endswith("first")]


def together(frontend: Frontend, texts: list[str]) -> list[str]:
    """Sends runs of one request each with one system call; returns the answers."""
    runs = [frontend.frame(item(1, text.encode())) for text in texts]
    frontend.send(*runs)
    return [frontend.result(run.run)[0].text for run in runs]


def test_a_worker_says_how_many_runs_it_may_have_begun(frontend: Frontend, tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m", STEPS)
    assert frontend.load(folder, prepare_ahead="true") == {"status": "ok", "mode": "serial", "slots": "2"}


def test_the_next_batch_is_prepared_while_one_runs(ahead: Frontend) -> None:
    runs = [ahead.frame(item(1, b"waits")), ahead.frame(item(2, b"next"))]
    ahead.send(*runs)
    assert [ahead.result(run.run)[0].text for run in runs] == ["WAITS", "NEXT"]
    assert events(ahead) == [
        "prepare waits", "run waits", "prepare next", "done waits", "run next", "done next",
    ]  # fmt: skip


def test_a_run_that_finds_the_worker_idle_stays_on_its_thread(frontend: Frontend, tmp_path: Path) -> None:
    handler = """
        import threading

        class Telling:
            def preprocess(self, data):
                return threading.get_ident()

            def handle(self, data, context):
                return [str(self.preprocess(data) == threading.get_ident())]
    """
    frontend.serving(write_model(tmp_path / "m", handler), prepare_ahead="true")
    first = [frontend.one(b"").text for _ in range(3)]
    assert first == ["False"] * 3, "the first ones are prepared to see what they do"
    # One that comes right behind an answer may find its run not quite over, but not each of them does.
    assert any(frontend.one(b"").text == "True" for _ in range(500))


def test_a_request_never_waits_for_a_later_one_to_be_prepared(frontend: Frontend, tmp_path: Path) -> None:
    handler = """
        import threading

        class Blocking:
            def __init__(self):
                self.done = threading.Event()

            def preprocess(self, data):
                text = bytes(row["body"]).decode() if (row := data[0]) else ""
                if text == "later" and not self.done.wait(30):
                    raise TimeoutError("the request before it waits for this one")
                return [text]

            def handle(self, data, context):
                answer = self.preprocess(data)
                self.done.set()
                return answer
    """
    frontend.serving(write_model(tmp_path / "m", handler), prepare_ahead="true")
    for _ in range(3):
        frontend.one(b"first")
    for _ in range(50):
        assert together(frontend, ["sooner", "later"]) == ["sooner", "later"]


def test_preprocess_is_never_called_twice_at_the_same_time(frontend: Frontend, tmp_path: Path) -> None:
    handler = """
        import threading

        class Exclusive:
            def __init__(self):
                self.inside = threading.Lock()

            def preprocess(self, data):
                if not self.inside.acquire(blocking=False):
                    raise RuntimeError("called twice at the same time")
                try:
                    threading.Event().wait(0.001)
                    if data[0]["body"] == b"7":
                        raise ValueError("seven")
                    return [bytes(row["body"]).decode() for row in data]
                finally:
                    self.inside.release()

            def handle(self, data, context):
                return self.preprocess(data)
    """
    frontend.serving(write_model(tmp_path / "m", handler), prepare_ahead="true")
    texts = [str(n % 10) for n in range(300)]
    assert together(frontend, texts) == [text if text != "7" else "seven" for text in texts]


def test_no_more_than_one_run_is_begun_ahead(ahead: Frontend) -> None:
    runs = [ahead.frame(item(n, text)) for n, text in enumerate((b"waits", b"next", b"third"))]
    ahead.send(*runs)
    for run in runs:
        ahead.result(run.run)
    order = events(ahead)
    assert order.index("done waits") < order.index("prepare third")


@pytest.mark.parametrize("place", [1, 0], ids=("behind another run", "before another run"))
def test_nothing_is_done_beside_a_run_that_is_to_be_alone(ahead: Frontend, place: int) -> None:
    runs = [ahead.frame(item(1, b"one")), ahead.frame(item(2, b"two"))]
    runs[place] = runs[place]._replace(flags=ALONE)
    ahead.send(*runs)
    for run in runs:
        ahead.result(run.run)
    assert events(ahead) == [
        "prepare one", "run one", "done one", "prepare two", "run two", "done two",
    ]  # fmt: skip


def test_batches_of_any_size_keep_their_order_and_their_data(ahead: Frontend) -> None:
    source = random.Random(11)
    batches = [[f"{n}-{i}-{source.random()}" for i in range(source.randrange(1, 9))] for n in range(300)]
    runs = [ahead.frame(*(item(i + 1, text.encode()) for i, text in enumerate(batch))) for batch in batches]
    ahead.send(*runs)
    for run, batch in zip(runs, batches, strict=True):
        assert [a.text for a in ahead.result(run.run)] == [text.upper() for text in batch]


def test_an_error_of_preprocess_is_that_of_its_batch_alone(ahead: Frontend) -> None:
    runs = [ahead.frame(item(n, text)) for n, text in enumerate((b"a", b"bad", b"b"))]
    ahead.send(*runs)
    answers = [ahead.result(run.run)[0] for run in runs]
    assert [answer.error for answer in answers] == [0, ErrorCode.HANDLER_EXCEPTION, 0]
    assert answers[1].headers == {"exception": "ValueError", "detail": "bad input"}


def test_explanations_and_other_frames_keep_their_place(ahead: Frontend) -> None:
    runs = [
        ahead.frame(item(1, b"a")),
        ahead.frame(item(2, b"b"), kind=FrameType.EXPLAIN),
        ahead.frame(item(3, b"c")),
    ]
    ahead.send(*runs, Frame(FrameType.HEARTBEAT, run=77))
    assert [ahead.result(run.run)[0].text for run in runs] == ["A", "B", "C"]
    assert ahead.receive() == Frame(FrameType.HEARTBEAT, run=77)


def test_each_step_sees_the_requests_of_its_own_batch(frontend: Frontend, tmp_path: Path) -> None:
    handler = """
        import threading

        class Asking:
            def __init__(self):
                self.asked = threading.Semaphore(0)

            def preprocess(self, data):
                known = [self.context.get_request_header(i, "Name") for i in range(len(data))]
                self.context.set_response_header(0, "prepared", ",".join(known))
                self.asked.release()
                return known

            def inference(self, known):
                # The batch behind this one has asked for its own meanwhile, unless there is none.
                self.asked.acquire()
                if known[0] != "last":
                    assert self.asked.acquire(timeout=30)
                    self.asked.release()
                ids = [self.context.get_request_id(i) for i in range(len(known))]
                return [f"{name} {id_}" for name, id_ in zip(known, ids)]

            def initialize(self, context):
                self.context = context

            def handle(self, data, context):
                return self.inference(self.preprocess(data))
    """
    frontend.serving(write_model(tmp_path / "m", handler), prepare_ahead="true")
    for _ in range(3):
        frontend.one(b"", headers=[("Name", "last")], label="first")
    names = ["anna", "bert", "last"]
    runs = [frontend.frame(item(1, b"", headers=[("Name", name)], label=f"id-{name}")) for name in names]
    frontend.send(*runs)
    for run, name in zip(runs, names, strict=True):
        answer = frontend.result(run.run)[0]
        assert (answer.text, answer.headers) == (f"{name} id-{name}", {"prepared": name})


def test_a_cancelled_request_is_left_out_of_a_batch_that_waits(ahead: Frontend) -> None:
    runs = [
        ahead.frame(item(1, b"waits")),
        ahead.frame(item(2, b"next")),
        ahead.frame(item(3, b"left"), item(4, b"stays")),
    ]
    ahead.send(*runs, Frame(FrameType.CANCEL, payload=[Cancel(3, 1)]))
    ahead.result(runs[0].run)
    ahead.result(runs[1].run)
    last = {answer.id: answer for answer in ahead.result(runs[2].run)}
    assert last[3].code == ErrorCode.CANCELLED
    assert last[4].text == "STAYS"


def test_a_handler_that_changes_its_data_first_is_served_as_ever(
    frontend: Frontend, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    handler = """
        class Changing:
            calls = 0

            def preprocess(self, data):
                type(self).calls += 1
                return [bytes(row).decode() if not isinstance(row, dict) else row for row in data]

            def handle(self, data, context):
                return [f"{text} {self.calls}" for text in self.preprocess([row["body"] for row in data])]
    """
    frontend.serving(write_model(tmp_path / "m", handler), prepare_ahead="true")
    answers = [text.split() for text in together(frontend, [f"n{n}" for n in range(600)])]
    assert [text for text, _ in answers] == [f"n{n}" for n in range(600)]
    calls = [int(count) for _, count in answers[-20:]]
    assert [b - a for a, b in itertools.pairwise(calls)] == [1] * 19, "prepared in vain"
    assert "handle does not call self.preprocess with its data as they came" in capsys.readouterr().err


def test_a_handler_that_keeps_state_of_a_batch_is_not_prepared_ahead(
    frontend: Frontend, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    handler = """
        class Keeping:
            def preprocess(self, data):
                self.rows = [bytes(row["body"]) for row in data]
                return len(data)

            def handle(self, data, context):
                count = self.preprocess(data)
                assert count == len(self.rows)
                return self.rows
    """
    frontend.serving(write_model(tmp_path / "m", handler), prepare_ahead="true")
    runs = [frontend.frame(*(item(i, f"{n} {i}".encode()) for i in range(n % 5 + 1))) for n in range(50)]
    frontend.send(*runs)
    for n, run in enumerate(runs):
        assert [a.text for a in frontend.result(run.run)] == [f"{n} {i}" for i in range(n % 5 + 1)]
    assert "preprocess sets rows of the handler" in capsys.readouterr().err


def test_what_raises_on_the_other_thread_only_is_done_in_the_run(
    frontend: Frontend, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    handler = """
        import threading

        class Bound:
            def initialize(self, context):
                self.context, self.home = context, threading.get_ident()

            def preprocess(self, data):
                taken = [bytes(row.pop("body")).decode() for row in data]
                if threading.get_ident() != self.home:
                    self.context.set_response_header(0, "thread", "wrong")
                    raise RuntimeError("wrong thread")
                return taken

            def handle(self, data, context):
                return self.preprocess(data)
    """
    frontend.serving(write_model(tmp_path / "m", handler), prepare_ahead="true")
    first = [frontend.one(f"{n}".encode()) for n in range(5)]
    assert [(answer.text, answer.headers) for answer in first] == [(f"{n}", {}) for n in range(5)]
    texts = [f"{n}" for n in range(100)]
    assert together(frontend, texts) == texts
    assert "RuntimeError('wrong thread') on the thread that looks ahead" in capsys.readouterr().err


def test_pieces_are_refused(frontend: Frontend, tmp_path: Path) -> None:
    handler = """
        class Streaming:
            def preprocess(self, data):
                return data

            def handle(self, data, context):
                self.preprocess(data)
                yield ["piece"]
    """
    frontend.serving(write_model(tmp_path / "m", handler), prepare_ahead="true")
    answer = frontend.one(b"", credits=8)
    assert answer.headers["detail"] == "piece: the model has prepareAhead (expected: whole answers)"


@pytest.mark.parametrize(
    ("handler", "kind"),
    [
        ("def handle(data, context):\n    return data", "a function"),
        ("class Whole:\n    def handle(self, data, context): return data", "Whole"),
        (
            "class Two:\n    def preprocess(self, data, context): return data\n"
            "    def handle(self, data, context): return data",
            "Two",
        ),
        (
            "class Later:\n    async def preprocess(self, data): return data\n"
            "    def handle(self, data, context): return data",
            "Later",
        ),
    ],
)
def test_a_handler_without_the_step_is_refused(
    frontend: Frontend, tmp_path: Path, handler: str, kind: str
) -> None:
    loaded = frontend.load(write_model(tmp_path / "m", handler), prepare_ahead="true")
    assert loaded["status"] == "failed"
    assert f"prepareAhead: true, with the handler {kind} (expected: a class" in loaded["message"]


def test_an_envelope_is_refused(frontend: Frontend, tmp_path: Path) -> None:
    loaded = frontend.load(write_model(tmp_path / "m", STEPS), prepare_ahead="true", envelope="json")
    assert "prepareAhead: true, with the envelope json (expected: no envelope)" in loaded["message"]


def test_stop_ends_the_worker_after_what_it_has(ahead: Frontend, worker: ThreadWorker) -> None:
    runs = [ahead.frame(item(1, b"waits")), ahead.frame(item(2, b"next"))]
    ahead.send(*runs, Frame(FrameType.STOP))
    assert [ahead.result(run.run)[0].text for run in runs] == ["WAITS", "NEXT"]
    worker.join()
    assert worker.failure is None


def test_a_handler_that_wants_to_end_ends_the_worker(
    frontend: Frontend, worker: ThreadWorker, tmp_path: Path
) -> None:
    handler = """
        class Ending:
            def preprocess(self, data):
                if data[0]["body"] == b"end":
                    raise SystemExit(3)
                return data

            def handle(self, data, context):
                return [row["body"] for row in self.preprocess(data)]
    """
    frontend.serving(write_model(tmp_path / "m", handler), prepare_ahead="true")
    runs = [frontend.frame(item(1, b"a")), frontend.frame(item(2, b"end"))]
    frontend.send(*runs)
    assert frontend.result(runs[0].run)[0].text == "a"
    worker.join()
    assert isinstance(worker.failure, SystemExit)
    assert worker.failure.code == 3


def test_a_context_survives_the_way_to_another_process() -> None:
    context = Context("m", "/models/m", batch_size=4)
    context.request_ids = {0: "a"}
    copied = pickle.loads(pickle.dumps(context))
    assert type(copied) is Context
    assert (copied.model_name, copied.request_ids) == ("m", {0: "a"})
