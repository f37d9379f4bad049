"""The faults that are played: of workers, of loads, of queues, of the server itself."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

from peers import clients
from peers.kinds import Kind, Setting
from peers.running import RunningServer, poll
from peers.table import Row, counted, health, recovery, seen, within

RECOVERY_SECONDS = 45.0
LOAD_SECONDS = 15.0
Cells = dict[str, str]


@contextmanager
def watched(server: RunningServer) -> Iterator[list[str]]:
    """Asks for the health within the block; the list grows with what was said."""
    statuses: list[str] = []
    over = threading.Event()

    def watch() -> None:
        while not over.is_set():
            answer = server.ask_health()
            statuses.append(str(answer.status) if answer.status is not None else answer.end)
            over.wait(0.1)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield statuses
    finally:
        over.set()
        watcher.join()


def _gone(server: RunningServer) -> str:
    return "" if server.processes() else "the server ends"


def order_fault(word: str, kind: Kind, workers: int = 1) -> Cells:
    """One request carries the fault; then the next ones are asked until there is an answer."""
    key = word if workers == 1 else f"{word}-of-{workers}"
    with RunningServer(kind, Setting(workers=workers)) as server:
        server.await_load(workers)
        return _order_fault(server, word, key)


def _order_fault(server: RunningServer, word: str, key: str) -> Cells:
    with watched(server) as statuses:
        fault = server.ask(word)
        next_one = server.next_answer(RECOVERY_SECONDS)
        cell = f"{seen(fault)}; {recovery(next_one, RECOVERY_SECONDS, _gone(server))}"
    return {key: cell, f"{key}-health": health(statuses)}


def batch_fault(word: str, kind: Kind) -> Cells:
    """Eight requests share a batch and one of them carries the fault."""
    with RunningServer(kind, Setting(batch=8)) as server, ThreadPoolExecutor(8) as callers:
        # The second time no worker waits with the first request in hand.
        for _ in range(2):
            answers = list(callers.map(server.ask, ["size"] * 8))
        if any(answer.status != 200 or kind.text(answer.text) != "8" for answer in answers):
            return {f"batch-{word}": "n/a: formed no batch of eight"}
        orders = [word if n == 3 else "echo mate" for n in range(8)]
        return {f"batch-{word}": counted(callers.map(server.ask, orders))}


def failing_load(times: int, kind: Kind) -> Cells:
    """The model fails to load, some times or for ever (-1)."""
    with RunningServer(kind, Setting(loads_to_fail=times), wait=False) as server:
        # Counted from the first load: how long a server needs to come so far is not the question.
        server.await_load()
        began = time.monotonic()
        if times > 0:
            answered = server.next_answer(2 * LOAD_SECONDS)
            served = f"serves; {server.attempts()} loads"
            return {
                "load-twice": served if answered is not None else _gone(server) or "does not serve in 30 s"
            }
        while time.monotonic() - began < LOAD_SECONDS and server.processes():
            poll(0.1)
        ended = _gone(server)
        prediction, said = server.ask("echo x"), server.ask_health()
        tries = "tries again" if server.attempts() > 1 else "tries once"
        return {
            "load-never": f"{tries}; {ended}" if ended else f"{tries}; prediction: {seen(prediction)}",
            "load-never-health": ended or seen(said).removesuffix(" at once"),
        }


def full_queue(kind: Kind) -> Cells:
    """Twenty requests for a queue of two, while one runs."""
    if not kind.bounds_queue:
        return {"queue": "n/a: no bound to set"}
    with RunningServer(kind, Setting(queue=2)) as server, ThreadPoolExecutor(21) as callers:
        callers.submit(server.ask, "sleep 1.5")
        poll(0.3)
        outcomes = list(callers.map(server.ask, ["echo x"] * 20))
    refused = [o for o in outcomes if o.status != 200]
    if not refused:
        return {"queue": "all answered, none refused"}
    slowest = max(refused, key=lambda o: o.seconds)
    kinds = ", ".join(sorted({str(o.status or o.end) for o in refused}))
    return {"queue": f"{kinds}, the slowest {seen(slowest).split(' ', 1)[1]}"}


def client_gone(kind: Kind) -> Cells:
    """A client leaves while its request waits behind another."""
    with RunningServer(kind, Setting()) as server, ThreadPoolExecutor(1) as caller:
        mark = server.folder / "begun"
        running = caller.submit(server.ask, "sleep 1.5")
        poll(0.3)
        server.ask(f"note {mark}", 0.4)
        running.result()
        server.next_answer(RECOVERY_SECONDS)
        poll(0.5)
        return {"client-gone": "its work is begun" if mark.exists() else "its work is not begun"}


def sigterm(kind: Kind) -> Cells:
    """SIGTERM while four requests, 1.6 s of work, are under way; then what is left of a stop."""
    with RunningServer(kind, Setting()) as server, ThreadPoolExecutor(4) as callers:
        waiting = [callers.submit(server.ask, "sleep 0.4", 20.0) for _ in range(4)]
        poll(0.3)
        began = time.monotonic()
        server.terminate()
        outcomes = [one.result() for one in waiting]
        code = server.stopped(30.0)
        took = time.monotonic() - began
        lost = sum(one.status != 200 for one in outcomes)
        end = "still runs after 30 s" if code is None else f"exit code {code} after {within(took)}"
        poll(2.0)
        left, files = len(server.processes()), server.leftovers()
    return {
        "sigterm": f"{lost} of 4 lost; {end}",
        "stop-leftovers": f"{left} processes, {len(files)} temporary files or folders",
    }


def frontend_killed(kind: Kind) -> Cells:
    """SIGKILL for the process that listens, while a worker runs a request."""
    with RunningServer(kind, Setting()) as server, ThreadPoolExecutor(1) as caller:
        caller.submit(server.ask, "sleep 60", 5.0)
        poll(0.5)
        server.listener().send_signal(signal.SIGKILL)
        poll(5.0)
        early = len(server.processes())
        poll(10.0)
        late = len(server.processes())
        server.kill_all()
        files = len(server.leftovers())
        with RunningServer(kind, Setting(), keep=server.folder) as fresh:
            fresh.terminate()
            fresh.stopped(30.0)
            swept = len(fresh.leftovers())
    return {
        "frontend-killed": f"{early} processes after 5 s, {late} after 15 s",
        "kill-leftovers": f"{files}; {swept} after the next start and stop",
    }


def bad_clients(kind: Kind) -> Cells:
    """Connections that misbehave, side by side, and 500 that say nothing."""
    with RunningServer(kind, Setting()) as server:
        return clients.play(server)


ROWS = (
    Row("kill", "the only worker is killed (SIGKILL) under a request"),
    Row("kill-health", "… health meanwhile"),
    Row("kill-of-2", "one of two workers is killed under a request"),
    Row("segfault", "the only worker crashes (SIGSEGV)"),
    Row("exit", "the handler ends the process (`os._exit(3)`)"),
    Row("hang", "the handler hangs, response timeout 2 s"),
    Row("hang-health", "… health meanwhile"),
    Row("raise", "the handler raises"),
    Row("device", "a CUDA error that stays until the process ends"),
    Row("batch-kill", "batch of eight, one request kills the worker"),
    Row("batch-raise", "batch of eight, one request raises"),
    Row("load-twice", "the load fails twice"),
    Row("load-never", "the load fails always; 15 s after the first try"),
    Row("load-never-health", "… health"),
    Row("queue", "20 requests for a queue of two"),
    Row("client-gone", "the client leaves the queue"),
    Row("sigterm", "SIGTERM with four requests under way"),
    Row("stop-leftovers", "… left 2 s after the end"),
    Row("frontend-killed", "SIGKILL of the process that listens, a worker is busy: what lives"),
    Row("kill-leftovers", "… temporary files or folders left"),
    Row("slow-headers", "headers, a byte a second"),
    Row("half-body", "half a body, then nothing"),
    Row("silent", "a connection that says nothing"),
    Row("two-lengths", "Content-Length and Transfer-Encoding"),
    Row("idle-500", "a request beside 500 idle connections"),
)

FAULTS: dict[str, Callable[[Kind], Cells]] = {
    **{word: partial(order_fault, word) for word in ("kill", "segfault", "exit", "hang", "raise", "device")},
    "kill-of-2": partial(order_fault, "kill", workers=2),
    "batch-kill": partial(batch_fault, "kill"),
    "batch-raise": partial(batch_fault, "raise"),
    "load-twice": partial(failing_load, 2),
    "load-never": partial(failing_load, -1),
    "queue": full_queue,
    "client-gone": client_gone,
    "sigterm": sigterm,
    "frontend-killed": frontend_killed,
    "clients": bad_clients,
}
