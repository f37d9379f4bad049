"""The loop of a worker: takes frames in order and answers them."""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from ts._wire.channel import Channel, Disconnected
from ts._wire.messages import SPENT, VERSION, ErrorCode, Fields, Frame, FrameType, RequestItem
from ts._worker.environment import Environment
from ts._worker.link import PROMPT_SECONDS, RUN_TYPES, Link
from ts._worker.loading import load
from ts._worker.lookahead import Lookahead
from ts._worker.model import SERIAL, Awaiting, LoadedModel
from ts._worker.outcome import Failure, failure_of, is_out_of_memory
from ts._worker.places import Places
from ts._worker.replies import error_reply
from ts._worker.requirements import missing_requirements
from ts._worker.run import Run
from ts._worker.traces import placed_message, print_traceback, trace_of
from ts.metrics.outlet import OUTLET

if TYPE_CHECKING:
    from ts._worker.host import Host


class Session:
    """A connection to the frontend and the models that were loaded over it."""

    def __init__(self, channel: Channel, environment: Environment) -> None:
        self._environment = environment
        self._link = Link(channel, environment.rank, environment.world_size)
        self._models: dict[int, LoadedModel] = {}
        self._awaiting = Awaiting()
        self._places = Places()
        self._lookahead: Lookahead | None = None
        self._host: Host | None = None
        self._spent = False
        self._free_since = 0.0

    def serve(self) -> None:
        """Says HELLO, then serves until STOP or the end of the connection.

        Raises:
            ProtocolError: the frontend sent what is no frame.
            SystemExit, KeyboardInterrupt: a handler wants the process to end; answers given before are sent.
        """
        try:
            self._hello()
            self._serve_frames()
        except Disconnected:
            return
        except (SystemExit, KeyboardInterrupt):
            self._link.flush()
            raise
        finally:
            if self._host is not None:
                self._host.close()
            self._link.close()

    def _hello(self) -> None:
        environment = self._environment
        fields = {
            "protocol": str(VERSION),
            "worker": environment.worker,
            "generation": environment.generation,
            "nonce": environment.nonce,
            "rank": str(environment.rank),
            "world_size": str(environment.world_size),
            "pid": str(os.getpid()),
            "python": sys.version.split()[0],
        }
        outbox = self._link.make_outbox() if self._link.answers else None
        if outbox is not None:
            fields["outbox"] = str(outbox)
        self._link.send(Frame(FrameType.HELLO, payload=fields))

    def _serve_frames(self) -> None:
        link = self._link
        waiting = link.waiting
        while True:
            if not waiting:
                link.flush()
                self._awaiting.run_until_readable(link.descriptor)
                link.await_frames()
                continue
            frame, received_at = waiting.popleft()
            if frame.type in RUN_TYPES:
                self._run(frame, received_at)
            elif frame.type == FrameType.STOP:
                link.flush()
                return
            else:
                self._control(frame)
                if self._lookahead is not None:
                    self._serve_prepared(self._lookahead)
                    return
                if self._host is not None:
                    self._serve_on_loop(self._host)
                    return

    def _serve_prepared(self, lookahead: Lookahead) -> None:
        """Serves what another thread has taken from the connection and prepared as far as it can be."""
        link = self._link
        lookahead.start()
        while True:
            frame, received_at, run = lookahead.take()
            if frame.type in RUN_TYPES:
                self._execute(frame, received_at, run)
                # Before the next run is begun there, the frontend hears that this one has ended.
                link.flush()
            elif frame.type == FrameType.STOP:
                link.flush()
                return
            else:
                self._control(frame)

    def _serve_on_loop(self, host: Host) -> None:
        """Serves beside models that have several runs under way at once."""
        while True:
            self._link.flush()
            host.spent = host.spent or self._spent
            frame, received_at = host.await_frame()
            self._spent = host.spent
            if frame.type in RUN_TYPES:
                self._execute(frame, received_at)
            elif frame.type == FrameType.STOP:
                host.finish()
                return
            else:
                self._control(frame)

    def _on_trial(self) -> bool:
        return any(model.preparer and model.preparer.on_trial for model in self._models.values())

    def _prepare(self, frame: Frame) -> Run | None:
        """Begins a run on the thread that looks ahead, if there is something to be done ahead of it."""
        model = self._models.get(frame.model)
        if model is None or model.preparer is None or not model.preparer.active:
            return None
        items = cast("Sequence[RequestItem]", frame.payload)
        run = Run(self._link, model, self._awaiting, frame.type, frame.run, items)
        run.prepare(model.preparer)
        return run

    def _control(self, frame: Frame) -> None:
        if frame.type == FrameType.HEARTBEAT:
            self._link.send(frame)
        elif frame.type == FrameType.LOAD:
            self._load(frame)
        elif frame.type == FrameType.UNLOAD:
            self._models.pop(frame.model, None)
            if self._host is not None:
                self._host.forget(frame.model)
            self._places.close(frame.model)
            gc.unfreeze()
            gc.collect()
            self._link.send(Frame(FrameType.UNLOADED, model=frame.model))

    def _load(self, frame: Frame) -> None:
        link = self._link
        link.flush()
        wanted = cast("Fields", frame.payload)
        if wanted.get("outbox") == "true":
            link.use_outbox()
        link.use_busy_poll(int(wanted.get("busy_poll_micros") or 0) / 1e6)
        try:
            self._check(wanted)
            model = load(frame.model, wanted, self._awaiting, self._places)
        except BaseException as fault:  # also what would end the process: who waits is told why
            self._places.close(frame.model)
            answer = self._load_failure(fault, wanted)
        else:
            self._models[frame.model] = model
            answer = {"status": "ok", "mode": model.mode, "slots": str(model.slots)}
            if model.streams is not None:
                answer["streams"] = "true" if model.streams else "false"
            if (declares := model.declares()) is not None:
                answer["declares"] = declares
            if model.mode != SERIAL:
                self._open_host().add(model)
            if model.preparer is not None:
                self._lookahead = self._lookahead or Lookahead(link, self._prepare, self._on_trial)
                model.preparer.tell(self._lookahead.preprocessed)
            # What stays for the life of the model need not be looked at by every collection.
            gc.collect()
            gc.freeze()
        link.send(Frame(FrameType.LOADED, model=frame.model, payload=answer))

    def _check(self, wanted: Fields) -> None:
        """Refuses what can't be done beside what is loaded already."""
        mode = wanted.get("mode") or SERIAL
        if mode != SERIAL and not self._link.alone:
            raise ValueError(f"mode: {mode}, in a group of processes (expected: {SERIAL})")
        if mode != SERIAL and self._lookahead is not None:
            raise ValueError(f"mode: {mode}, beside a model with prepareAhead (expected: {SERIAL})")
        if self._models and (wanted.get("prepare_ahead") == "true" or self._lookahead is not None):
            raise ValueError("prepareAhead: true, in a worker of several models (expected: false)")

    def _open_host(self) -> Host:
        if self._host is None:
            from ts._worker.host import Host

            self._host = Host(self._link, self._awaiting, self._places)
        return self._host

    def _load_failure(self, fault: BaseException, wanted: Fields) -> Fields:
        message = placed_message(fault, wanted.get("model_dir") or "")
        message += missing_requirements(fault, wanted)
        print_traceback(fault, f"{message} (model {wanted.get('model_name')} could not be loaded)")
        code = ErrorCode.LOAD_FAILED
        if is_out_of_memory(fault):
            code = ErrorCode.OUT_OF_MEMORY
        elif failure_of(fault).spent:
            code = ErrorCode.DEVICE_LOST
        return {
            "status": "failed",
            "error": code.name,
            "message": message,
            "trace": trace_of(fault),
        }

    def _run(self, frame: Frame, received_at: float) -> None:
        link = self._link
        # A run that was sent ahead begins when the one before it ends.
        free_since = self._free_since
        started = received_at if received_at > free_since else free_since
        self._execute(frame, received_at)
        self._free_since = ended = time.monotonic()
        if ended - started > PROMPT_SECONDS:
            link.flush()
            if link.waiting:
                # Runs have been waiting meanwhile: some may have been cancelled.
                link.receive(wait=False)
        elif link.waiting:
            link.keep_or_flush(ended)

    def _execute(self, frame: Frame, received_at: float, run: Run | None = None) -> None:
        if run is None:
            kind, _, handle, run_id, payload = frame
            model = None if self._spent else self._models.get(handle)
            if model is None:
                self._refuse(frame)
                return
            if handle != self._places.current:
                self._places.enter(handle)
            # Not `cast`, which is a call: this is the path of every request.
            items: Sequence[RequestItem] = payload  # type: ignore[assignment]
            run = Run(self._link, model, self._awaiting, kind, run_id, items)
        elif self._spent:
            self._refuse(frame)
            return
        OUTLET.hold()
        try:
            if run.execute(received_at):
                self._spent = True
        finally:
            OUTLET.release()

    def _refuse(self, frame: Frame) -> None:
        if self._spent:
            failure = Failure(ErrorCode.DEVICE_LOST, "the device was lost in an earlier run of this process")
        else:
            failure = Failure(
                ErrorCode.MODEL_NOT_LOADED, f"model handle: {frame.model} (expected: a loaded model)"
            )
        items = cast("Sequence[RequestItem]", frame.payload)
        replies = [error_reply(item.id, failure) for item in items]
        self._link.reply(FrameType.RESULT, SPENT if self._spent else 0, frame.model, frame.run, replies)
