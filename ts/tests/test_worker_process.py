"""The worker as a process of its own: start, end, signals, parent death, output."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from ts._wire.messages import Frame, FrameType
from ts._worker.environment import Environment
from ts.tests.conftest import Processes
from ts.tests.frontend import PATIENCE_SECONDS, ROOT, Frontend, item, worker_environment, write_model

ECHO = "def handle(data, context):\n    return data and [row['body'] for row in data]\n"


def wait_for_end(pid: int) -> None:
    """Waits until a process that is nobody's child here has ended."""
    descriptor = os.pidfd_open(pid)
    try:
        ready, _, _ = select.select([descriptor], [], [], PATIENCE_SECONDS)
        assert ready, f"process {pid} still runs"
    finally:
        os.close(descriptor)


def test_a_process_serves_and_stops_with_0(processes: Processes, tmp_path: Path) -> None:
    worker = processes.serving(tmp_path / "m", ECHO)
    assert worker.hello.payload["pid"] == str(worker.process.pid)  # type: ignore[index,call-overload]
    assert worker.frontend.one(b"x").body == b"x"
    worker.frontend.send(Frame(FrameType.STOP))
    assert worker.ended()[0] == 0


def test_the_end_of_the_connection_ends_the_process_with_0(processes: Processes, tmp_path: Path) -> None:
    worker = processes.serving(tmp_path / "m", ECHO)
    worker.frontend.socket.close()
    assert worker.ended()[0] == 0


@pytest.mark.parametrize(
    ("statement", "status"),
    [("sys.exit(7)", 7), ("sys.exit('words')", 1), ("sys.exit()", 0), ("raise KeyboardInterrupt()", 130)],
)
def test_a_handler_that_ends_the_process_is_heard(
    processes: Processes, tmp_path: Path, statement: str, status: int
) -> None:
    worker = processes.serving(
        tmp_path / "m", f"import sys\ndef handle(data, context):\n    if data: {statement}\n"
    )
    worker.frontend.send(worker.frontend.frame(item(1, b"")))
    code, _, err = worker.ended()
    assert code == status
    assert "the handler ended the process" in err
    assert statement in err


def test_answers_given_before_the_process_ends_are_sent(processes: Processes, tmp_path: Path) -> None:
    source = """
        import sys
        def handle(data, context):
            if data and data[0]["body"] == b"end":
                sys.exit(3)
            return data and ["ok"]
    """
    worker = processes.serving(tmp_path / "m", source)
    first = worker.frontend.frame(item(1, b"x"))
    worker.frontend.send(first, worker.frontend.frame(item(2, b"end")))
    assert worker.frontend.result(first.run)[0].text == "ok"
    assert worker.ended()[0] == 3


TELLING = """
    import logging
    {setup}
    def handle(data, context):
        if data:
            logging.info("info %s", 1)
            logging.getLogger("library.part").warning("careful")
            logging.getLogger(__name__).debug("detail")
        return data and ["ok"]
"""


@pytest.mark.parametrize(
    ("setup", "expected"),
    [
        ("", ["info 1", "careful"]),
        ("logging.basicConfig()", ["info 1", "careful"]),
        (
            "logging.basicConfig(level=logging.DEBUG)",
            ["INFO:root:info 1", "WARNING:library.part:careful", "DEBUG:handler:detail"],
        ),
        ("logging.basicConfig(format='%(levelname)s %(message)s')", ["INFO info 1", "WARNING careful"]),
        (
            "logging.basicConfig(format='1 %(message)s'); logging.basicConfig(format='2 %(message)s')",
            ["1 info 1", "1 careful"],
        ),
        ("logging.getLogger().setLevel('ERROR')", []),
        (
            "import logging.config; logging.config.dictConfig({'version': 1, 'root': {'level': 'INFO',"
            " 'handlers': ['h']}, 'formatters': {'f': {'format': '> %(message)s'}}, 'handlers': {'h':"
            " {'class': 'logging.StreamHandler', 'formatter': 'f', 'stream': 'ext://sys.stdout'}}})",
            ["> info 1", "> careful"],
        ),
    ],
)
def test_records_of_logging_are_lines_of_output_unless_the_model_configures_them(
    processes: Processes, tmp_path: Path, setup: str, expected: list[str]
) -> None:
    worker = processes.serving(tmp_path / "m", TELLING.replace("{setup}", setup))
    worker.frontend.one(b"x")
    worker.frontend.send(Frame(FrameType.STOP))
    _, out, err = worker.ended()
    assert (out.splitlines(), err) == (expected, "")


def test_a_stream_that_the_model_names_is_kept(processes: Processes, tmp_path: Path) -> None:
    setup = "import sys; logging.basicConfig(stream=sys.stderr, format='%(message)s')"
    worker = processes.serving(tmp_path / "m", TELLING.replace("{setup}", setup))
    worker.frontend.one(b"x")
    worker.frontend.send(Frame(FrameType.STOP))
    assert worker.ended()[1:] == ("", "info 1\ncareful\n")


def test_output_is_written_line_by_line_and_metrics_go_to_stdout(
    processes: Processes, tmp_path: Path
) -> None:
    source = """
        import sys
        def handle(data, context):
            if data is not None:
                print("to stdout")
                print("to stderr", file=sys.stderr)
                context.metrics.add_time("MyTime", 5, idx=0)
                return [sys.stdin.read()] if False else ["ok"]
    """
    worker = processes.serving(tmp_path / "m", source)
    assert worker.frontend.one(b"", label="the-id").text == "ok"
    assert worker.process.stdout is not None
    assert worker.process.stdout.readline() == "to stdout\n"
    line = worker.process.stdout.readline()
    assert line.startswith("[METRICS]MyTime.Milliseconds:5|#ModelName:m,Level:Model|#type:GAUGE|#hostname:")
    assert line.endswith(",the-id\n")


def test_usr1_prints_stacks_even_from_inside_native_code(processes: Processes, tmp_path: Path) -> None:
    source = """
        import ctypes
        def deep_inside():
            ctypes.CDLL(None).system(b"echo now > begun; cat end")
        def handle(data, context):
            if data is not None:
                deep_inside()
                return ["back"]
    """
    worker = processes.serving(tmp_path / "m", source)
    begun, end = tmp_path / "m" / "begun", tmp_path / "m" / "end"
    os.mkfifo(begun)
    os.mkfifo(end)
    run = worker.frontend.frame(item(1, b""))
    worker.frontend.send(run)
    assert begun.read_text() == "now\n"
    worker.process.send_signal(signal.SIGUSR1)
    assert worker.process.stderr is not None
    stack = ""
    while "in _serve_frames" not in stack:
        stack += worker.process.stderr.readline()
    assert "in deep_inside" in stack
    end.write_text("")
    assert worker.frontend.result(run.run)[0].text == "back"


def test_an_interrupt_from_the_terminal_is_left_to_the_frontend(processes: Processes, tmp_path: Path) -> None:
    worker = processes.serving(tmp_path / "m", ECHO)
    worker.process.send_signal(signal.SIGINT)
    assert worker.frontend.one(b"still there").text == "still there"


def test_a_thread_that_a_model_leaves_behind_does_not_keep_the_process(
    processes: Processes, tmp_path: Path
) -> None:
    source = "import threading\nthreading.Thread(target=threading.Event().wait).start()\n" + ECHO
    worker = processes.serving(tmp_path / "m", source)
    worker.frontend.send(Frame(FrameType.STOP))
    assert worker.ended()[0] == 0


@pytest.mark.parametrize("busy", ["idle", "hung"])
def test_the_death_of_the_parent_ends_the_worker(tmp_path: Path, busy: str) -> None:
    """A parent starts the worker and is killed; the connection belongs to this test and stays open."""
    native = "import ctypes\ndef handle(data, context):\n    if data: ctypes.CDLL(None).sleep(600)\n"
    model = write_model(tmp_path / "m", native)
    with socket.socket(socket.AF_UNIX) as listener:
        os.chdir(tmp_path)
        listener.bind("s")
        listener.listen()
        listener.settimeout(PATIENCE_SECONDS)
        start = (
            "import subprocess, sys; subprocess.run([sys.executable, '-m', 'ts._worker'], cwd=sys.argv[1])"
        )
        environment = worker_environment(tmp_path / "s")
        environment["MARINER_SOCKET"] = "../s"
        parent = subprocess.Popen([sys.executable, "-c", start, str(model)], env=environment)
        connection, _ = listener.accept()
    frontend = Frontend(connection)
    pid = int(frontend.receive().payload["pid"])  # type: ignore[index,call-overload]
    frontend.serving(model)
    if busy == "hung":
        frontend.send(frontend.frame(item(1, b"")))
    parent.kill()
    parent.wait(PATIENCE_SECONDS)
    wait_for_end(pid)
    connection.close()


@pytest.mark.parametrize(
    "missing", ["MARINER_SOCKET", "MARINER_WORKER", "MARINER_GENERATION", "MARINER_NONCE"]
)
def test_a_worker_without_its_environment_says_what_is_missing(missing: str) -> None:
    environment = worker_environment(Path("/nowhere"))
    del environment[missing]
    done = subprocess.run(
        [sys.executable, "-m", "ts._worker"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert f"{missing}: not set" in done.stderr


@pytest.mark.parametrize(("rank", "size"), [("2", "2"), ("x", "1"), ("0", "-1")])
def test_a_rank_outside_of_its_group_is_refused(rank: str, size: str) -> None:
    with pytest.raises(ValueError, match=r"RANK|WORLD_SIZE"):
        Environment.of(worker_environment(Path("/s"), RANK=rank, WORLD_SIZE=size))


def test_starting_a_worker_imports_nothing_that_only_some_models_need() -> None:
    code = (
        "import json, sys, ts, ts.context, ts.service, ts._wire.channel, ts._worker.process\n"
        "only_some = ('torch', 'yaml', 'numpy', 'PIL', 'psutil', 'asyncio', 'ssl')\n"
        "print(json.dumps([m for m in only_some if m in sys.modules]))"
    )
    environment = worker_environment(Path("/nowhere"))
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == []


def test_modules_of_the_model_do_not_stand_in_for_those_of_the_worker(
    processes: Processes, tmp_path: Path
) -> None:
    source = """
        import os, sys, struct
        def handle(data, context):
            return data and [[struct.__file__, sys.path.index(os.getcwd()), os.environ["PYTHONPATH"]]]
    """
    folder = write_model(tmp_path / "m", source, struct_py="1 / 0\n", socket_py="1 / 0\n")
    worker = processes.start(folder)
    worker.frontend.serving(folder)
    found, place, path = worker.frontend.one(b"").json
    assert not found.startswith(str(tmp_path))
    assert (place, path) == (1, f"{ROOT}{os.pathsep}{folder}")


def test_floats_are_answered_beside_a_module_of_the_model_with_the_name_of_a_standard_one(
    processes: Processes, tmp_path: Path
) -> None:
    source = "def handle(data, context): return data and [[0.5] * 20]\n"
    folder = write_model(tmp_path / "m", source, uuid_py="", datetime_py="")
    worker = processes.start(folder)
    worker.frontend.serving(folder)
    assert worker.frontend.one(b"").json == [0.5] * 20
