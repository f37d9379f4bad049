"""The programming interface, the command's manners, and what importing the package costs."""

from __future__ import annotations

import io
import logging
import os
import pty
import signal
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import model_archiver
import pytest
from model_archiver import ModelArchiver, ModelArchiverConfig
from model_archiver.model_archiver_error import ModelArchiverError
from model_archiver.model_packaging import generate_model_archive
from model_archiver.progress import LARGE_BYTES, ProgressLine, size


@pytest.fixture
def config(folder):
    return ModelArchiverConfig(
        model_name="digits",
        handler=str(folder / "handler.py"),
        version="1.0",
        export_path=str(folder / "out"),
    )


def run(code, folder, command_env):
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=command_env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_class_writes_an_archive_and_prints_nothing(folder, config, capfd):
    config.extra_files = str(folder / "assets")

    ModelArchiver.generate_model_archive(config)

    with zipfile.ZipFile(folder / "out/digits.mar") as packed:
        assert "words/list.txt" in packed.namelist()
    assert capfd.readouterr() == ("", "")


def test_a_configuration_has_the_defaults_of_the_flags(folder, monkeypatch):
    monkeypatch.chdir(folder)

    assert vars(ModelArchiverConfig("m", "h.py", "1")) == {
        "model_name": "m",
        "handler": "h.py",
        "version": "1",
        "serialized_file": None,
        "model_file": None,
        "extra_files": None,
        "runtime": "python",
        "export_path": str(folder),
        "archive_format": "default",
        "force": False,
        "requirements_file": None,
        "config_file": None,
    }


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("runtime", "java", r"--runtime: 'java' \(expected: one of python, python3, LSP\)"),
        (
            "archive_format",
            "rar",
            r"--archive-format: 'rar' \(expected: one of default, zip-store, tgz, no-arch",
        ),
        ("model_name", "a b", r"--model-name: 'a b'"),
        ("export_path", "/no/such/folder", r"--export-path: '/no/such/folder'"),
    ],
)
def test_the_interface_raises_its_own_error(config, field, value, message):
    setattr(config, field, value)

    with pytest.raises(ModelArchiverError, match=message):
        generate_model_archive(config)


def test_a_missing_file_is_a_file_not_found_error_too(config):
    config.serialized_file = "missing.pt"

    with pytest.raises(FileNotFoundError, match=r"missing\.pt") as raised:
        generate_model_archive(config)
    assert isinstance(raised.value, ModelArchiverError)


def test_warnings_of_the_interface_go_to_the_logger(config, caplog):
    config.extra_files = "nothing*"

    with caplog.at_level(logging.WARNING, "model_archiver"):
        generate_model_archive(config)
    assert caplog.messages == ["--extra-files: 'nothing*' matches no file"]


def test_the_console_entry_exits_with_the_commands_status(folder, command_env):
    entry = "import sys, model_archiver.model_packaging as m; sys.argv[1:] = {}; m.generate_model_archive()"
    good = ["--model-name", "m", "-v", "1", "--handler", "handler.py"]

    assert run(entry.format(good), folder, command_env).returncode == 0
    assert run(entry.format(good), folder, command_env).returncode == 1
    assert run(entry.format(good[:-2]), folder, command_env).returncode == 2


@pytest.mark.parametrize("prog", ["mariner archive", "mariner-archive"])
def test_under_mariners_name_success_is_one_line(folder, monkeypatch, capsys, prog):
    monkeypatch.chdir(folder)
    flags = ["--model-name", "m", "-v", "1", "--handler", "handler.py", "--export-path", "out"]

    assert model_archiver.main(flags, prog) == 0

    bytes_written = (folder / "out/m.mar").stat().st_size
    assert capsys.readouterr() == (f"wrote out/m.mar (2 files, {bytes_written} B)\n", "")


def test_the_success_line_is_no_obstacle_for_an_output_that_lacks_a_character(folder, command_env):
    (folder / "modèles").mkdir()
    flags = ["--model-name", "m", "-v", "1", "--handler", "handler.py", "--export-path", "modèles"]
    code = f"import model_archiver; raise SystemExit(model_archiver.main({flags}, 'mariner archive'))"

    result = run(code, folder, {**command_env, "PYTHONIOENCODING": "ascii"})

    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("wrote mod\\xe8les/m.mar (2 files, ")


@pytest.mark.parametrize("prog", ["mariner archive", "torch-model-archiver"])
def test_help_and_usage_show_the_commands_name(capsys, prog):
    assert model_archiver.main(["--help"], prog) == 0
    assert capsys.readouterr().out.startswith(f"usage: {prog} ")
    assert model_archiver.main([], prog) == 2
    assert f"\n{prog}: error: the following arguments are required" in capsys.readouterr().err


def test_a_call_puts_signal_handlers_back(folder, command_env):
    code = (
        "import signal, model_archiver\n"
        "kinds = signal.SIGINT, signal.SIGTERM, signal.SIGHUP\n"
        "before = [signal.getsignal(kind) for kind in kinds]\n"
        "assert model_archiver.main(['--model-name', 'm', '-v', '1', '--handler', 'handler.py']) == 0\n"
        "assert before == [signal.getsignal(kind) for kind in kinds]\n"
    )
    assert run(code, folder, command_env).returncode == 0


def test_what_the_tests_start_hears_signals_that_are_ignored_where_the_tests_were_started(command_env):
    numbers = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGCHLD]
    show = (
        f"import signal; print([n for n in {[*map(int, numbers)]} if signal.getsignal(n) is signal.SIG_IGN])"
    )
    code = (
        "import subprocess, sys, conftest; conftest.hear_signals();"
        f"raise SystemExit(subprocess.call([sys.executable, '-c', {show!r}]))"
    )

    def ignore():
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)

    def shown(program):
        return subprocess.check_output(
            [sys.executable, "-c", program],
            env={**command_env, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
            preexec_fn=ignore,
            text=True,
            timeout=60,
        )

    assert shown(show) == f"{[*map(int, numbers)]}\n"
    assert shown(code) == "[]\n"


def test_a_call_from_another_thread_works(folder, monkeypatch):
    monkeypatch.chdir(folder)
    flags = ["--model-name", "m", "-v", "1", "--handler", "handler.py"]

    with ThreadPoolExecutor(1) as other:
        assert other.submit(model_archiver.main, flags).result() == 0


def test_importing_and_packing_needs_neither_torch_nor_the_server(folder, command_env):
    code = (
        "import sys, model_archiver\n"
        "assert model_archiver.main(['--model-name', 'm', '-v', '1', '--handler', 'handler.py']) == 0\n"
        "foreign = {name.split('.')[0] for name in sys.modules} - set(sys.stdlib_module_names)\n"
        "print(sorted(name for name in foreign if not name.startswith('_')))\n"
    )
    result = subprocess.run(
        [sys.executable, "-S", "-c", code],
        cwd=folder,
        env=command_env,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert result.stdout == "['model_archiver']\n"


def test_a_large_input_shows_its_progress_on_a_terminal_and_clears_it(folder, command_env):
    with (folder / "weights.pt").open("wb") as sparse:
        sparse.truncate(LARGE_BYTES)
    control, terminal = pty.openpty()
    flags = ("--model-name", "m", "-v", "1", "--handler", "handler.py", "--serialized-file", "weights.pt")
    with subprocess.Popen(
        [sys.executable, "-m", "model_archiver", *flags], cwd=folder, env=command_env, stderr=terminal
    ) as process:
        os.close(terminal)
        shown = io.BytesIO()
        try:
            while chunk := os.read(control, 4096):
                shown.write(chunk)
        except OSError:
            pass  # Linux: how the other end of a terminal says that it is closed
        assert process.wait(30) == 0
    os.close(control)

    text = shown.getvalue().decode()
    assert text.startswith("\rpacking m: ")
    assert " of 64.0 MiB (" in text
    assert text.endswith("\r")
    assert "\n" not in text


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_progress_is_shown_at_most_ten_times_a_second():
    now = iter([0.0, 0.0, 0.05, 0.2, 0.2])
    stream = Terminal()
    line = ProgressLine("m", stream, lambda: next(now))
    line.start(2 * LARGE_BYTES)
    for _ in range(3):
        line.advance(LARGE_BYTES // 2)
    line.finish()

    first, second = "packing m: 32.0 MiB of 128.0 MiB (25 %)", "packing m: 96.0 MiB of 128.0 MiB (75 %)"
    assert stream.getvalue() == f"\r{first}\r{second}\r{' ' * len(second)}\r"


@pytest.mark.parametrize(("stream", "total"), [(io.StringIO(), LARGE_BYTES), (Terminal(), LARGE_BYTES - 1)])
def test_progress_is_silent_in_a_pipe_and_for_small_inputs(stream, total):
    line = ProgressLine("m", stream)
    line.start(total)
    line.advance(total)
    line.finish()

    assert stream.getvalue() == ""


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (5 * 1024**3, "5.0 GiB"), (5 * 1024**4, "5120.0 GiB")],
)
def test_sizes_are_written_for_people(count, text):
    assert size(count) == text
