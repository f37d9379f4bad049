"""When an idle worker looks for requests, and when it sleeps at once."""

from __future__ import annotations

from pathlib import Path

from ts._wire.messages import Frame, FrameType
from ts._worker.busy_poll import BusyPoll
from ts.tests.frontend import Frontend, ThreadWorker, item, write_model

ECHO = """
    def handle(data, context):
        return None if data is None else [row["body"] for row in data]
"""


class Looking:
    """A busy poll in virtual time: each question takes a second."""

    def __init__(self, seconds: int) -> None:
        self.now = 0
        self.asked = 0
        self.found_at: int | None = None
        self.poll = BusyPoll(float(seconds), lambda: float(self.now))

    def found(self) -> bool:
        self.now += 1
        self.asked += 1
        return self.found_at is not None and self.asked >= self.found_at

    def look(self, found_at: int | None = None) -> int:
        """Looks once for something that comes with a question, or never; returns how often it asked."""
        self.asked, self.found_at = 0, found_at
        assert self.poll.look(self.found) == (found_at is not None and self.asked > 0)
        return self.asked


def test_it_looks_for_its_time_before_the_worker_sleeps() -> None:
    assert Looking(100).look() == 100


def test_it_ends_with_what_it_finds() -> None:
    assert Looking(100).look(found_at=7) == 7


def test_without_time_it_asks_nothing() -> None:
    assert Looking(0).look(found_at=1) == 0


def test_it_gives_up_when_its_looks_are_in_vain() -> None:
    looking = Looking(100)
    assert [looking.look() for _ in range(8)] == [100] * 8
    assert [looking.look() for _ in range(63)] == [0] * 63
    assert looking.look() == 100, "a probe"


def test_it_takes_up_looking_again_when_a_probe_pays() -> None:
    looking = Looking(100)
    for _ in range(8 + 63):
        looking.look()
    assert looking.look(found_at=3) == 3
    assert looking.look() == 100


def test_it_goes_on_while_two_looks_of_three_find_something() -> None:
    looking = Looking(100)
    for _ in range(200):
        assert [looking.look(3), looking.look(3), looking.look()] == [3, 3, 100]


def test_a_worker_that_looks_serves_all_the_same(frontend: Frontend, tmp_path: Path) -> None:
    frontend.serving(write_model(tmp_path / "m", ECHO), busy_poll_micros="200")
    for round_ in range(40):
        assert frontend.one(bytes([round_])).body == bytes([round_])
    runs = [frontend.frame(item(number, b"x")) for number in range(1, 31)]
    frontend.send(*runs)
    for run in runs:
        assert frontend.result(run.run)[0].body == b"x"
    frontend.send(Frame(FrameType.HEARTBEAT))
    assert frontend.receive().type == FrameType.HEARTBEAT


def test_a_worker_that_looks_ends_with_its_connection(worker: ThreadWorker, tmp_path: Path) -> None:
    frontend = worker.frontend.serving(write_model(tmp_path / "m", ECHO), busy_poll_micros="10000000")
    assert frontend.one(b"x").body == b"x"
    frontend.socket.close()
    worker.join()
    assert worker.failure is None
