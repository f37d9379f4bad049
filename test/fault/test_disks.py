"""Disks that are full or read-only: a clear error, nothing left behind, the server serves on and recovers."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import private_mounts as mounts
import pytest
from faults import HANDLERS, order
from support.fixtures import ServerMaker
from support.packing import pack
from support.rest import Reply
from support.server import RunningServer
from support.waiting import eventually

LARGE_BYTES = 2_000_000

pytestmark = pytest.mark.skipif(mounts.refusal() is not None, reason=str(mounts.refusal()))


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Tells nobody."""


@contextmanager
def web(folder: Path) -> Iterator[str]:
    """Serves a folder; gives its address."""
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as site:
        thread = threading.Thread(target=site.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{site.server_address[1]}"
        finally:
            site.shutdown()
            thread.join()


class Disks:
    """A server whose temporary folder, model store and logs are small disks of their own."""

    def __init__(self, make: ServerMaker, base: Path) -> None:
        self.elsewhere = base / "elsewhere"
        self.elsewhere.mkdir()
        places = base / "server0"
        small = [mounts.disk(places / name, "12m") for name in ("temp", "store", "logs")]
        self.server: RunningServer = make(
            models=["faulty=faulty.mar"],
            config={"allowed_urls": "http://127.0.0.1.*"},
            prefix=mounts.prefix(small),
        )
        weights = base / "weights.bin"
        weights.write_bytes(bytes(range(256)) * (LARGE_BYTES // 256))
        pack(self.server.store, "faulty", str(HANDLERS / "faulty.py"))
        pack(self.server.store, "large", str(HANDLERS / "faulty.py"), extra_files=str(weights))
        pack(self.elsewhere, "remote", str(HANDLERS / "faulty.py"), extra_files=str(weights))
        self.server.start()
        self.temp, self.store, self.logs = (
            mounts.inside(self.server, places / name) for name in ("temp", "store", "logs")
        )

    def register(self, url: str) -> Reply:
        return self.server.manage("POST", "/models", url=url, initial_workers=1, synchronous="true")

    def assert_serves(self) -> None:
        assert self.server.predict("faulty", order("answer")).text == "1"

    def end(self) -> None:
        eventually(lambda: self.server.predict("faulty", order("answer")).text == "1", 20)
        self.server.stop()


@pytest.fixture
def disks(make_server: ServerMaker, tmp_path: Path) -> Disks:
    return Disks(make_server, tmp_path)


def names(folder: Path) -> set[str]:
    """Returns all that is in a folder but what a filled disk needs."""
    found = (path for path in folder.rglob("*") if "__pycache__" not in path.parts)
    return {str(path.relative_to(folder)) for path in found} - {".filler"}


def test_a_full_temporary_disk_refuses_what_is_new(disks: Disks) -> None:
    before = names(disks.temp)
    filler = mounts.fill(disks.temp)
    with web(disks.elsewhere) as address:
        for url in ("large.mar", f"{address}/remote.mar"):
            refused = disks.register(url)
            assert refused.status >= 400
            assert "full or not writable" in refused.message
            assert names(disks.temp) == before
            disks.assert_serves()
        assert names(disks.store) == {"faulty.mar", "large.mar"}
        filler.unlink()
        for url in ("large.mar", f"{address}/remote.mar"):
            assert disks.register(url).status == 200
    disks.end()


def test_a_full_model_store_refuses_what_is_fetched(disks: Disks) -> None:
    before, stored = names(disks.temp), names(disks.store)
    filler = mounts.fill(disks.store)
    with web(disks.elsewhere) as address:
        refused = disks.register(f"{address}/remote.mar")
        assert refused.status >= 400
        assert "the model store is full or not writable" in refused.message
        assert (names(disks.temp), names(disks.store)) == (before, stored)
        assert disks.register("large.mar").status == 200, "what is in the store is served"
        filler.unlink()
        assert disks.register(f"{address}/remote.mar").status == 200
    assert names(disks.store) == stored | {"remote.mar"}
    disks.end()


def test_a_full_disk_of_logs_stops_nothing(disks: Disks) -> None:
    filler = mounts.fill(disks.logs)
    for word in ("unheard", "of"):
        assert disks.server.predict("faulty", order("answer", says=word * 5000)).text == "1"
    assert disks.server.predict("faulty", order("exit", code=1)).status == 500
    eventually(lambda: disks.server.predict("faulty", order("answer")).text == "1", 20, "replaced")
    filler.unlink()
    disks.server.predict("faulty", order("answer", says="heard again"))
    model_log = disks.logs / "model_log.log"
    eventually(lambda: "heard again" in model_log.read_text(errors="replace"), 10, "the log goes on")
    disks.server.expects_java_traces = True
    disks.end()


def test_a_model_store_that_becomes_read_only_stops_only_what_would_write(disks: Disks) -> None:
    before = (names(disks.temp), names(disks.store))
    folder = disks.server.base / "store"
    mounts.make_read_only(disks.server, folder)
    with web(disks.elsewhere) as address:
        refused = disks.register(f"{address}/remote.mar")
        assert refused.status >= 400
        assert "the model store is full or not writable" in refused.message
        assert (names(disks.temp), names(disks.store)) == before
        assert disks.register("large.mar").status == 200, "reading goes on"
        mounts.make_read_only(disks.server, folder, read_only=False)
        assert disks.register(f"{address}/remote.mar").status == 200
    disks.end()
