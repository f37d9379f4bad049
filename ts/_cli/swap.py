"""`mariner swap`: replaces the default version of a model on a running server without losing a request."""

from __future__ import annotations

import argparse
import http
import http.client
import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from ts._cli.client import Answer, Endpoint, endpoint
from ts._cli.errors import CommandError
from ts._cli.launch import POLL_SECONDS
from ts._cli.progress import painted, wants_colour, wants_escapes

_LOOK_TIMEOUT_SECONDS = 2.0


class _Call:
    """A management call that runs while somebody watches; `join` returns its answer."""

    def __init__(self, server: Endpoint, path: str, timeout: float | None) -> None:
        self._server = server
        self._path = path
        self._timeout = timeout
        self._answer: Answer | None = None
        self._fault: CommandError | None = None
        # A daemon: Ctrl-C ends the command, not the swap.
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._answer = self._server.call("POST", self._path, timeout=self._timeout)
        except CommandError as fault:
            self._fault = fault

    @property
    def done(self) -> bool:
        """Whether the answer is there, or none will come."""
        return not self._thread.is_alive()

    def wait(self, seconds: float) -> None:
        """Waits for the answer, at most for so long."""
        self._thread.join(seconds)

    def join(self) -> Answer:
        """Returns the answer; raises CommandError when there is none."""
        self._thread.join()
        if self._answer is None:
            late = isinstance(self._fault and self._fault.__cause__, TimeoutError)
            raise CommandError(f"{self._fault}{'; the swap may still go on' if late else ''}")
        return self._answer


def swap(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Swaps and prints the steps with their times as they happen.

    Raises CommandError with the reason when it was undone.
    """
    server = endpoint(options, environment)
    parameters = {"model_version" if options.registered else "url": options.archive}
    if options.keep_old:
        parameters["keep_old"] = "true"
    path = f"/models/{quote(options.model, safe='')}/swap?{urlencode(parameters)}"
    call = _Call(server, path, options.timeout)
    steps = _Steps(options.model)
    _watch(call, steps, _Progress(server, options.model))
    answer = call.join()
    document = answer.document
    if answer.status != http.HTTPStatus.OK or not isinstance(document, dict):
        raise server.refusal(answer)
    steps.show(document["steps"])
    colour = wants_colour(sys.stdout, os.environ)
    workers, old = document["workers"], document["from"]
    kept = f"; {old} is still registered" if document["oldKept"] else ""
    new = painted("ready", document["to"], colour)
    print(
        f"model {document['model']}: version {new} has taken the place of {old}, "
        f"{workers} worker{'' if workers == 1 else 's'}{kept}"
    )
    return 0


class _Progress:
    """What the server says of a swap while it is under way: the describe call of the default version."""

    def __init__(self, server: Endpoint, model: str) -> None:
        self._connection = server.connection(_LOOK_TIMEOUT_SECONDS)
        self._path = f"/models/{quote(model, safe='')}"
        self._headers = server.headers()

    def look(self) -> dict[str, Any]:
        """Returns the object `swap` of the answer; {} when there is none, for whatever reason.

        The swap itself has the words for what goes wrong.
        """
        try:
            self._connection.request("GET", self._path, headers=self._headers)
            document = json.loads(self._connection.getresponse().read())
        except (OSError, http.client.HTTPException, ValueError):
            self.close()
            return {}
        described = document[0] if isinstance(document, list) and document else None
        swap = described.get("swap") if isinstance(described, dict) else None
        return swap if isinstance(swap, dict) else {}

    def close(self) -> None:
        """Closes the connection."""
        self._connection.close()


class _Steps:
    """Prints each step once, as soon as it is known to be done; on a terminal also what is being done."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._begun = time.monotonic()
        self._shown = 0
        self._redraws = wants_escapes(sys.stdout, os.environ)

    def show(self, steps: Sequence[Mapping[str, Any]]) -> None:
        """Prints those of the steps, all that are done so far, that are new."""
        self.clear()
        sign = painted("ready", "+", wants_colour(sys.stdout, os.environ))
        for step in steps[self._shown :]:
            print(f"{sign} {step['step']:<5} {step['seconds']:7.3f} s", flush=True)
        self._shown = max(self._shown, len(steps))

    def draw(self, swap: Mapping[str, Any]) -> None:
        """Draws the step that is being done anew, on a terminal only."""
        if not self._redraws:
            return
        elapsed = time.monotonic() - self._begun
        mark = "|/-\\"[int(elapsed * 8) % 4]
        note = swap.get("step", "swapping")
        if note == "load":
            note = f"load, {swap.get('readyWorkers')} of {swap.get('wantedWorkers')} workers are ready"
        text = f"{mark} model {self._model}: {elapsed:5.1f} s  {note}"
        # A wrapped line could not be cleared.
        sys.stdout.write(f"\r\x1b[K{text[: max(20, shutil.get_terminal_size().columns - 1)]}")
        sys.stdout.flush()

    def clear(self) -> None:
        """Removes what was drawn."""
        if self._redraws:
            sys.stdout.write("\r\x1b[K")
            sys.stdout.flush()


def _watch(call: _Call, steps: _Steps, progress: _Progress) -> None:
    """Shows how far the swap is until it has ended."""
    try:
        while not call.done:
            seen = progress.look()
            if seen.get("steps"):
                steps.show(seen["steps"])
            steps.draw(seen)
            call.wait(POLL_SECONDS)
    finally:
        progress.close()
        steps.clear()
