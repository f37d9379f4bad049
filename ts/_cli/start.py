"""`mariner start`: one server, known by its name, in the background (until its models are ready) or the
foreground."""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from ts._cli import properties
from ts._cli.errors import CommandError
from ts._cli.launch import Launch, await_state, checked_folder, checked_store, ending, prepare, stays
from ts._cli.plain_models import located
from ts._cli.progress import painted, progress_for, wants_colour
from ts._cli.runfolder import RunFolder, checked_name, default_name, runs_root
from ts._cli.state import ServerState, read_state

MAIN_CLASS = "ai.mariner.server.Main"
# The run folder of the drop-in command.
RESERVED_NAMES = ("torchserve",)
_TAIL_LINES = 20
_TAIL_BYTES = 16_384
# What workers say is in the log of their model.
_WARNING = re.compile(r"(?:warning:|\S+ \[WARN \] (?!W-)\S+ \S+ -) (.*)")
_INTERRUPT_STOP_SECONDS = 60.0


def server_arguments(options: argparse.Namespace, store: str | None, config_file: Path | None) -> list[str]:
    """Returns the main class and the arguments that the flags stand for."""
    arguments = [MAIN_CLASS]
    if config_file is not None:
        arguments += ["--ts-config-file", str(config_file)]
    if store is not None:
        arguments += ["--model-store", store]
    if options.workflow_store is not None:
        arguments += ["--workflow-store", checked_folder("--workflow-store", options.workflow_store)]
    if options.plugins_path is not None:
        arguments += ["--plugins-path", options.plugins_path]
    flags = {
        "--no-config-snapshot": options.no_config_snapshots,
        "--disable-token-auth": options.disable_token_auth,
        "--enable-model-api": options.enable_model_api,
        "--allow-insecure": options.allow_insecure,
    }
    arguments += [flag for flag, given in flags.items() if given]
    if options.app:
        arguments += ["--app", *options.app]
    return [*arguments, "--models", *options.models] if options.models else arguments


def start(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Starts a server; returns the exit code. Raises CommandError when there is nothing to start."""
    name = checked_name(options.name) if options.name else default_name(Path.cwd())
    if name in RESERVED_NAMES:
        raise CommandError(
            f"--name: {name!r} is kept for the `torchserve` command (expected: another name)", 2
        )
    config_file = properties.locate(options.ts_config, environment, Path.cwd())
    config = properties.load(config_file)
    store, options.models = located(
        options.models or (), checked_store(options.model_store, config, environment)
    )
    folder = RunFolder(runs_root(environment) / name)
    with folder.locked():
        pid = folder.pid()
        if pid is not None:
            raise CommandError(
                f"server {name!r} is running already (pid {pid}); stop it with: {_stop_command(options)}"
            )
        arguments = server_arguments(options, store, config_file)
        foreground = stays(options.foreground, "mariner start")
        launch = prepare(arguments, folder, config, options.log_config, foreground, environment)
        with folder.taken():
            if foreground:
                # The pid and the start of the process stay the same when it becomes the JVM.
                folder.record(os.getpid())
                launch.become()
            with folder.console.open("wb") as console:
                process = launch.spawn(console)
            folder.record(process.pid)
    return _await_ready(options, folder, launch, process)


def _await_ready(
    options: argparse.Namespace, folder: RunFolder, launch: Launch, process: subprocess.Popen[bytes]
) -> int:
    begun = time.monotonic()
    progress = progress_for(f"server {folder.name}")
    try:
        state = await_state(process, folder, lambda seen: seen.phase == "ready", options.wait, progress)
    except TimeoutError:
        progress.finish()
        launch.failed()
        print(
            f"mariner start: server {folder.name!r} (pid {process.pid}) "
            f"is not ready after {options.wait:g} s; it goes on starting, watch it with: mariner status",
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        progress.finish()
        launch.failed()
        return _interrupted(folder, process)
    progress.finish()
    if state is None:
        launch.failed()
        return _report_end(folder, process)
    launch.started()
    return _report_ready(options, folder, process.pid, state, time.monotonic() - begun)


def _stop_command(options: argparse.Namespace) -> str:
    return f"mariner stop --name {options.name}" if options.name else "mariner stop"


def _report_ready(
    options: argparse.Namespace, folder: RunFolder, pid: int, state: ServerState, seconds: float
) -> int:
    colour = wants_colour(sys.stdout, os.environ)
    for model in state.models:
        if model.state != "failed":
            print(f"{painted(model.state, '+', colour)} model {model.label} is {model.state}")
    if not state.models:
        print("no model is loaded; name some with --models, or add them with: mariner register ARCHIVE")
    failed = state.failed_models
    word = f"runs, with {len(failed)} of {len(state.models)} models failed" if failed else "is ready"
    print(f"server {folder.name} {word} (pid {pid}, {seconds:.1f} s)")
    width = max((len(kind) for kind in state.listeners), default=0)
    for kind, address in state.listeners.items():
        print(f"  {kind.replace('_', ' '):<{width}}  {address}")
    print(f"stop it with: {_stop_command(options)}", flush=True)
    told = [model.reason.splitlines()[0] for model in failed if model.reason]
    for text in warnings_in(folder.console):
        if not any(reason in text for reason in told):
            print(f"mariner start: warning: {text}", file=sys.stderr)
    for model in failed:
        print(
            f"mariner start: model {model.label} failed: {model.reason or 'no reason given'}", file=sys.stderr
        )
    return 1 if failed else 0


def warnings_in(console: Path) -> list[str]:
    """Returns what a server has warned of since its start, each once."""
    try:
        lines = console.read_bytes()[:_TAIL_BYTES].decode("utf-8", errors="replace").splitlines()
    except OSError:
        return []
    return list(dict.fromkeys(found[1] for line in lines if (found := _WARNING.match(line))))


def console_tail(console: Path) -> list[str]:
    """Returns the last lines of a console log."""
    try:
        with console.open("rb") as stream:
            stream.seek(0, os.SEEK_END)
            stream.seek(max(0, stream.tell() - _TAIL_BYTES))
            return stream.read().decode("utf-8", errors="replace").splitlines()[-_TAIL_LINES:]
    except OSError:
        return []


def _report_end(folder: RunFolder, process: subprocess.Popen[bytes]) -> int:
    code = process.poll()
    problems = read_state(folder.state_file).problems
    if code is None:
        process.kill()
        process.wait()
    tail = console_tail(folder.console)
    print(f"mariner start: server {folder.name!r} {ending(code)} while it started", file=sys.stderr)
    for problem in problems:
        if not any(problem in line for line in tail):
            print(f"  {problem}", file=sys.stderr)
    if tail:
        print(f"Last lines of its output ({folder.console}):", file=sys.stderr)
        for line in tail:
            print(f"  {line}", file=sys.stderr)
    with suppress(CommandError):
        # Started again by another command at once: then the folder is that server's.
        folder.sweep(keep_console=bool(tail))
    return code if code is not None and code > 0 else 1


def _interrupted(folder: RunFolder, process: subprocess.Popen[bytes]) -> int:
    print(f"mariner start: interrupted, stopping server {folder.name!r}", file=sys.stderr, flush=True)
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(_INTERRUPT_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    with suppress(CommandError):
        folder.sweep()
    return 128 + signal.SIGINT
