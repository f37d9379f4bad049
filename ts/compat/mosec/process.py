"""Runs the frontend for a server: its start, what ends it, and its end."""

from __future__ import annotations

import math
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

from mariner.errors import DefinitionError
from ts._cli import properties
from ts._cli.errors import CommandError
from ts._cli.launch import Launch, await_state, ending, prepare
from ts._cli.runfolder import RunFolder, runs_root
from ts._cli.start import server_arguments
from ts._cli.state import ServerState, read_state
from ts.compat.mosec.arguments import Settings
from ts.compat.mosec.console import write_configuration
from ts.compat.mosec.log import own_logger
from ts.compat.mosec.plan import plan_of
from ts.compat.mosec.presence import Presence
from ts.compat.mosec.runtime import Runtime
from ts.compat.mosec.stage import WORKERS

_MARK = ".mosec"
_POLL_SECONDS = 0.1
_STOP_SECONDS = 10.0
_REAP_SECONDS = 1.0
_LARGEST_ANSWER = 2_000_000_000


def serve(routes: Mapping[str, Sequence[Runtime]], settings: Settings, daemons: Mapping[str, Any]) -> int:
    """Serves until a signal, or until something ends by itself; returns the exit code."""
    _warn_if_open(settings.address)
    # Workers have working directories of their own.
    path = Path(settings.path).resolve()
    settings = replace(settings, path=str(path))
    try:
        with _wish() as wish, _folder(path):
            plan = plan_of(routes, settings)
            plan.write(path / "app")
            (path / WORKERS).mkdir()
            return _serve(path, settings, daemons, wish, {one.name: one.options for one in plan.stages})
    except (CommandError, DefinitionError) as fault:
        own_logger().error("%s", fault)
        return fault.exit_code if isinstance(fault, CommandError) else 1


def _serve(
    path: Path,
    settings: Settings,
    daemons: Mapping[str, Any],
    wish: _Wish,
    stages: Mapping[str, Mapping[str, Any]],
) -> int:
    folder = RunFolder(runs_root(os.environ) / f"mosec-{settings.port}")
    with folder.locked():
        pid = folder.pid()
        if pid is not None:
            raise CommandError(f"server {folder.name!r} is running already (pid {pid})")
        launch = _launch(path, settings, folder)
        with folder.taken():
            logs = str(path / "logs")
            process = launch.spawn(None, {**os.environ, "LOG_LOCATION": logs, "METRICS_LOCATION": logs})
            folder.record(process.pid)
    try:
        reason = _await_end(process, folder, launch, daemons, wish, path, stages)
    finally:
        clean = _end(process, settings)
        with suppress(CommandError):
            folder.sweep()
    if reason:
        own_logger().error("the server ended: %s", reason)
        return 1
    return 0 if clean else 1


def _launch(path: Path, settings: Settings, folder: RunFolder) -> Launch:
    from ts._cli.parsers import command_parser

    host = f"[{settings.address}]" if ":" in settings.address else settings.address
    config = {
        "inference_address": f"http://{host}:{settings.port}",
        "management_address": "http://127.0.0.1:0",
        "metrics_address": "http://127.0.0.1:0",
        "grpc_inference_port": "0",
        "grpc_management_port": "0",
        "max_request_size": str(settings.max_request_size),
        "max_response_size": str(_LARGEST_ANSWER),
        "drain_timeout": str(math.ceil(settings.timeout / 1000)),
    }
    file = path / "config.properties"
    file.write_text("".join(f"{key}={value}\n" for key, value in config.items()), encoding="utf-8")
    flags = ["start", "--app", str(path / "app"), "--ts-config", str(file)]
    flags += ["--disable-token-auth", "--allow-insecure"]
    options = command_parser().parse_args(flags)
    arguments = server_arguments(options, options.model_store, file)
    # What the server makes for a while goes with the folder, even when it is killed.
    environment = {**os.environ, "TEMP": str(path)}
    console = write_configuration(path, settings.log_level == "debug" or settings.debug)
    launch = prepare(arguments, folder, properties.load(file), str(console), False, environment)
    return launch.tied(folder, path)


def _await_end(
    process: subprocess.Popen[bytes],
    folder: RunFolder,
    launch: Launch,
    daemons: Mapping[str, Any],
    wish: _Wish,
    path: Path,
    stages: Mapping[str, Mapping[str, Any]],
) -> str | None:
    """Returns why the server ends; None: it was asked to."""

    def over(state: ServerState) -> bool:
        return wish.stopping or state.phase == "ready" or bool(state.failed_models) or bool(_failed(daemons))

    state = await_state(process, folder, over, None)
    if wish.stopping:
        return None
    failed = _failed(daemons)
    if failed:
        return failed
    if state is None or state.failed_models:
        launch.failed()
        seen = read_state(folder.state_file) if state is None else state
        said = [f"{model.label}: {model.short_reason or 'no reason given'}" for model in seen.failed_models]
        return "; ".join([*said, *seen.problems]) or f"the frontend {ending(process.poll())}"
    launch.started()
    own_logger().info("http service is running at %s", state.listeners.get("inference", ""))
    while not wish.stopping:
        code = process.poll()
        if code is not None:
            return f"the frontend {ending(code)}"
        reason = _failed(daemons)
        if reason:
            return reason
        reason = _deserted(path / WORKERS, stages)
        if reason:
            return _end_of_frontend(process) or reason
        wish.wait(_POLL_SECONDS)
    return None


def _end_of_frontend(process: subprocess.Popen[bytes]) -> str | None:
    """Says how the frontend ended: workers die with it, and may be seen to be dead before it is."""
    try:
        return f"the frontend {ending(process.wait(_REAP_SECONDS))}"
    except subprocess.TimeoutExpired:
        return None


def _failed(daemons: Mapping[str, Any]) -> str | None:
    for name, process in daemons.items():
        code = process.poll() if isinstance(process, subprocess.Popen) else process.exitcode
        if code is not None:
            return f"mosec daemon [{name}] exited on error code: {code}"
    return None


def _deserted(folder: Path, stages: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Names a stage all of whose workers have died."""
    for name, options in stages.items():
        if Presence(folder, name).is_deserted(options["minWorkers"]):
            return f"all the {name} workers exited; please check for bugs or socket connection issues"
    return None


def _end(process: subprocess.Popen[bytes], settings: Settings) -> bool:
    """Has the frontend finish what it accepted; returns whether it did."""
    if process.poll() is not None:
        return False
    process.send_signal(signal.SIGTERM)
    try:
        return process.wait(settings.timeout / 1000 + _STOP_SECONDS) == 0
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return False


class _Wish:
    """Whether somebody asked for the end."""

    def __init__(self) -> None:
        self.stopping = False
        self._read, self._write = os.pipe()
        os.set_blocking(self._write, False)

    def stop(self, number: int, frame: FrameType | None) -> None:
        """To be called on a signal."""
        self.stopping = True
        with suppress(BlockingIOError):
            os.write(self._write, b"\0")

    def wait(self, seconds: float) -> None:
        """Waits for that, but no longer."""
        import select

        select.select([self._read], [], [], seconds)

    def close(self) -> None:
        """Gives its pipe back."""
        os.close(self._read)
        os.close(self._write)


@contextmanager
def _wish() -> Iterator[_Wish]:
    wish = _Wish()
    before = {number: signal.signal(number, wish.stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield wish
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        wish.close()


@contextmanager
def _folder(path: Path) -> Iterator[None]:
    """Makes the folder of the server's files, and removes it at the end."""
    mark = path / _MARK
    if mark.is_file():
        shutil.rmtree(path)  # of a server that was killed
    try:
        path.mkdir(parents=True, mode=0o700, exist_ok=True)
        if any(path.iterdir()):
            raise CommandError(f"--path: {path} is not empty (expected: a folder of the server's own)")
        mark.touch()
    except OSError as fault:
        raise CommandError(f"--path: {path} can't be made ({fault.strerror})") from fault
    try:
        yield
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _warn_if_open(address: str) -> None:
    from ts._cli.serve import is_loopback

    if not is_loopback(address):
        own_logger().warning(
            "%s is reachable from other machines, and whoever reaches it may ask the workers: there is "
            "neither a token nor TLS (expected: --address 127.0.0.1, or a proxy in front)",
            address,
        )
