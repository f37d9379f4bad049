"""Models that come and go while the server runs, and archives that must leave nothing behind."""

from __future__ import annotations

import functools
import http.server
import json
import re
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from support import archives, rest
from support.packing import pack
from support.server import RunningServer
from support.waiting import eventually


class QuietFiles(http.server.SimpleHTTPRequestHandler):
    """Serves files; `/moved/X` leads to `X`, `/away/PORT` to another host, `/endless` never ends."""

    def log_message(self, format: str, *arguments: Any) -> None:
        """Says nothing."""

    def do_GET(self) -> None:
        if self.path.startswith("/moved/"):
            self._move(self.path.removeprefix("/moved"))
        elif self.path.startswith("/away/"):
            self._move("http://169.254.169.254/latest/meta-data/model.mar")
        elif self.path.startswith("/signed/"):
            self._signed()
        elif self.path.startswith("/torn/"):
            self.send_response(200)
            self.send_header("Content-Length", "100000")
            self.end_headers()
            self.wfile.write(b"PK\x03\x04 and no more")
            self.close_connection = True
        else:
            super().do_GET()

    def _signed(self) -> None:
        """As a bucket does that others may not read, for a key of its own or an address with a signature."""
        given = self.headers.get("Authorization", "")
        own = given.startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/") and "/eu-west-1/s3/" in given
        if not own and "X-Amz-Signature=abc%2Fdef" not in self.path:
            self.send_error(403)
            return
        self.path = self.path.removeprefix("/signed")
        super().do_GET()

    def _move(self, where: str) -> None:
        self.send_response(302)
        self.send_header("Location", where)
        self.end_headers()


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int]]:
    folder = tmp_path_factory.mktemp("web")
    serving = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(QuietFiles, directory=folder)
    )
    thread = threading.Thread(target=serving.serve_forever)
    thread.start()
    yield folder, serving.server_address[1]
    serving.shutdown()
    thread.join()
    serving.server_close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, web: tuple[Path, int]) -> Iterator[RunningServer]:
    base = tmp_path_factory.mktemp("registration")
    running = RunningServer(
        base / "server",
        models=["echo=echo.mar"],
        config={
            "allowed_urls": f"http://127.0.0.1:{web[1]}/.*,file://{base}/files/.*",
            "max_archive_size": "20m",
            "max_archive_entries": 50,
            "max_download_size": "1m",
        },
        environment={
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_DEFAULT_REGION": "eu-west-1",
        },
    )
    (base / "files").mkdir()
    pack(running.store, "echo", "echo")
    pack(running.store, "echo", "echo", "2.0", file_name="echo2.mar")
    pack(running.store, "unloadable", "raising_at_load")
    pack(running.store, "hanging", "hanging_at_load")
    requirements = base / "requirements.txt"
    requirements.write_text("absent-dependency\n")
    pack(running.store, "ending", "ending_at_load", extra_files=str(requirements))
    with running:
        yield running


def unpacked(server: RunningServer) -> set[Path]:
    """All files in the server's temporary folder."""
    return {path for path in server.temp.rglob("*") if not path.name.endswith(".sock")}


def register(server: RunningServer, url: str, **parameters: Any) -> rest.Reply:
    return server.manage("POST", "/models", url=url, **{"initial_workers": 1, **parameters})


Maker = Callable[[Path, str], Path]
HOSTILE: dict[str, tuple[str, Maker]] = {
    "slip": ("mar", lambda path, name: archives.zip_with(path, name, "../../owned")),
    "absolute": ("mar", lambda path, name: archives.zip_with(path, name, f"{path.parent}/owned")),
    "backslash": ("mar", lambda path, name: archives.zip_with(path, name, "..\\..\\owned")),
    "link": ("mar", lambda path, name: archives.zip_with_link(path, name, str(path.parent))),
    "bomb": ("mar", archives.zip_bomb),
    "entries": ("mar", lambda path, name: _many(path, name)),
    "torn": ("mar", lambda path, name: archives.truncated(path, _whole(path, name))),
    "no zip": ("mar", lambda path, name: _text(path)),
    "empty": ("mar", lambda path, name: _text(path, "")),
    "tar slip": ("tar.gz", lambda path, name: archives.tar_with(path, name, f"{name}/../../owned")),
    "tar absolute": ("tar.gz", lambda path, name: archives.tar_with(path, name, f"{path.parent}/owned")),
    "tar link": ("tar.gz", lambda path, name: archives.tar_with_link(path, name, str(path.parent))),
    "tar hard link": (
        "tar.gz",
        lambda path, name: archives.tar_with_link(path, name, "/etc/passwd", tarfile.LNKTYPE),
    ),
    "tar device": (
        "tar.gz",
        lambda path, name: archives.tar_with_link(path, name, "", tarfile.CHRTYPE),
    ),
    "bad manifest": ("mar", lambda path, name: archives.zip_with(path, name, "MAR-INF/MANIFEST.json", b"{")),
}


def _many(path: Path, name: str) -> Path:

    archives.zip_with(path, name, "one")
    with zipfile.ZipFile(path, "a") as archive:
        for number in range(60):
            archive.writestr(f"file{number}", b"")
    return path


def _whole(path: Path, name: str) -> Path:
    return archives.zip_with(path.with_name(f"{name}-whole.zip"), name, "data.bin", bytes(range(256)) * 200)


def _text(path: Path, text: str = "just text") -> Path:
    path.write_text(text)
    return path


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_archive_is_refused_and_leaves_nothing(server: RunningServer, kind: str) -> None:
    suffix, make = HOSTILE[kind]
    name = f"hostile-{kind.replace(' ', '-')}"
    archive = make(server.store / f"{name}.{suffix}", name)
    before = unpacked(server)
    answer = register(server, archive.name, model_name=name)
    assert 400 <= answer.status < 500, answer.text
    assert answer.json()["type"] == "InvalidModelException"
    assert len(answer.message) > 10
    # An entry's own name may be told, the server's folders may not.
    assert str(server.temp) not in answer.message
    assert str(archive) not in answer.message
    assert unpacked(server) == before
    assert not (server.store / "owned").exists()
    assert not (server.temp / "owned").exists()
    assert server.manage("GET", f"/models/{name}").status == 404


def test_an_archive_that_grows_over_the_limit_names_the_limit(server: RunningServer) -> None:
    archives.zip_bomb(server.store / "big.mar", "big")
    answer = register(server, "big.mar")
    assert answer.status == 400
    assert "max_archive_size" in answer.message or "ratio" in answer.message.lower()


@pytest.mark.parametrize("prefix", ["", "/moved"])
def test_an_archive_comes_over_http_when_its_address_is_allowed(
    server: RunningServer, web: tuple[Path, int], prefix: str
) -> None:
    name = "fetched" + prefix.strip("/")
    pack(web[0], name, "echo")
    url = f"http://127.0.0.1:{web[1]}{prefix}/{name}.mar"
    answer = register(server, url)
    assert answer.status == 200, answer.text
    assert server.predict(name, "far").body == b"far"
    assert server.describe(name)["modelUrl"] == url
    assert server.manage("DELETE", f"/models/{name}").status == 200
    assert {path.name for path in server.store.glob("*.download*")} == set()


def test_an_archive_of_a_bucket_comes_with_a_signature_of_the_server_or_of_the_address(
    server: RunningServer, web: tuple[Path, int]
) -> None:
    pack(web[0], "bucketed", "echo")
    url = f"http://127.0.0.1:{web[1]}/signed/bucketed.mar"
    refused = register(server, url)
    assert (refused.status, refused.json()["type"]) == (400, "DownloadArchiveException")
    assert "status 403" in refused.message
    # What the query is made of is the bucket's business: it goes out as it came in.
    presigned = f"{url}%3FX-Amz-Expires=300%26X-Amz-Signature=abc%252Fdef"
    for parameters in ({"url": url, "s3_sse_kms": "true"}, {"url": presigned}):
        answer = server.manage("POST", "/models", initial_workers=1, **parameters)
        assert answer.status == 200, answer.text
        assert server.manage("DELETE", "/models/bucketed").status == 200


def test_a_workflow_of_a_bucket_comes_with_its_models_signed(
    server: RunningServer, web: tuple[Path, int]
) -> None:
    pack(web[0], "node", "echo")
    bucket = f"http://127.0.0.1:{web[1]}/signed"
    spec = {
        "models": {"first": {"url": f"{bucket}/node.mar"}, "second": {"url": "echo.mar"}},
        "dag": {"first": ["second"]},
    }
    manifest = {"workflow": {"workflowName": "flow", "specFile": "spec.yaml"}}
    with zipfile.ZipFile(web[0] / "flow.war", "w") as archive:
        archive.writestr("WAR-INF/MANIFEST.json", json.dumps(manifest))
        archive.writestr("spec.yaml", json.dumps(spec))
    refused = server.manage("POST", "/workflows", url=f"{bucket}/flow.war")
    assert (refused.status, "status 403" in refused.message) == (400, True)
    answer = server.manage("POST", "/workflows", url=f"{bucket}/flow.war", s3_sse_kms="true")
    assert answer.status == 200, answer.text
    assert server.manage("DELETE", "/workflows/flow").status == 200


def test_a_file_address_is_taken_when_it_is_allowed(server: RunningServer) -> None:
    folder = server.base.parent / "files"
    archive = pack(folder, "local", "echo")
    answer = register(server, f"file://{archive}")
    assert answer.status == 200, answer.text
    assert server.predict("local", "near").body == b"near"
    assert server.manage("DELETE", "/models/local").status == 200
    assert archive.is_file()


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("http://127.0.0.1:{other}/m.mar", 404),
        ("file:///etc/passwd", 404),
        ("https://127.0.0.1/m.mar", 404),
        ("ftp://127.0.0.1/m.mar", 404),
        ("/etc", 404),
        ("/etc/passwd", 404),
        ("http://127.0.0.1:{port}/absent.mar", 400),
        ("http://127.0.0.1:{port}/../m.mar", 404),
        ("http://127.0.0.1:{port}/torn/m.mar", 400),
    ],
)
def test_other_addresses_are_refused_and_leave_nothing(
    server: RunningServer, web: tuple[Path, int], address: str, status: int
) -> None:
    before, store = unpacked(server), set(server.store.iterdir())
    answer = register(server, address.format(port=web[1], other=web[1] + 1), model_name="foreign")
    assert answer.status == status, answer.text
    assert len(answer.message) > 10
    assert unpacked(server) == before
    assert set(server.store.iterdir()) == store


def test_a_redirect_to_an_address_that_is_not_allowed_is_refused(
    server: RunningServer, web: tuple[Path, int]
) -> None:
    answer = register(server, f"http://127.0.0.1:{web[1]}/away/m.mar", model_name="foreign")
    assert answer.status in (400, 404), answer.text
    assert "169.254.169.254" in answer.message


def test_a_download_over_the_limit_is_refused(server: RunningServer, web: tuple[Path, int]) -> None:
    (web[0] / "huge.mar").write_bytes(bytes(2_000_000))
    store = set(server.store.iterdir())
    answer = register(server, f"http://127.0.0.1:{web[1]}/huge.mar", model_name="huge")
    assert answer.status == 400
    assert "max_download_size" in answer.message
    assert set(server.store.iterdir()) == store


def test_a_synchronous_registration_that_fails_leaves_nothing(server: RunningServer) -> None:
    before = unpacked(server)
    answer = register(server, "unloadable.mar")
    assert answer.status == 500
    assert answer.message.startswith("Failed to start workers for model unloadable version: 1.0")
    assert server.manage("GET", "/models/unloadable").status == 404
    eventually(lambda: unpacked(server) == before, 10, "the unpacked archive is gone")
    eventually(lambda: len(server.family()) == 1, 10, "no worker is left")


def test_an_asynchronous_registration_that_fails_is_told_by_describing(server: RunningServer) -> None:
    answer = register(server, "unloadable.mar", model_name="later", synchronous="false")
    assert answer.status == 202
    eventually(lambda: "another planet" in str(server.describe("later")), 20, "the reason is told")
    assert server.predict("later", "x").status == 503
    assert server.predict("echo", "x").status == 200
    assert server.manage("DELETE", "/models/later").status == 200
    assert server.manage("GET", "/models/later").status == 404


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        ("raising", r"ending_at_load\.py:\d+: ValueError: no weights here"),
        ("leaving", r"ending_at_load\.py:\d+: SystemExit: no licence"),
        (
            "importing",
            r"ending_at_load\.py:\d+: ModuleNotFoundError: No module named 'absent_dependency'"
            r" \(the archive's requirements\.txt was not installed\)",
        ),
        ("quitting", r"Worker died\. It exited with code 3"),
        ("crashing", r"Worker died\. It .*(SIGSEGV|signal 11)"),
    ],
)
def test_a_load_that_ends_in_whatever_way_tells_its_reason_everywhere(
    server: RunningServer, end: str, reason: str
) -> None:
    answer = register(server, "ending.mar", model_name=end)
    assert answer.status == 500
    assert re.search(reason, answer.message)
    assert register(server, "ending.mar", model_name=end, synchronous="false").status == 202
    try:
        eventually(lambda: "lastFailure" in server.describe(end), 20, "the reason is told")
        assert re.match(reason, server.describe(end)["lastFailure"])
    finally:
        assert server.manage("DELETE", f"/models/{end}").status == 200
    lines = server.log("ts_log.log").splitlines()
    assert any(re.search(f"{end}_1.0 failed to start: {reason}", line) for line in lines)
    if end == "raising":
        text = server.log("model_log.log")
        assert text.count("ValueError: no weights here (model raising could not be loaded)") >= 2
        assert "/_worker/" not in text
        assert "Traceback" not in server.log("ts_log.log")  # once is enough, in the model's log
    if end == "quitting":
        assert "last words" in server.log("model_log.log")


def test_a_load_that_hangs_ends_with_its_time(server: RunningServer) -> None:
    answer = register(server, "hanging.mar", startup_timeout=1)
    assert answer.status == 500
    assert "startupTimeout" in answer.message
    assert server.manage("GET", "/models/hanging").status == 404


def test_a_slow_registration_does_not_hold_up_others(server: RunningServer) -> None:
    with ThreadPoolExecutor(8) as callers:
        slow = [
            callers.submit(register, server, "hanging.mar", model_name=f"slow{number}", startup_timeout=3)
            for number in range(6)
        ]
        eventually(lambda: server.manage("GET", "/models/slow5").status == 200, 10, "they are on their way")
        assert server.predict("echo", "meanwhile").body == b"meanwhile"
        assert register(server, "echo.mar", model_name="quick").status == 200
        assert not any(answer.done() for answer in slow)
        assert server.manage("DELETE", "/models/quick").status == 200
        assert {answer.result(30).status for answer in slow} == {500}


def test_of_two_registrations_at_the_same_time_one_wins(server: RunningServer) -> None:
    before = unpacked(server)
    with ThreadPoolExecutor(4) as callers:
        answers = list(callers.map(lambda _: register(server, "echo.mar", model_name="race"), range(4)))
    assert sorted(answer.status for answer in answers) == [200, 409, 409, 409]
    assert server.predict("race", "x").body == b"x"
    assert server.manage("DELETE", "/models/race").status == 200
    eventually(lambda: unpacked(server) == before, 10, "nothing is left of the four")


def test_scaling_up_and_down_and_to_nothing(server: RunningServer) -> None:
    assert register(server, "echo.mar", model_name="elastic").status == 200
    for count in (3, 1, 0, 2):
        query = {"min_worker": count, "max_worker": count, "synchronous": "true"}
        answer = server.manage("PUT", "/models/elastic", **query)
        assert answer.status == 200, answer.text
        assert len(server.workers("elastic")) == count
        assert server.predict("elastic", "x").status == (200 if count else 503)
    assert server.manage("DELETE", "/models/elastic").status == 200
    eventually(lambda: len(server.family()) == 1, 10, "no worker is left")


def test_unregistering_finishes_what_was_accepted(server: RunningServer, tmp_path: Path) -> None:
    pack(server.store, "leaving", "acting")
    assert register(server, "leaving.mar").status == 200
    began, until = tmp_path / "began", tmp_path / "until"
    with ThreadPoolExecutor(2) as callers:
        order = {"do": "wait", "began": str(began), "until": str(until)}
        answer = callers.submit(server.predict, "leaving", order)
        eventually(began.exists, 20, "the request runs")
        removal = callers.submit(server.manage, "DELETE", "/models/leaving")
        eventually(lambda: server.manage("GET", "/models/leaving").status == 404, 10, "it is gone")
        assert server.predict("leaving", "x").status == 404
        assert not answer.done()
        until.touch()
        assert (answer.result(20).status, answer.result().text) == (200, "waited")
        assert removal.result(20).status == 200


def test_versions_have_their_own_workers_and_a_default(server: RunningServer) -> None:
    assert register(server, "echo.mar", model_name="both").status == 200
    assert register(server, "echo2.mar", model_name="both").status == 200
    rows = server.manage("GET", "/models/both/all").json()
    assert [row["modelVersion"] for row in rows] == ["1.0", "2.0"]
    pids = {worker["pid"] for row in rows for worker in row["workers"]}
    assert len(pids) == 2
    assert server.manage("PUT", "/models/both/2.0/set-default").status == 200
    assert server.describe("both")["modelVersion"] == "2.0"
    assert server.manage("DELETE", "/models/both/1.0").status == 200
    assert server.predict("both/1.0", "x").status == 404
    assert server.predict("both", "x").body == b"x"
    assert server.manage("DELETE", "/models/both").status == 200
