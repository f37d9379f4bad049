"""The frontend's side of a worker connection, for tests: writes frames, and reads what the real worker
answers.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

from ts._wire.channel import Channel
from ts._wire.codec import decode_pairs, encode, encode_pairs
from ts._wire.messages import (
    Cancel,
    Credit,
    ErrorCode,
    Fields,
    Frame,
    FrameType,
    Part,
    ReplyItem,
    RequestItem,
)
from ts._worker.environment import Environment
from ts._worker.session import Session

ROOT = Path(__file__).parents[2]
PREFIX = "0191c2d3a4b58f00"
PATIENCE_SECONDS = 30.0


class Answer(NamedTuple):
    """A reply item, with its header block read."""

    id: int
    body: bytes
    status: int
    flags: int
    error: int
    reason: str
    content_type: str
    headers: dict[str, str]

    @classmethod
    def of(cls, item: ReplyItem) -> Answer:
        block = dict(decode_pairs(bytes(item.header_block)))
        return cls(
            item.id,
            bytes(item.body),
            item.status,
            item.flags,
            item.error,
            item.reason,
            item.content_type,
            block,
        )

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def code(self) -> ErrorCode:
        return ErrorCode(self.error)

    @property
    def json(self) -> Any:
        assert self.error == 0, self.text
        return json.loads(self.body)


def item(
    id_: int,
    *parts: Part | bytes | str,
    headers: Sequence[tuple[str, str]] = (),
    deadline_ms: int = 0,
    flags: int = 0,
    credits: int = 0,
    label: str = "",
    sequence: str = "",
    route: int = 0,
) -> RequestItem:
    """A request. A part given as text is a JSON body, one given as bytes has no content type."""
    made = []
    for part in parts:
        if isinstance(part, str):
            part = Part("body", "application/json", part.encode())
        elif isinstance(part, bytes):
            part = Part("body", "", part)
        made.append(part)
    return RequestItem(id_, deadline_ms, flags, credits, label, sequence, route, encode_pairs(headers), made)


def bodies(frame: Frame) -> list[str]:
    """Returns the bodies of a frame of replies."""
    return [bytes(reply.body).decode() for reply in cast("Sequence[ReplyItem]", frame.payload)]


def errors(frame: Frame) -> list[int]:
    """Returns the error codes of a frame of replies."""
    return [reply.error for reply in cast("Sequence[ReplyItem]", frame.payload)]


def write_model(
    folder: Path, handler: str | None = None, manifest: dict[str, Any] | None = None, **files: str | bytes
) -> Path:
    """Writes a model folder; `handler` is the source of handler.py, `files` are named with `_` for the last
    dot.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if handler is not None:
        (folder / "handler.py").write_text(textwrap.dedent(handler), encoding="utf-8")
    for name, content in files.items():
        stem, _, suffix = name.rpartition("_")
        data = content if isinstance(content, bytes) else textwrap.dedent(content).encode()
        (folder / f"{stem}.{suffix}").write_bytes(data)
    if manifest is not None:
        (folder / "MAR-INF").mkdir(exist_ok=True)
        (folder / "MAR-INF" / "MANIFEST.json").write_text(json.dumps({"model": manifest}), encoding="utf-8")
    return folder


class Frontend:
    """One end of a connection to a worker."""

    def __init__(self, connection: socket.socket) -> None:
        connection.settimeout(PATIENCE_SECONDS)
        self.socket = connection
        self.channel = Channel(connection)
        connection.settimeout(PATIENCE_SECONDS)
        self._received: list[Frame] = []
        self._run = 0

    def send(self, *frames: Frame) -> None:
        """Writes frames with one system call."""
        self.socket.sendall(b"".join(encode(frame) for frame in frames))

    def receive(self) -> Frame:
        """Returns the next frame; fails when none comes for a long time."""
        while not self._received:
            self._received = self.channel.receive()
        return self._received.pop(0)

    def load(self, folder: Path, handler: str = "handler.py", model: int = 1, **fields: str) -> Fields:
        """Loads a model and returns the fields of LOADED."""
        given = {
            "model_name": "m",
            "model_version": "1.0",
            "model_dir": str(folder),
            "handler": handler,
            "batch_size": "8",
            "max_response_size": "1000000",
            "label_prefix": PREFIX,
            **fields,
        }
        self.send(Frame(FrameType.LOAD, model=model, payload=given))
        answer = self.receive()
        assert (answer.type, answer.model) == (FrameType.LOADED, model)
        assert isinstance(answer.payload, dict)
        return answer.payload

    def serving(self, folder: Path, handler: str = "handler.py", model: int = 1, **fields: str) -> Frontend:
        """Loads a model that must load."""
        loaded = self.load(folder, handler, model, **fields)
        assert loaded["status"] == "ok", loaded
        return self

    def frame(self, *items: RequestItem, kind: FrameType = FrameType.PREDICT, model: int = 1) -> Frame:
        """Returns a run with a fresh id."""
        self._run += 1
        return Frame(kind, 0, model, self._run, list(items))

    def run(self, *items: RequestItem, kind: FrameType = FrameType.PREDICT, model: int = 1) -> list[Answer]:
        """Runs a batch and returns the answers of its RESULT."""
        frame = self.frame(*items, kind=kind, model=model)
        self.send(frame)
        return self.result(frame.run)

    def one(self, *parts: Part | bytes | str, **options: Any) -> Answer:
        """Runs one request and returns its answer."""
        kind = options.pop("kind", FrameType.PREDICT)
        answers = self.run(item(1, *parts, **options), kind=kind)
        assert len(answers) == 1
        return answers[0]

    def result(self, run: int) -> list[Answer]:
        """Returns the answers of the next frame, which must be the RESULT of a run."""
        kind, answers = self.replies(run)
        assert kind == FrameType.RESULT
        return answers

    def piece(self, run: int) -> list[Answer]:
        """Returns the answers of the next frame, which must be a PIECE of a run."""
        kind, answers = self.replies(run)
        assert kind == FrameType.PIECE, answers
        return answers

    def replies(self, run: int) -> tuple[int, list[Answer]]:
        """Returns type and answers of the next frame."""
        frame = self.receive()
        assert frame.run == run
        return frame.type, [Answer.of(reply) for reply in frame.payload or ()]  # type: ignore[arg-type]

    def cancel(self, *ids: int, reason: int = 1) -> None:
        """Cancels items."""
        self.send(Frame(FrameType.CANCEL, payload=[Cancel(i, reason) for i in ids]))

    def credit(self, id_: int, more: int) -> None:
        """Gives an item credits."""
        self.send(Frame(FrameType.CREDIT, payload=[Credit(id_, more)]))


class ThreadWorker:
    """The real worker loop in a thread of this process."""

    def __init__(self, rank: int = 0, world_size: int = 1) -> None:
        ours, theirs = socket.socketpair()
        self.frontend = Frontend(ours)
        environment = Environment("", "9000", "2", "5ec7e7", rank, world_size)
        self._channel = Channel(theirs)
        self._session = Session(self._channel, environment)
        self.failure: BaseException | None = None
        self._thread = threading.Thread(target=self._serve, name="worker", daemon=True)
        self._thread.start()
        self.hello = self.frontend.receive()

    def _serve(self) -> None:
        try:
            self._session.serve()
        except BaseException as failure:
            self.failure = failure
        finally:
            self._channel.close()

    def join(self) -> None:
        """Waits until the loop has ended."""
        self._thread.join(PATIENCE_SECONDS)
        assert not self._thread.is_alive()

    def close(self) -> None:
        """Ends the connection and the loop."""
        self.frontend.socket.close()
        self.join()


class ProcessWorker:
    """A worker process, started as the frontend starts it."""

    def __init__(self, folder: Path, socket_path: Path, **variables: str) -> None:
        listener = socket.socket(socket.AF_UNIX)
        with listener:
            listener.bind(str(socket_path))
            listener.listen()
            listener.settimeout(PATIENCE_SECONDS)
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ts._worker"],
                cwd=folder,
                env=worker_environment(socket_path, **variables),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            connection, _ = listener.accept()
        self.frontend = Frontend(connection)
        self.hello = self.frontend.receive()

    def ended(self) -> tuple[int, str, str]:
        """Waits for the process; returns exit status, stdout and stderr."""
        out, err = self.process.communicate(timeout=PATIENCE_SECONDS)
        return self.process.returncode, out, err

    def close(self) -> None:
        """Ends the process whatever it does."""
        self.frontend.socket.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate(timeout=PATIENCE_SECONDS)


def worker_environment(socket_path: Path, **variables: str) -> dict[str, str]:
    """The environment that the frontend gives a worker."""
    return {
        **os.environ,
        "MARINER_SOCKET": str(socket_path),
        "MARINER_WORKER": "9000",
        "MARINER_GENERATION": "0",
        "MARINER_NONCE": "5ec7e7",
        "PYTHONPATH": str(ROOT),
        **variables,
    }


WorkerFactory = Callable[..., Any]
