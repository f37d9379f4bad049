"""One drill: the private server, what is known of the model so far, and what scenarios have in common."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass

import psutil

from ts._cli.drill.client import Reply, until
from ts._cli.drill.private import PrivateServer
from ts._cli.drill.sample import Sample
from ts._cli.drill.scorecard import Growth

MEGABYTE = 1_000_000


class Failed(Exception):
    """A scenario did not end as it should; the text says what the client saw, and what was expected."""


class Hopeless(Failed):
    """As Failed, and nothing else can be tried on this model."""


@dataclass(frozen=True)
class Seen:
    """What a client saw of a scenario that went well. `noted`: the user should know of it."""

    text: str
    recovery_seconds: float | None = None
    noted: bool = False


def expect(condition: bool, text: str) -> None:
    """Fails the scenario with the text unless the condition holds."""
    if not condition:
        raise Failed(text)


def rss(pid: int) -> int:
    """Returns the resident memory of a process with all below it, in bytes; 0 when it is gone."""
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
        return sum(member.memory_info().rss for member in family)
    except psutil.Error:
        return 0


class Drill:
    """State of a drill. Times are in seconds."""

    def __init__(self, server: PrivateServer, load_seconds: float, quick: bool) -> None:
        self.server = server
        self.quick = quick
        self.load_limit = load_seconds
        self.load_time = 0.0
        self.sample_time = 0.0
        self.growth: Growth | None = None

    @property
    def patience(self) -> float:
        """How long a client waits for an answer that must come."""
        return max(30.0, 150 * self.sample_time)

    @property
    def recovery_limit(self) -> float:
        """How long a replaced worker may take to answer."""
        return 30.0 + 3 * (self.load_time + self.sample_time)

    @property
    def short_timeout(self) -> int:
        """A response timeout, in whole seconds, that the sample does not reach by itself."""
        return max(3, math.ceil(5 * self.sample_time))

    def load(self, **parameters: object) -> float:
        """Registers the model and waits for its worker; returns the time. Raises Hopeless with the reason."""
        begun = time.monotonic()
        reply = self.server.register(**parameters)
        if reply.status not in (200, 202):
            raise Hopeless(f"refused: {reply.brief}")
        until(lambda: self.server.workers() or self.server.last_failure(), self.load_limit)
        if self.server.workers():
            return time.monotonic() - begun
        failure = self.server.last_failure() or f"not ready after {self.load_limit:g} s"
        raise Hopeless(failure)

    def worker(self) -> int:
        """Returns the process of the worker, once it is ready; fails when there is none in time."""
        found = until(self.server.workers, self.recovery_limit)
        if not found:
            raise Hopeless(f"no worker is ready: {self.server.last_failure() or 'no reason given'}")
        return found[0]

    def ask(self, sample: Sample | None = None, headers: Mapping[str, str] | None = None) -> Reply:
        """Sends the sample, or another body."""
        return self.server.predict(sample, headers, self.patience)

    def answered(self) -> Reply:
        """Sends the sample, which has to be answered."""
        reply = self.ask()
        expect(reply.status == 200, f"the next sample: {reply.brief} (expected: 200)")
        return reply

    def await_running(self) -> None:
        """Waits until a request is in a worker."""
        if not until(self.server.running, 10.0):
            raise Failed("the request did not reach the worker within 10 s")

    def recovered(self, since: float) -> float:
        """Waits until the sample is answered again; returns the time since `since`."""
        if until(lambda: self.ask().status == 200, self.recovery_limit) is None:
            raise Hopeless(
                f"no answer again within {self.recovery_limit:.0f} s: {self.server.last_failure()}"
            )
        return time.monotonic() - since

    def same_worker(self, before: int) -> None:
        """Fails when the worker has been replaced."""
        expect(
            self.worker() == before, f"the worker did not survive: {first_line(self.server.last_failure())}"
        )

    def signal(self, pid: int, number: int) -> float:
        """Signals the worker; returns when."""
        os.kill(pid, number)
        return time.monotonic()


def first_line(text: str) -> str:
    """Returns the first line, shortened."""
    return (text.strip().splitlines() or ["no reason given"])[0][:160]
