"""Starts in odd surroundings: locales, process 1, files and folders that can't be used."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ts._cli.errors import CommandError
from ts._cli.launch import locale_of
from ts._cli.properties import in_force, load
from ts._cli.runfolder import RunFolder
from ts._cli.tests.conftest import Installation

_PROCESS_ONE = ["unshare", "--pid", "--fork", "--mount-proc"]


def _process_one_refusal() -> str | None:
    if os.geteuid() != 0:
        _PROCESS_ONE.insert(1, "--map-root-user")
    if shutil.which("unshare") is None:
        return "unshare is missing (expected: util-linux)"
    tried = subprocess.run([*_PROCESS_ONE, "true"], capture_output=True, text=True, check=False)
    return f"no process namespaces: {tried.stderr.strip()}" if tried.returncode else None


@pytest.mark.parametrize(
    ("given", "added"),
    [
        ({}, {"LC_CTYPE": "C.UTF-8"}),
        ({"LC_ALL": "C"}, {"LC_ALL": "C.UTF-8"}),
        ({"LANG": "POSIX"}, {"LC_CTYPE": "C.UTF-8"}),
        ({"LC_ALL": "", "LC_CTYPE": "C", "LANG": "de_DE.UTF-8"}, {"LC_CTYPE": "C.UTF-8"}),
        ({"LANG": "de_DE.UTF-8"}, {}),
        ({"LC_ALL": "de_DE.ISO-8859-1", "LANG": "C"}, {}),
    ],
)
def test_the_jvm_gets_utf_8_where_the_locale_has_only_ascii(
    given: dict[str, str], added: dict[str, str]
) -> None:
    assert locale_of(given) == added


def test_the_environment_wins_where_the_file_lets_it() -> None:
    config = {"model_store": "$$HOME$$/file", "enable_envvars_config": "TRUE"}
    environment = {"HOME": "/home/me", "TS_MODEL_STORE": "/env"}
    assert in_force("model_store", "flag", config, environment) == "/env"
    assert in_force("model_store", "flag", config, {"HOME": "/home/me"}) == "flag"
    assert in_force("model_store", None, config, {"HOME": "/home/me"}) == "/home/me/file"
    assert in_force("model_store", "flag", {}, environment) == "flag"
    assert in_force("vmargs", None, {}, environment) is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_configuration_may_come_from_another_system(tmp_path: Path, encoding: str, end: str) -> None:
    file = tmp_path / "config.properties"
    file.write_bytes(f"model_store=/modèles{end}vmargs=-Xmx1g{end}".encode(encoding))
    assert load(file) == {"model_store": "/modèles", "vmargs": "-Xmx1g"}


@pytest.mark.parametrize("command", [("ts._cli.main", "start"), ("ts.model_server", "--start")])
def test_a_start_as_process_1_stays_in_the_foreground_and_says_so(
    installation: Installation, command: tuple[str, str]
) -> None:
    refusal = _process_one_refusal()
    if refusal is not None:
        pytest.skip(refusal)
    installation.script(exit=5)
    module, word = command
    done = subprocess.run(
        [*_PROCESS_ONE, *installation.command(module, word, "--model-store", str(installation.store))],
        cwd=installation.work,
        env=installation.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 5
    assert "stays in the foreground, as this is process 1" in done.stderr


@pytest.mark.parametrize("command", ["mariner", "torchserve"])
def test_a_fault_of_the_file_system_is_one_line_with_the_path(
    installation: Installation, command: str
) -> None:
    root = installation.temp / f"mariner-{os.getuid()}"
    for folder in (root, root / "torchserve", root / "a"):
        folder.mkdir(mode=0o700)
    # Not a file, whoever has done that.
    for name in ("torchserve", "a"):
        (root / name / "state.json").mkdir()
    if command == "mariner":
        done = installation.mariner("start", "--name", "a")
    else:
        done = installation.torchserve("--model-store", str(installation.store))
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "/state.json: " in done.stderr


@pytest.mark.parametrize("module", ["ts._cli.main start", "ts.model_server --start"])
def test_a_current_folder_that_is_gone_is_one_line(installation: Installation, module: str) -> None:
    gone = installation.root / "gone"
    gone.mkdir()
    command = f"rmdir {gone}; exec {sys.executable} -m {module}"
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=gone,
        env=installation.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "the current folder can't be used (No such file or directory" in done.stderr


def test_a_folder_that_has_no_locks_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(handle: int, operation: int) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", refuse)
    folder = RunFolder(tmp_path / "root" / "a")
    with pytest.raises(CommandError) as raised, folder.locked():
        pass
    assert str(raised.value).startswith(
        f"run folder can't be locked: {folder.path} (Operation not supported;"
    )


def test_a_server_without_models_says_how_to_get_some(installation: Installation) -> None:
    done = installation.mariner("start")
    assert done.returncode == 0
    assert (
        "no model is loaded; name some with --models, or add them with: mariner register ARCHIVE"
        in done.stdout
    )
