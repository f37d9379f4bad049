"""The faults of the soak, drawn from a seed: which comes when does not depend on the clock."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

from support import rest
from support.server import RunningServer
from support.waiting import eventually

from soak.clients import answer_to, body_of, error_text
from soak.journal import ANSWERED, CUT, FULL, LOSS, TIMEOUT, Journal
from soak.server import RESPONSE_SECONDS, WORKERS

RECOVERY_SECONDS = 30.0
_FLOOD = 40
_POISONS = ("kill", "segfault", "exit")
_LATE_SECONDS = 5.0


@dataclass(frozen=True)
class Fault:
    """A fault that was drawn: its kind, the model, and a number that the kind makes of what it wants."""

    kind: str
    model: str
    number: int
    pause_seconds: float

    def __str__(self) -> str:
        return f"{self.kind} {self.model} {self.number}".rstrip()


KINDS: dict[str, tuple[str, ...]] = {
    "kill": tuple(WORKERS),
    "stop": tuple(WORKERS),
    "poison": ("batch", "ahead"),
    "hang": ("slow", "echo", "ahead"),
    "slow": ("slow",),
    "scale": ("echo", "batch", "stream", "ahead"),
    "register": ("extra",),
    "default": ("echo",),
    "swap": ("echo",),
    "flood": ("slow",),
}


def faults(seed: int) -> Iterator[Fault]:
    """Yields faults without an end; each kind comes once before one comes again."""
    drawn = random.Random(seed)
    while True:
        for kind in drawn.sample(sorted(KINDS), len(KINDS)):
            model = drawn.choice(KINDS[kind])
            yield Fault(kind, model, drawn.randrange(1000), round(drawn.uniform(0.2, 1.5), 2))


def _payload(fault: Fault) -> bytes:
    """Returns one of even or odd size: that decides in which step `soaking_ahead` goes wrong."""
    return b"probes"[: 5 + fault.number // 3 % 2]


class Mischief:
    """Does the faults one after the other; one that does not come to its recovery is a broken invariant."""

    def __init__(self, server: RunningServer, journal: Journal, show: Callable[[str], None]) -> None:
        self._server = server
        self._journal = journal
        self._show = show
        self.swaps = rest.call(server.management, "POST", "/models/echo/swap").status == 400
        self._acts: dict[str, Callable[[Fault], None]] = {
            "kill": self._kill,
            "stop": self._stop_worker,
            "poison": self._poison,
            "hang": self._hang,
            "slow": self._slow,
            "scale": self._scale,
            "register": self._register,
            "default": self._set_default,
            "swap": self._swap,
            "flood": self._flood,
        }

    def run(self, seed: int, over: threading.Event) -> None:
        """Does faults until the event is set."""
        for number, fault in enumerate(faults(seed), 1):
            if over.wait(fault.pause_seconds) or over.is_set():
                return
            if fault.kind == "swap" and not self.swaps:
                continue
            self._show(f"fault {number}: {fault}")
            try:
                self._acts[fault.kind](fault)
            except Exception as broken:
                self._journal.breach(f"fault {number}, {fault}: {type(broken).__name__}: {broken}")

    def once(self, *kinds: str) -> None:
        """Does a fault of each of these kinds."""
        for kind in kinds:
            self._acts[kind](Fault(kind, KINDS[kind][0], 1, 0.0))

    def _pids(self, model: str) -> list[int]:
        return [int(worker["pid"]) for worker in self._server.workers(model)]

    def _victim(self, fault: Fault) -> int:
        pids = eventually(lambda: self._pids(fault.model), RECOVERY_SECONDS, f"a worker of {fault.model}")
        return sorted(pids)[fault.number % len(pids)]

    def _replaced(self, model: str, gone: int) -> None:
        """Waits until the model has all its workers, without the one that is gone, and answers."""

        def back() -> bool:
            pids = self._pids(model)
            return gone not in pids and len(pids) == WORKERS[model]

        eventually(back, RECOVERY_SECONDS, f"{model} has its workers again, without {gone}")
        self._probe(model)

    def _probe(self, model: str) -> None:
        status, text = self._ask(model, "pieces" if model == "stream" else "echo")
        assert status == 200, f"{model} after its recovery: {status} {text}"

    def _ask(self, model: str, order: str, argument: int = 0, payload: bytes = b"probe") -> tuple[int, str]:
        """Asks; returns the status and, of an error, the message. Ends the request in the journal."""
        name, _ = self._journal.begin(model)
        reply = self._server.predict(model, body_of(order, name, argument, payload))
        known = reply.status == 200
        self._journal.end("mischief", model, ANSWERED if known else f"told {reply.status}")
        if known:
            assert reply.body == answer_to(name, payload), f"wrong answer of {model}: {reply.body!r}"
        return reply.status, "" if known else error_text(reply.body)

    def _kill(self, fault: Fault) -> None:
        with self._journal.episode("kill", fault.model, LOSS, CUT):
            victim = self._victim(fault)
            os.kill(victim, signal.SIGKILL)
            self._replaced(fault.model, victim)

    def _stop_worker(self, fault: Fault) -> None:
        with self._journal.episode("stop", fault.model, TIMEOUT, CUT, FULL):
            victim = self._victim(fault)
            os.kill(victim, signal.SIGSTOP)
            try:
                self._replaced(fault.model, victim)
            finally:
                with suppress(ProcessLookupError):
                    os.kill(victim, signal.SIGCONT)

    def _poison(self, fault: Fault) -> None:
        """One request that costs its batch the worker: it is told, its mates see nothing."""
        with self._journal.episode("poison", fault.model):
            status, text = self._ask(fault.model, _POISONS[fault.number % len(_POISONS)], 3, _payload(fault))
            assert (status, text[:11]) == (500, "Worker died"), f"poison: {status} {text}"
            self._replaced(fault.model, 0)

    def _hang(self, fault: Fault) -> None:
        with self._journal.episode("hang", fault.model, TIMEOUT, FULL):
            begun = time.monotonic()
            status, text = self._ask(fault.model, "hang", payload=_payload(fault))
            took = time.monotonic() - begun
            assert (status, text[:16]) == (504, "Worker timed out"), f"hang: {status} {text}"
            assert took < RESPONSE_SECONDS + _LATE_SECONDS, f"hang: told after {took:.1f} s"
            self._replaced(fault.model, 0)

    def _slow(self, fault: Fault) -> None:
        """A run that is slow and stays within the response timeout costs nothing but time."""
        with self._journal.episode("slow", fault.model, FULL):
            status, text = self._ask(fault.model, "sleep", 500 + fault.number)
            assert status == 200, f"slow: {status} {text}"

    def _scale(self, fault: Fault) -> None:
        with self._journal.episode("scale", fault.model):
            for workers in (1 + fault.number % 3, WORKERS[fault.model]):
                self._managed("PUT", f"/models/{fault.model}", min_worker=workers, max_worker=workers)
            self._replaced(fault.model, 0)

    def _managed(self, method: str, path: str, **parameters: object) -> None:
        reply = self._server.manage(method, path, synchronous="true", **parameters)
        assert reply.status in (200, 202), f"{method} {path}: {reply.status} {reply.text[:200]}"

    def _register(self, fault: Fault) -> None:
        with self._journal.episode("register", fault.model):
            self._managed("POST", "/models", url="extra.mar", initial_workers=1)
            self._probe("extra")
            self._plain("DELETE", "/models/extra")

    def _plain(self, method: str, path: str) -> None:
        reply = self._server.manage(method, path)
        assert reply.status == 200, f"{method} {path}: {reply.status} {reply.text[:200]}"

    def _set_default(self, fault: Fault) -> None:
        with self._journal.episode("default", fault.model):
            self._managed("POST", "/models", url="echo2.mar", initial_workers=2)
            self._plain("PUT", "/models/echo/2.0/set-default")
            self._probe("echo")
            self._plain("PUT", "/models/echo/1.0/set-default")
            self._plain("DELETE", "/models/echo/2.0")
            self._probe("echo")

    def _swap(self, fault: Fault) -> None:
        """Swaps to the second version and back: nobody notices."""
        with self._journal.episode("swap", fault.model):
            for archive in ("echo2.mar", "echo.mar"):
                self._managed("POST", "/models/echo/swap", url=archive)
                self._probe("echo")
            self._replaced(fault.model, 0)

    def _flood(self, fault: Fault) -> None:
        """More requests at once than the queue takes: each is answered, or refused with the queue's name."""
        with self._journal.episode("flood", fault.model, FULL):
            with ThreadPoolExecutor(_FLOOD) as clients:
                asked = list(clients.map(lambda _: self._ask(fault.model, "sleep", 50), range(_FLOOD)))
            odd = [one for one in asked if one[0] != 200 and not one[1].startswith("The queue of model")]
            assert not odd, f"flood: {odd[:3]}"
            self._probe_after_flood(fault.model)

    def _probe_after_flood(self, model: str) -> None:
        eventually(lambda: self._ask(model, "sleep", 1)[0] == 200, RECOVERY_SECONDS, f"{model} answers again")
