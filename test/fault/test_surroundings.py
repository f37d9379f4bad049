"""A server whose surroundings fail: files, folders, descriptors. It says so, serves on, and recovers."""

from __future__ import annotations

import resource
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import psutil
import pytest
from faults import HANDLERS, last_failure, order
from observation import Observation
from support import rest
from support.packing import pack
from support.rest import RawConnection
from support.server import RunningServer
from support.waiting import eventually

SPARE_DESCRIPTORS = 12


def make(base: Path) -> RunningServer:
    server = RunningServer(base, models=["faulty=faulty.mar"])
    pack(server.store, "faulty", str(HANDLERS / "faulty.py"))
    return server


@pytest.fixture
def own(tmp_path: Path) -> Iterator[RunningServer]:
    server = make(tmp_path / "own").start()
    yield server
    server.kill()


def end(server: RunningServer) -> None:
    family = server.family()
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(30) == 0
    _, alive = psutil.wait_procs(family, timeout=6)
    assert alive == []


def test_a_removed_temp_folder_is_told_and_what_runs_goes_on(own: RunningServer) -> None:
    # Where the temporary folder's path is long, the worker sockets are in a folder of their own.
    elsewhere = Path("/tmp").glob(f"mariner-{own.process.pid}-*")
    for folder in [*own.temp.iterdir(), *elsewhere]:
        shutil.rmtree(folder)
    assert own.predict("faulty", order("answer")).text == "1"
    refused = own.manage("POST", "/models", url="faulty.mar", model_name="late", initial_workers=1)
    assert refused.status >= 400
    assert refused.json()["message"]
    assert own.predict("faulty", order("kill")).status == 500
    eventually(lambda: own.predict("faulty", order("answer")).status == 503, 20, "refused, not hanging")
    assert rest.call(own.inference, "GET", "/readyz").status == 503
    assert "could not be started" in last_failure(own, "faulty") or "connect" in last_failure(own, "faulty")
    assert rest.call(own.inference, "GET", "/livez").status == 200
    end(own)


def test_logs_that_can_not_be_written_stop_nothing(tmp_path: Path) -> None:
    server = make(tmp_path / "own")
    # A file where the folder should be: not even root can write below it.
    server.logs.write_text("no folder")
    server.start()
    try:
        assert server.predict("faulty", order("answer", says="a word")).text == "1"
        assert "warning: no log files, only the console" in server.text()
        eventually(lambda: "a word" in server.text(), 10, "the worker's words on the console")
        assert server.predict("faulty", order("exit", code=1)).status == 500
        eventually(lambda: server.predict("faulty", order("answer")).text == "1", 20, "served again")
        end(server)
    finally:
        server.kill()


def test_descriptors_that_run_out_stop_only_what_is_new(own: RunningServer) -> None:
    process = psutil.Process(own.process.pid)
    with RawConnection(own.inference) as known, ExitStack() as flood:
        known.send(rest.request_bytes("POST", "/predictions/faulty", order("answer").encode()))
        assert known.read_reply().body == b"1"
        base = Observation.of(own)
        before = process.rlimit(psutil.RLIMIT_NOFILE)
        limit = process.num_fds() + SPARE_DESCRIPTORS
        process.rlimit(psutil.RLIMIT_NOFILE, (limit, before[1]))
        for _ in range(3 * SPARE_DESCRIPTORS):
            flood.enter_context(RawConnection(own.inference))
        eventually(lambda: process.num_fds() >= limit - 1, 10, "all descriptors are taken")
        used, begun = sum(process.cpu_times()[:2]), time.monotonic()
        for _ in range(20):
            known.send(rest.request_bytes("POST", "/predictions/faulty", order("answer").encode()))
            assert known.read_reply().body == b"1"
        eventually(lambda: time.monotonic() - begun > 2, 5)
        assert sum(process.cpu_times()[:2]) - used < 1.5, "accepting does not spin"
        # A worker that is lost now can't be started; it is tried again for ever.
        known.send(rest.request_bytes("POST", "/predictions/faulty", order("exit", code=1).encode()))
        assert known.read_reply().status == 500
        flood.close()
        process.rlimit(psutil.RLIMIT_NOFILE, before)
        eventually(lambda: serves(own), 30, "it recovers by itself")
        eventually(lambda: not Observation.of(own).differs_from(base), 30, "the base line")
    own.expects_java_traces = True
    end(own)


def serves(server: RunningServer) -> bool:
    with suppress(OSError):
        return server.predict("faulty", order("answer")).status == 200
    return False


def test_an_archive_that_can_not_be_written_is_refused_and_leaves_nothing(own: RunningServer) -> None:
    weights = own.base / "weights.bin"
    weights.write_bytes(bytes(range(256)) * 20_000)
    pack(own.store, "large", str(HANDLERS / "faulty.py"), extra_files=str(weights))
    process, base = psutil.Process(own.process.pid), Observation.of(own)
    before = process.rlimit(psutil.RLIMIT_FSIZE)
    # To the program a limit on files looks much like a full disk: writing fails in the middle.
    process.rlimit(psutil.RLIMIT_FSIZE, (1_000_000, resource.RLIM_INFINITY))
    refused = own.manage("POST", "/models", url="large.mar", initial_workers=1, synchronous="true")
    assert refused.status >= 400
    assert "the disk is full or not writable" in refused.message
    eventually(lambda: not Observation.of(own).differs_from(base), 10, "nothing is left")
    assert own.predict("faulty", order("answer")).text == "1"
    process.rlimit(psutil.RLIMIT_FSIZE, before)
    accepted = own.manage("POST", "/models", url="large.mar", initial_workers=1, synchronous="true")
    assert accepted.status == 200, accepted.text
    end(own)
