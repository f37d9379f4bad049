"""`mariner serve PATH[:NAME]`: one application, model or handler, in the foreground, until it is
interrupted."""

from __future__ import annotations

import argparse
import ipaddress
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from ts._cli import properties
from ts._cli.errors import CommandError
from ts._cli.launch import Launch, await_state, ending, prepare
from ts._cli.progress import progress_for, wants_colour
from ts._cli.runfolder import RunFolder, checked_name, default_name, runs_root
from ts._cli.start import console_tail, server_arguments
from ts._cli.state import ServerState, read_state
from ts._cli.worker_output import WorkerOutput

if TYPE_CHECKING:
    from mariner.targets import Target, Wish

_STOP_SECONDS = 60.0
_MOST_PORT = 65535
_LARGEST_REQUEST = 128 * 1024 * 1024
_LARGEST_ANSWER = 2_000_000_000


def serve(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Serves what a path is; returns the exit code. Raises CommandError when it can't be served."""
    from mariner.targets import target_of

    path, name = _split(options.target)

    def prepared(wish: Wish) -> Target:
        from dataclasses import replace

        return target_of(replace(wish, path=path, name=name))

    return run(options, environment, path.stem, prepared)


def _split(text: str) -> tuple[Path, str | None]:
    """Returns path and name of `PATH[:NAME]`; raises CommandError when there is no such path."""
    path, colon, name = text.rpartition(":")
    if not colon or Path(text).exists():
        path, name = text, ""
    if not Path(path).exists():
        raise CommandError(f"{path}: no such file or folder (expected: PATH or PATH:NAME)", 2)
    return Path(path), name or None


def run(
    options: argparse.Namespace,
    environment: Mapping[str, str],
    title: str,
    make: Callable[[Wish], Target],
) -> int:
    """Serves what `make` prepares; returns the exit code.

    Args:
        options: `host`, `port`, `workers`, `name`, `wait`, `log_config`.
        environment: of this process.
        title: names the server unless there is a `name`.
        make: given a wish without a path; raises DefinitionError.

    Raises:
        CommandError: it can't be served.
    """
    from mariner.errors import DefinitionError
    from mariner.targets import Wish

    _check(options)
    name = checked_name(options.name) if options.name else default_name(Path.cwd() / title)
    with tempfile.TemporaryDirectory(prefix="mariner-serve-", dir=_temp(environment)) as scratch:
        try:
            target = make(Wish(Path(), None, options.workers, Path(scratch)))
        except DefinitionError as fault:
            raise CommandError(str(fault)) from fault
        config_file = _configuration(options, target, Path(scratch), environment)
        folder = RunFolder(runs_root(environment) / name)
        with folder.locked():
            pid = folder.pid()
            if pid is not None:
                raise CommandError(
                    f"server {name!r} is running already (pid {pid}); --name gives another name"
                )
            # All that the server makes for a while goes with the folder, even when it is killed.
            launch = _launch(options, target, config_file, folder, {**environment, "TEMP": scratch})
            launch = launch.tied(folder, Path(scratch))
            variables = {**environment, **_joined_paths(target.environment, environment)}
            with folder.taken(), folder.console.open("wb") as console:
                process = launch.spawn(console, variables)
                folder.record(process.pid)
        with _ended(folder, process):
            return _until_interrupted(options, target, folder, launch, process)


def _temp(environment: Mapping[str, str]) -> str | None:
    """Returns the folder for temporary files that was asked for; None: the usual one.

    Raises:
        CommandError: it is none.
    """
    folder = environment.get("TEMP") or None
    if folder is not None and not Path(folder).is_dir():
        raise CommandError(f"Invalid temp directory: {folder} (expected: TEMP names an existing directory)")
    return folder


def _check(options: argparse.Namespace) -> None:
    if not 0 <= options.port <= _MOST_PORT:
        raise CommandError(f"--port: {options.port} (expected: 0 to {_MOST_PORT})", 2)
    if options.workers is not None and options.workers < 1:
        raise CommandError(f"--workers: {options.workers} (expected: >= 1)", 2)
    if not is_loopback(options.host):
        print(
            f"WARNING: {options.host} is reachable from other machines, and whoever reaches it may ask the "
            "models: there is neither a token nor TLS (expected: --host 127.0.0.1, or a proxy in front)",
            file=sys.stderr,
            flush=True,
        )


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def sizes(environment: Mapping[str, str]) -> dict[str, str]:
    """Returns the settings that bound requests, answers and what goes from stage to stage: photos fit, and
    arrays made of them. Variables of the server's settings say other bounds.
    """
    found = {"max_request_size": _LARGEST_REQUEST, "max_response_size": _LARGEST_ANSWER}
    return {key: environment.get(f"TS_{key.upper()}") or str(size) for key, size in found.items()}


def _configuration(
    options: argparse.Namespace, target: Target, scratch: Path, environment: Mapping[str, str]
) -> Path:
    host = f"[{options.host}]" if ":" in options.host else options.host
    settings = {
        "inference_address": f"http://{host}:{options.port}",
        # Of the rest each server has its own, on free ports: `mariner status` names them.
        "management_address": "http://127.0.0.1:0",
        "metrics_address": "http://127.0.0.1:0",
        "grpc_inference_port": "0",
        "grpc_management_port": "0",
        **sizes(environment),
        **target.config,
    }
    if settings.get("enable_metrics_api") == "false":
        # An address of a listener that there is not is refused.
        del settings["metrics_address"]
    file = scratch / "config.properties"
    file.write_text("".join(f"{key}={value}\n" for key, value in settings.items()), encoding="utf-8")
    return file


def _launch(
    options: argparse.Namespace,
    target: Target,
    config_file: Path,
    folder: RunFolder,
    environment: Mapping[str, str],
) -> Launch:
    from ts._cli.parsers import command_parser

    flags = ["start", *target.flags, "--ts-config", str(config_file), "--disable-token-auth"]
    if not is_loopback(options.host):
        flags.append("--allow-insecure")
    start = command_parser().parse_args(flags)
    arguments = server_arguments(start, start.model_store, config_file)
    config = properties.load(config_file)
    return prepare(arguments, folder, config, options.log_config, False, environment)


def _joined_paths(added: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    found = dict(added)
    if "PYTHONPATH" in found and environment.get("PYTHONPATH"):
        found["PYTHONPATH"] = os.pathsep.join([found["PYTHONPATH"], environment["PYTHONPATH"]])
    return found


def _until_interrupted(
    options: argparse.Namespace,
    target: Target,
    folder: RunFolder,
    launch: Launch,
    process: subprocess.Popen[bytes],
) -> int:
    progress = progress_for(f"{target.title}")
    output = WorkerOutput(folder.console, target.title, sys.stderr, wants_colour(sys.stderr, os.environ))
    try:
        with _signals():
            try:
                state = await_state(process, folder, _has_started, options.wait, progress)
            except TimeoutError:
                launch.failed()
                raise CommandError(
                    f"{target.title} is not ready after {options.wait:g} s (expected: --wait longer)"
                ) from None
            finally:
                progress.finish()
                # Lines would have come between those of the display.
                output.show(warnings=False)
            if state is None or state.failed_models:
                launch.failed()
                return _report_failure(target, folder, state, process)
            launch.started()
            _report_ready(target, _address(options, state))
            with output.followed():
                code = process.wait()
    except KeyboardInterrupt:
        print("\nstopping", file=sys.stderr, flush=True)
        return 0
    print(f"mariner serve: {target.title}: the server {ending(code)}", file=sys.stderr)
    return 1


def _has_started(state: ServerState) -> bool:
    return state.phase == "ready"


def _address(options: argparse.Namespace, state: ServerState) -> str:
    """Returns the address as it was asked for, with the port that it got."""
    host = f"[{options.host}]" if ":" in options.host else options.host
    return f"http://{host}:{state.listeners.get('inference', '').rpartition(':')[2]}"


def _report_ready(target: Target, address: str) -> None:
    print(f"{target.title} is ready at {address}")
    for route in target.routes:
        method, _, path = route.partition(" ")
        print(f"  {method:<4} {address}{path}")
    print("Ctrl-C stops it", flush=True)


def _report_failure(
    target: Target, folder: RunFolder, state: ServerState | None, process: subprocess.Popen[bytes]
) -> int:
    seen = read_state(folder.state_file) if state is None else state
    said = [f"{model.label}: {model.reason or 'no reason given'}" for model in seen.failed_models]
    said += list(seen.problems)
    end = f", the server {ending(process.poll())}" if state is None else ""
    print(f"mariner serve: {target.title} could not be started{end}", file=sys.stderr)
    for line in said or console_tail(folder.console):
        print(f"  {line}", file=sys.stderr)
    return 1


@contextmanager
def _signals() -> Iterator[None]:
    """Has SIGTERM end the command as Ctrl-C does, which may have been ignored for a background process."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _ended(folder: RunFolder, process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Ends the server when the command is over, after it has answered what it took on."""
    try:
        yield
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        with suppress(CommandError):
            folder.sweep()
