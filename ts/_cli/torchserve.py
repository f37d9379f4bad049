"""The drop-in command `torchserve`: TorchServe's flags, messages, pid file and exit codes over Mariner's
server."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from ts._cli import properties
from ts._cli.arguments import KEY_FILE, LaterFlag, LenientParser
from ts._cli.errors import CommandError, check_current_folder, fault_text
from ts._cli.identity import start_mark
from ts._cli.launch import POLL_SECONDS, await_state, checked_folder, checked_store, ending, prepare, stays
from ts._cli.runfolder import RunFolder, root_name, temp_root
from ts.version import __version__

MAIN_CLASS = "org.pytorch.serve.ModelServer"
_LISTEN_SECONDS = 120.0
_STOP_SECONDS = 60.0


def torchserve_parser() -> argparse.ArgumentParser:
    """Returns the parser of all flags; no flag at all means start."""
    parser = LenientParser(
        prog="torchserve", description="Serves PyTorch models (Mariner's drop-in command)."
    )
    action = parser.add_mutually_exclusive_group()
    action.add_argument("-v", "--version", action="store_true", help="print the version")
    action.add_argument("--start", action="store_true", help="start the server (the default)")
    action.add_argument("--stop", action="store_true", help="stop the server")
    parser.add_argument("--ts-config", metavar="FILE", help="configuration file (config.properties)")
    parser.add_argument("--model-store", metavar="DIR", help="folder that holds the model archives")
    parser.add_argument(
        "--models",
        nargs="+",
        metavar="[NAME=]LOCATION",
        help="models to load: archives in the store, URLs, or `all`",
    )
    parser.add_argument(
        "--workflow-store",
        metavar="DIR",
        help="folder that holds the archives of workflows (default: the model store)",
    )
    parser.add_argument("--log-config", metavar="FILE", help="Log4j 2 configuration")
    parser.add_argument(
        "--foreground", action="store_true", help="start: stay until it ends; stop: wait until it ended"
    )
    parser.add_argument(
        "--no-config-snapshots",
        "--ncs",
        action="store_true",
        help="neither write nor read configuration snapshots",
    )
    parser.add_argument(
        "--disable-token-auth",
        "--dt",
        dest="token_auth",
        action="store_true",
        help="ask no client for a token",
    )
    parser.add_argument(
        "--enable-model-api",
        dest="model_mode",
        action="store_true",
        help="let clients register and unregister models",
    )
    parser.add_argument("--plugins-path", "--ppath", metavar="DIR", help="folder of jars with plugins")
    parser.add_argument("--cpp-log-config", action=LaterFlag, nargs="?", help=argparse.SUPPRESS)
    return parser


def pid_path() -> Path:
    """Returns TorchServe's pid file: one for each folder of temporary files."""
    return temp_root() / ".model_server.pid"


def recorded_pid(path: Path) -> int | None:
    """Returns the number in the pid file; None when there is none to be read."""
    try:
        pid = int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    return pid if pid > 0 else None


def is_model_server(pid: int) -> bool:
    """Returns whether that process runs and is a model server, not another one that has got the pid since."""
    try:
        return start_mark(pid) is not None and MAIN_CLASS in psutil.Process(pid).cmdline()
    except psutil.Error:
        return False


def run_folder() -> RunFolder:
    """Returns the folder of the one server that the command keeps per temporary directory."""
    return RunFolder(temp_root() / root_name() / "torchserve")


def _write_pid(path: Path, pid: int) -> None:
    # Renamed into place: in a shared folder the old name could be somebody's link to elsewhere.
    handle, part = tempfile.mkstemp(prefix=".model_server.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(str(pid))
        Path(part).chmod(0o644)
        Path(part).replace(path)
    except OSError as error:
        Path(part).unlink(missing_ok=True)
        raise CommandError(f"pid file can't be written: {path} ({error.strerror})") from error


def server_arguments(options: argparse.Namespace, store: str, config_file: Path | None) -> list[str]:
    """Returns the main class and the arguments that the flags stand for."""
    arguments = [MAIN_CLASS]
    if config_file is not None:
        arguments += ["--ts-config-file", str(config_file)]
    arguments += ["--model-store", store]
    if options.workflow_store is not None:
        arguments += ["--workflow-store", checked_folder("--workflow-store", options.workflow_store)]
    flags = {
        "--no-config-snapshot": options.no_config_snapshots,
        "--disable-token-auth": options.token_auth,
        "--enable-model-api": options.model_mode,
    }
    arguments += [flag for flag, given in flags.items() if given]
    return [*arguments, "--models", *options.models] if options.models else arguments


def _start_server(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    config_file = properties.locate(options.ts_config, environment, Path.cwd())
    config = properties.load(config_file)
    store = checked_store(options.model_store, config, environment)
    if store is None:
        raise CommandError("Missing mandatory parameter --model-store")
    vmargs = properties.in_force("vmargs", None, config, environment)
    if vmargs:
        print(f"Warning: TorchServe is using non-default JVM parameters: {vmargs}", flush=True)
    folder = run_folder()
    with folder.locked():
        # Without a name the server decides: the last snapshot, else ./config.properties.
        named = bool(options.ts_config or environment.get("TS_CONFIG_FILE"))
        arguments = server_arguments(options, store, config_file if named else None)
        foreground = stays(options.foreground, "torchserve")
        plugins = properties.in_force("plugins_path", options.plugins_path, config, environment)
        if plugins:
            # Before the models: whatever comes behind those is one of them.
            arguments[1:1] = ["--plugins-path", plugins]
        launch = prepare(arguments, folder, config, options.log_config, foreground, environment)
        with folder.taken():
            if foreground:
                folder.record(os.getpid())
                _write_pid(pid_path(), os.getpid())
                launch.become()
            process = launch.spawn(None)
            folder.record(process.pid)
            _write_pid(pid_path(), process.pid)
    try:
        state = await_state(process, folder, lambda seen: seen.listening, _LISTEN_SECONDS)
    except TimeoutError:
        launch.failed()
        raise CommandError(
            f"TorchServe (pid {process.pid}) does not answer after {_LISTEN_SECONDS:g} s; it goes on starting"
        ) from None
    if state is None:
        launch.failed()
        return _report_end(folder, process)
    launch.started()
    return 0


def _report_end(folder: RunFolder, process: subprocess.Popen[bytes]) -> int:
    code = process.poll()
    if code is None:
        process.kill()
        process.wait()
    pid_path().unlink(missing_ok=True)
    _sweep(folder)
    print(f"TorchServe {ending(code)} while it started.", file=sys.stderr)
    return code if code is not None and code > 0 else 1


def _remove_key_file() -> None:
    try:
        Path(KEY_FILE).unlink(missing_ok=True)
    except OSError as error:
        # A folder that is not to be written refuses this even where there is no such file.
        if Path(KEY_FILE).exists():
            print(f"{KEY_FILE} can't be removed ({error.strerror}).", file=sys.stderr)


def _await_end(pid: int, mark: str | None) -> bool:
    """Waits for the process itself: while it ends it has no command line any more, but all else."""
    begun = time.monotonic()
    while mark is not None and start_mark(pid) == mark:
        if time.monotonic() - begun >= _STOP_SECONDS:
            return False
        time.sleep(POLL_SECONDS)
    return True


def _sweep(folder: RunFolder) -> None:
    with suppress(CommandError):
        # Started again by another command at once: then the folder is that server's.
        folder.sweep()


def _stop_server() -> int:
    path = pid_path()
    pid = recorded_pid(path)
    if pid is None:
        return _stopped(path, pid, "TorchServe is not currently running.")
    if not is_model_server(pid):
        return _stopped(path, pid, "TorchServe already stopped.")
    mark = start_mark(pid)
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        return _stopped(path, pid, "TorchServe already stopped.")
    except PermissionError as error:
        raise CommandError(f"TorchServe (pid {pid}) belongs to another user") from error
    _remove_key_file()
    # The server finishes what it accepted; a start that followed at once would find its ports taken.
    if not _await_end(pid, mark):
        print("Stopping TorchServe took too long.")
        return 1
    return _stopped(path, pid, "TorchServe has stopped.")


def _stopped(pid_file: Path, pid: int | None, message: str) -> int:
    print(message)
    if pid is not None and recorded_pid(pid_file) == pid:
        pid_file.unlink(missing_ok=True)
    _sweep(run_folder())
    return 0


def start(argv: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    options = torchserve_parser().parse_args(argv)
    try:
        if options.version:
            print(f"TorchServe Version is {__version__}")
            return 0
        check_current_folder()
        if options.stop:
            return _stop_server()
        pid = recorded_pid(pid_path())
        if pid is not None and is_model_server(pid):
            print("TorchServe is already running, please use torchserve --stop to stop TorchServe.")
            return 1
        return _start_server(options, os.environ)
    except CommandError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except (OSError, UnicodeError) as fault:
        print(f"torchserve: {fault_text(fault)}", file=sys.stderr)
        return 1
