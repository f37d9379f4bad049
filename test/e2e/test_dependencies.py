"""Packages that archives ask for: once for each content, apart for each model, none after a failure."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import grpc
import psutil
import pytest
from support import rest, rpc
from support.packing import pack
from support.server import RunningServer
from support.waiting import eventually
from support.wheels import make_wheel

OFFLINE = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": None, "UV_OFFLINE": "1"}
"""Nothing but what an archive brings along is found."""

SLOW_BUILD = """
import os, pathlib, subprocess
mark = pathlib.Path(os.environ["SLOW_BUILD_MARK"])
mark.with_suffix(".part").write_text(str(os.getpid()))
mark.with_suffix(".part").rename(mark)
subprocess.run(["sleep", "300"])
"""
HELD_BUILD = """
import os, pathlib, shutil, time
def build_wheel(target, settings=None, metadata=None):
    parent = os.getppid()  # the installer, which asks for metadata first
    pathlib.Path(os.environ["BUILD_MARKS"], str(parent)).touch()
    while "BUILD_HOLDS" in os.environ and os.getppid() == parent:
        time.sleep(0.05)
    wheel = next(pathlib.Path().glob("*.whl"))
    shutil.copy(wheel, target)
    return wheel.name
"""
SLOW_PROJECT = """
[build-system]
requires = []
build-backend = "slow"
backend-path = ["."]
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    base = tmp_path_factory.mktemp("dependencies")
    running = RunningServer(
        base / "server",
        config={
            "install_py_dep_per_model": "true",
            "dependency_installer": "pip",
            "dependency_cache": str(base / "cache"),
            "default_worker_group": "common",
        },
        environment=OFFLINE,
    )
    for version in ("1.0", "2.0"):
        make_wheel(base / "wheels", "tinydep", version)
    with running:
        yield running


def environments(server: RunningServer) -> set[str]:
    """The names of the environments in the cache."""
    cache = server.base.parent / "cache"
    return {path.parent.name for path in cache.glob("*/complete")}


def folders(server: RunningServer) -> set[str]:
    """The names of all folders in the cache, whole or not."""
    cache = server.base.parent / "cache"
    return {path.name for path in cache.iterdir() if path.is_dir()} if cache.exists() else set()


def pack_needy(server: RunningServer, name: str, requirements: str, *wheels: str, **options: Any) -> Path:
    """Packs a model that needs tinydep, with these versions of its wheel in the archive."""
    found = server.base.parent / "wheels"
    extra = ",".join(str(found / f"tinydep-{version}-py3-none-any.whl") for version in wheels)
    return pack(
        server.store,
        name,
        "needing_package",
        requirements=requirements,
        extra_files=extra or None,
        **options,
    )


def register(server: RunningServer, name: str, **parameters: Any) -> rest.Reply:
    wanted = {"initial_workers": 1, "synchronous": "true", **parameters}
    return server.manage("POST", "/models", url=f"{name}.mar", **wanted)


def answer(server: RunningServer, name: str) -> dict[str, Any]:
    reply = server.predict(name, "x")
    assert reply.status == 200, reply.text
    return dict(reply.json())


def unregister(server: RunningServer, *names: str) -> None:
    for name in names:
        assert server.manage("DELETE", f"/models/{name}").status == 200


def test_models_with_conflicting_versions_run_side_by_side(server: RunningServer) -> None:
    pack_needy(server, "first", "tinydep==1.0\n", "1.0")
    pack_needy(server, "second", "tinydep==2.0\n", "2.0", config={"useVenv": True})
    for name in ("first", "second"):
        reply = register(server, name)
        assert reply.status == 200, reply.text
    first, second = answer(server, "first"), answer(server, "second")
    assert (first["version"], second["version"]) == ("1.0", "2.0")
    cache = str(server.base.parent / "cache")
    # The server's own interpreter with a folder of packages, and one of its own.
    assert first["file"].startswith(cache)
    assert not first["prefix"].startswith(cache)
    assert second["prefix"].startswith(cache)
    assert server.describe("second")["useVenv"] is True
    # Nothing of it is in the process that models without packages of their own share.
    pack(server.store, "plain", "needing_package")
    reply = register(server, "plain")
    assert reply.status == 500
    assert "No module named 'tinydep'" in reply.message
    unregister(server, "first", "second")


def test_one_content_is_installed_once(server: RunningServer) -> None:
    for name in ("twin_a", "twin_b", "twin_c"):
        pack_needy(server, name, "# twins\ntinydep\n", "1.0")
    before = environments(server)
    with ThreadPoolExecutor(3) as threads:
        replies = list(threads.map(lambda name: register(server, name), ("twin_a", "twin_b", "twin_c")))
    assert [reply.status for reply in replies] == [200, 200, 200], [reply.text for reply in replies]
    assert len(environments(server) - before) == 1
    assert len({answer(server, name)["file"] for name in ("twin_a", "twin_b", "twin_c")}) == 1
    unregister(server, "twin_a", "twin_b", "twin_c")


def test_a_wheel_of_other_content_makes_another_environment(server: RunningServer) -> None:
    pack_needy(server, "newest", "tinydep\n", "1.0")
    assert register(server, "newest").status == 200
    assert answer(server, "newest")["version"] == "1.0"
    unregister(server, "newest")
    pack_needy(server, "newest", "tinydep\n", "1.0", "2.0")
    assert register(server, "newest").status == 200
    assert answer(server, "newest")["version"] == "2.0"
    unregister(server, "newest")


def test_requirements_name_files_by_their_place_in_the_archive(server: RunningServer) -> None:
    pack_needy(server, "placed", "./tinydep-2.0-py3-none-any.whl\n", "2.0")
    reply = register(server, "placed")
    assert reply.status == 200, reply.text
    assert answer(server, "placed")["version"] == "2.0"
    unregister(server, "placed")


def test_what_the_server_s_python_has_is_not_installed_again(server: RunningServer) -> None:
    pack(server.store, "content", "echo", requirements="pytest\n")
    reply = register(server, "content")
    assert reply.status == 200, reply.text
    assert server.predict("content", "x").text == "x"
    unregister(server, "content")


FAILURES = {
    "not to be had": ("no-such-package==1.0\n", "No matching distribution found for no-such-package==1.0"),
    "conflict": ("tinydep==1.0\ntinydep==2.0\n", "tinydep"),
    "malformed": ("tinydep ==== 1\n", "tinydep ==== 1"),
    "editable": ("-e ./package\n", "-e ./package: can't be installed, since an archive's files come and go"),
    "included and missing": ("-r more.txt\n", "more.txt is not there (expected: a file of the archive)"),
}


@pytest.mark.parametrize("case", FAILURES)
def test_what_can_t_be_installed_is_told_and_leaves_nothing(server: RunningServer, case: str) -> None:
    requirements, reason = FAILURES[case]
    pack_needy(server, "failing", requirements, "1.0")
    before = folders(server)
    reply = register(server, "failing")
    assert (reply.status, reply.json()["type"]) == (400, "ModelException")
    assert reply.message.startswith("Custom pip package installation failed for model failing: ")
    assert reason in reply.message
    assert folders(server) == before
    assert server.manage("GET", "/models/failing").status == 404
    assert reason in server.text()


def test_grpc_tells_the_same(server: RunningServer) -> None:
    pack_needy(server, "failing", "no-such-package\n")
    wanted = rpc.management_messages().RegisterModelRequest(url="failing.mar", initial_workers=1)
    with rpc.management(server.grpc_management) as stub, pytest.raises(grpc.RpcError) as caught:
        stub.RegisterModel(wanted)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "No matching distribution found for no-such-package" in str(caught.value.details())


def test_a_file_that_the_manifest_names_and_the_archive_lacks_is_named(server: RunningServer) -> None:
    made = pack_needy(server, "lacking", "tinydep\n", "1.0")
    aside = made.with_suffix(".zip")
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(aside, "w") as new:
        for entry in old.namelist():
            if entry != "requirements.txt":
                new.writestr(entry, old.read(entry))
    shutil.move(aside, made)
    reply = register(server, "lacking")
    assert reply.status == 400
    assert "requirements.txt is not there (expected: a file of the archive)" in reply.message


def test_an_environment_of_its_own_needs_no_requirements(server: RunningServer) -> None:
    pack(server.store, "alone", "inspecting", config={"useVenv": True})
    reply = register(server, "alone")
    assert reply.status == 200, reply.text
    unregister(server, "alone")


def test_a_stop_ends_the_installer_and_all_that_it_has_started(tmp_path: Path) -> None:
    mark, cache, package = tmp_path / "mark", tmp_path / "cache", tmp_path / "package"
    slow = RunningServer(
        tmp_path / "slow",
        config={
            "install_py_dep_per_model": "true",
            "dependency_installer": "pip",
            "dependency_cache": str(cache),
        },
        environment={**OFFLINE, "SLOW_BUILD_MARK": str(mark)},
    )
    package.mkdir()
    (package / "pyproject.toml").write_text(SLOW_PROJECT)
    (package / "slow.py").write_text(SLOW_BUILD)
    pack(slow.store, "slow", "echo", requirements=".\n", extra_files=str(package))
    slow.start()
    try:
        with ThreadPoolExecutor(1) as threads:
            waiting = threads.submit(register, slow, "slow")
            builder = psutil.Process(int(eventually(lambda: mark.exists() and mark.read_text(), 60)))
            started = eventually(builder.children, 20, "what the build starts")
            slow.stop()
            assert waiting.exception() is not None or waiting.result().status == 503
    finally:
        slow.kill()
    assert not psutil.wait_procs([builder, *started], timeout=10)[1]
    assert not [path for path in cache.iterdir() if path.is_dir()]


@pytest.mark.nightly
def test_servers_share_a_cache_and_one_that_is_killed_holds_up_nobody(tmp_path: Path) -> None:
    cache, marks, package = tmp_path / "cache", tmp_path / "marks", tmp_path / "package"
    marks.mkdir()
    package.mkdir()
    (package / "pyproject.toml").write_text(SLOW_PROJECT)
    (package / "slow.py").write_text(HELD_BUILD)
    make_wheel(package, "tinydep", "1.0")
    archive = pack(tmp_path, "shared", "needing_package", requirements=".\n", extra_files=str(package))

    def sharing(name: str, **environment: str) -> RunningServer:
        server = RunningServer(
            tmp_path / name,
            config={
                "install_py_dep_per_model": "true",
                "dependency_installer": "pip",
                "dependency_cache": str(cache),
            },
            environment={**OFFLINE, "BUILD_MARKS": str(marks), **environment},
        )
        shutil.copy(archive, server.store)
        return server

    held, other = sharing("held", BUILD_HOLDS="1"), sharing("other")
    with other, ThreadPoolExecutor(2) as threads:
        held.start()
        try:
            cut = threads.submit(register, held, "shared")
            eventually(lambda: list(marks.iterdir()), 60, "the first is installing")
            waiting = threads.submit(register, other, "shared")
            assert wait([waiting], timeout=2).not_done
            assert len(list(marks.iterdir())) == 1
        finally:
            held.kill()
        assert cut.exception() is not None
        reply = waiting.result(timeout=90)
        assert reply.status == 200, reply.text
        assert answer(other, "shared")["version"] == "1.0"
        assert len(list(marks.iterdir())) == 2
        with sharing("third") as third:
            assert register(third, "shared").status == 200
            assert answer(third, "shared")["file"] == answer(other, "shared")["file"]
    assert len(list(marks.iterdir())) == 2
    assert len([path for path in cache.iterdir() if path.is_dir()]) == 1
