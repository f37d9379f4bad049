"""The commands `mariner` and `torchserve` start, watch and stop real servers."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest
from support import rest
from support.operator import Operator
from support.packing import pack
from support.waiting import eventually

from ts._cli.java import JvmSettings, command_line, find_java, frontend_jars
from ts._cli.launch import SERVER_HOME

_BUFFERS = """
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.concurrent.FastThreadLocalThread;
import io.netty.util.internal.PlatformDependent;

public class Buffers {
  public static void main(String[] arguments) throws InterruptedException {
    Thread loop = new FastThreadLocalThread(() -> {
      for (int read = 0; read < 2; read++) {
        PooledByteBufAllocator.DEFAULT.directBuffer(256 * 1024).release();
      }
      System.out.println(PlatformDependent.useDirectBufferNoCleaner());
      System.out.println(PooledByteBufAllocator.defaultNormalCacheSize());
      System.out.println(PooledByteBufAllocator.DEFAULT.metric().directArenas().stream()
          .mapToLong(arena -> arena.numNormalAllocations()).sum());
    });
    loop.start();
    loop.join();
  }
}
"""


def addresses(text: str) -> dict[str, str]:
    """Reads the listeners that `mariner start` prints."""
    lines = [line.strip().rsplit("  ", 1) for line in text.splitlines() if line.startswith("  ")]
    return {pair[0].strip(): pair[1].strip() for pair in lines if len(pair) == 2}


def assert_nothing_left(operator: Operator) -> None:
    eventually(lambda: not operator.processes(), 10, "no process is left")
    assert left_by_servers(operator) == set()


def left_by_servers(operator: Operator) -> set[str]:
    """Returns all files and folders in the two places for temporary ones."""
    return {str(path) for root in (operator.temp, operator.runtime) for path in root.rglob("*")}


def test_start_waits_for_the_models_and_stop_for_the_end(operator: Operator) -> None:
    pack(operator.store, "echo", "echo")
    start = [
        "start",
        "--model-store",
        operator.store,
        "--models",
        "e=echo.mar",
        "--ts-config",
        operator.config(),
    ]
    done = operator.run("mariner", *start)
    assert done.code == 0, done.text
    assert "model e" in done.out
    assert "is ready" in done.out
    found = addresses(done.out)
    assert rest.call(found["inference"], "POST", "/predictions/e", "x").body == b"x"
    assert "e" in operator.run("mariner", "status").out
    again = operator.run("mariner", *start)
    assert again.code == 1
    assert "is running already" in again.err
    stopped = operator.run("mariner", "stop")
    assert (stopped.code, "has stopped" in stopped.out) == (0, True), stopped.text
    assert_nothing_left(operator)
    assert operator.run("mariner", "status").code == 3
    nothing = operator.run("mariner", "stop")
    assert (nothing.code, "is not running" in nothing.out) == (0, True)
    assert {path.name for path in (operator.work / "logs").iterdir()} >= {
        "access_log.log",
        "ts_log.log",
        "model_log.log",
    }


def test_start_names_the_models_that_failed(operator: Operator) -> None:
    pack(operator.store, "echo", "echo")
    pack(operator.store, "unloadable", "raising_at_load")
    (operator.store / "torn.mar").write_bytes(b"PK")
    archives = ["echo.mar", "unloadable.mar", "torn.mar", "absent.mar"]
    start = ["start", "--model-store", operator.store, "--ts-config", operator.config()]
    done = operator.run("mariner", *start, "--models", *archives)
    assert done.code == 1
    for name, reason in (("unloadable", "another planet"), ("torn", ""), ("absent", "not found")):
        assert any(name in line and reason in line for line in done.err.splitlines()), done.text
    assert done.text.count("Traceback") == 1, done.text
    found = addresses(done.out)
    assert rest.call(found["inference"], "POST", "/predictions/echo", "x").body == b"x"
    assert rest.call(found["inference"], "GET", "/readyz").status == 503
    assert rest.call(found["inference"], "GET", "/livez").status == 200
    assert operator.run("mariner", "stop").code == 0
    assert_nothing_left(operator)


def test_all_loads_the_whole_store(operator: Operator) -> None:
    pack(operator.store, "one", "echo")
    pack(operator.store, "two", "echo", archive_format="tgz")
    pack(operator.store, "three", "echo", archive_format="no-archive")
    (operator.store / "readme.txt").write_text("no model")
    done = operator.run(
        "mariner",
        "start",
        "--model-store",
        operator.store,
        "--models",
        "all",
        "--ts-config",
        operator.config(),
    )
    assert done.code == 0, done.text
    found = addresses(done.out)
    for name in ("one", "two", "three"):
        assert rest.call(found["inference"], "POST", f"/predictions/{name}", name).text == name
    assert operator.run("mariner", "stop").code == 0


def test_two_servers_are_told_apart_by_folder_and_by_name(operator: Operator) -> None:
    other = operator.work / "other"
    other.mkdir()
    config = operator.config()
    for cwd, extra in ((operator.work, []), (other, []), (other, ["--name", "third"])):
        done = operator.run(
            "mariner", "start", "--ts-config", config, "--model-store", operator.store, *extra, cwd=cwd
        )
        assert done.code == 0, done.text
    assert len(operator.run("mariner", "status").out.strip().splitlines()) >= 3
    assert operator.run("mariner", "stop", cwd=other).code == 0
    assert len({Path(path).parent for path in left_by_servers(operator) if path.endswith("server.pid")}) == 2
    third = operator.run("mariner", "status", "--name", "third")
    assert third.code == 0, third.text
    assert operator.run("mariner", "stop", "--all").code == 0
    assert_nothing_left(operator)


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("profile", ["mariner", "torchserve"])
def test_a_server_in_the_foreground_ends_well_by_a_signal(
    operator: Operator, ending: signal.Signals, profile: str
) -> None:
    start = ["start"] if profile == "mariner" else ["--start"]
    process = operator.spawn(
        profile, *start, "--foreground", "--model-store", operator.store, "--ts-config", operator.config()
    )
    try:
        eventually(lambda: "Model server started." in operator.spawned_text(), 30, "the server listens")
        process.send_signal(ending)
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()
    (operator.temp / ".model_server.pid").unlink(missing_ok=True)
    assert_nothing_left(operator)


@pytest.mark.parametrize("profile", ["mariner", "torchserve"])
def test_a_start_in_the_foreground_that_fails_leaves_nothing(operator: Operator, profile: str) -> None:
    start = ["start"] if profile == "mariner" else ["--start"]
    config = operator.config(job_queue_size="many")
    done = operator.run(
        profile, *start, "--foreground", "--model-store", operator.store, "--ts-config", config
    )
    assert done.code == 1
    assert "job_queue_size: many" in done.text
    (operator.temp / ".model_server.pid").unlink(missing_ok=True)
    assert_nothing_left(operator)


@pytest.mark.parametrize("profile", ["mariner", "torchserve"])
def test_what_a_killed_server_leaves_goes_with_the_next_start_and_stop(
    operator: Operator, profile: str
) -> None:
    start, stop = (["start"], ["stop"]) if profile == "mariner" else (["--start"], ["--stop"])
    start += ["--model-store", str(operator.store), "--ts-config", str(operator.config())]
    process = operator.spawn(profile, *start, "--foreground")
    try:
        eventually(lambda: "Model server started." in operator.spawned_text(), 30, "the server listens")
    finally:
        process.kill()
        process.wait()
    assert left_by_servers(operator) != set()
    done = operator.run(profile, *start)
    assert done.code == 0, done.text
    assert operator.run(profile, *stop).code == 0
    assert_nothing_left(operator)


def test_torchserve_starts_and_stops_as_it_always_did(operator: Operator) -> None:
    pack(operator.store, "echo", "echo")
    config = operator.config()
    flags = ["--model-store", operator.store, "--models", "echo=echo.mar", "--ts-config", config, "--ncs"]
    done = operator.run("torchserve", "--start", *flags)
    assert done.code == 0, done.text
    assert "Model server started." in done.out
    pid = (operator.temp / ".model_server.pid").read_text()
    assert pid.isdigit()
    assert (operator.work / "key_file.json").is_file()
    again = operator.run("torchserve", *flags)
    assert again.code == 1
    assert "TorchServe is already running, please use torchserve --stop to stop TorchServe." in again.text
    stopped = operator.run("torchserve", "--stop", "--foreground")
    assert (stopped.code, "TorchServe has stopped." in stopped.out) == (0, True)
    assert not (operator.work / "key_file.json").exists()
    assert not (operator.temp / ".model_server.pid").exists()
    assert_nothing_left(operator)
    nothing = operator.run("torchserve", "--stop")
    assert (nothing.code, nothing.out.strip()) == (0, "TorchServe is not currently running.")


def test_torchserve_in_the_background_returns_before_the_models_are_loaded(operator: Operator) -> None:
    pack(operator.store, "hanging", "hanging_at_load")
    flags = ["--model-store", operator.store, "--models", "hanging.mar", "--ts-config", operator.config()]
    assert operator.run("torchserve", "--start", *flags).code == 0
    assert operator.run("torchserve", "--stop", "--foreground").code == 0
    assert_nothing_left(operator)


def test_versions_are_told(operator: Operator) -> None:
    assert operator.run("torchserve", "--version").out.strip() == "TorchServe Version is 0.13.0"
    assert operator.run("mariner", "--version").out.strip() == "mariner 0.13.0"


@pytest.mark.parametrize("command", [["mariner", "start"], ["torchserve", "--start"]])
@pytest.mark.parametrize("flag", ["--cpp-log-config"])
def test_what_comes_later_is_refused_openly(operator: Operator, command: list[str], flag: str) -> None:
    done = operator.run(*command, "--model-store", operator.store, flag, operator.store)
    assert done.code != 0
    assert f"{flag} is not supported yet" in done.err


@pytest.mark.parametrize("command", [["mariner", "start"], ["torchserve", "--start"]])
def test_an_unknown_flag_is_refused(operator: Operator, command: list[str]) -> None:
    done = operator.run(*command, "--model-stroe", operator.store)
    assert done.code == 2
    assert "--model-stroe" in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("command", [["mariner", "start"], ["torchserve", "--start"]])
def test_a_missing_store_or_file_is_named(operator: Operator, command: list[str]) -> None:
    absent = operator.base / "absent"
    for flags in (["--model-store", absent], ["--model-store", operator.store, "--ts-config", absent]):
        done = operator.run(*command, *flags)
        assert done.code == 1
        assert f"not found: {absent}" in done.text
        assert "Traceback" not in done.err
    assert_nothing_left(operator)


def test_archiving_by_both_commands_makes_the_same_bytes(operator: Operator) -> None:
    (operator.work / "h.py").write_text("def fn(data, context):\n    return data and ['made'] * len(data)\n")
    flags = ["--model-name", "m", "--handler", "h.py:fn", "--version", "1", "--export-path"]
    made = []
    for name, command in (("a", ["mariner", "archive"]), ("b", ["archiver"])):
        (operator.base / name).mkdir()
        done = operator.run(*command, *flags, operator.base / name)
        assert done.code == 0, done.text
        assert command == ["mariner", "archive"] or done.text == ""
        made.append((operator.base / name / "m.mar").read_bytes())
    assert made[0] == made[1]
    refused = operator.run("archiver", *flags, operator.base / "a")
    assert refused.code == 1
    assert "m.mar" in refused.err
    assert "Traceback" not in refused.err


def test_buffers_of_large_reads_are_neither_zeroed_nor_given_back(tmp_path: Path) -> None:
    program = tmp_path / "Buffers.java"
    program.write_text(_BUFFERS, encoding="utf-8")
    jars = frontend_jars(SERVER_HOME / "ts" / "frontend")
    java = find_java(os.environ)
    command = command_line(java, JvmSettings(), (), jars, [str(program)])
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    own, kept, allocations = done.stdout.split()
    # From Java 24 on Netty has other ways to memory that nobody zeroes.
    assert own == "true" or java.version >= 24
    # Few are kept by each thread, and the second read gets the buffer of the first.
    assert (kept, allocations) == ("8", "1")
